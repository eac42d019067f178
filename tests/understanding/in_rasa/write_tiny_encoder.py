"""`write_tiny_encoder.py FOLDER`, by Rasa's Python: an encoder of the BERT family with eight random numbers a sentence."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

_WIDTH, _INNER = 8, 16
_VOCABULARY = ["[UNK]", "[PAD]", *"冻结钱包帮我能吗余额多少查看谢"]


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    config = {"model_type": "bert", "num_attention_heads": 2, "num_hidden_layers": 1, "hidden_size": _WIDTH}
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(_VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Split("", "isolated")
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file(weights(), str(folder / "model.safetensors"))


def weights() -> dict[str, np.ndarray]:
    draw = np.random.RandomState(0)
    layer = "encoder.layer.0"
    linear = {
        f"{layer}.attention.self.query": (_WIDTH, _WIDTH),
        f"{layer}.attention.self.key": (_WIDTH, _WIDTH),
        f"{layer}.attention.self.value": (_WIDTH, _WIDTH),
        f"{layer}.attention.output.dense": (_WIDTH, _WIDTH),
        f"{layer}.intermediate.dense": (_INNER, _WIDTH),
        f"{layer}.output.dense": (_WIDTH, _INNER),
    }
    norms = ["embeddings.LayerNorm", f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    shapes = {
        "embeddings.word_embeddings.weight": (len(_VOCABULARY), _WIDTH),
        "embeddings.position_embeddings.weight": (64, _WIDTH),
        "embeddings.token_type_embeddings.weight": (2, _WIDTH),
        **{f"{name}.weight": shape for name, shape in linear.items()},
        **{f"{name}.bias": shape[:1] for name, shape in linear.items()},
        **{f"{name}.{part}": (_WIDTH,) for name in norms for part in ("weight", "bias")},
    }
    return {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


if __name__ == "__main__":
    main()
