"""How well and how quickly our pipeline learns BANKING77: `python -m tests.load.banking77`.

Trained on a stratified 80 % of $WALLET_EVAL_DIR/banking77/train.csv and measured on the rest, five times (seeds 0 to
4). To be met: a mean accuracy of at least 92.5 %, each trained in under 3 minutes. Plain TF-IDF + LinearSVC: 90.2 %.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from bot import rasa_environment
from bot.settings import Settings
from tests.load.speed.report import arguments, keep

_SPLITS, _QUICK_SPLITS = 5, 1
_ACCURACY_AT_LEAST = 0.925
_TRAINING_SECONDS_AT_MOST = 180
_LONGEST_SECONDS = 3600
_SCRIPT = Path(__file__).parent / "in_rasa" / "split_banking77.py"


def main() -> int:
    asked = arguments(__doc__)
    folder = os.environ.get("WALLET_EVAL_DIR")
    if not folder:
        print("BANKING77 is not measured: WALLET_EVAL_DIR does not say where banking77/train.csv lies")
        return 0
    data = Path(folder) / "banking77" / "train.csv"
    if not data.is_file():
        print(f"BANKING77 cannot be measured: there is no {data}", file=sys.stderr)
        return 1
    splits = list[dict[str, float]]()
    with subprocess.Popen(
        [rasa_environment.PYTHON, _SCRIPT, data, str(_QUICK_SPLITS if asked.quick else _SPLITS)],
        env=rasa_environment.environment(Settings()),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            splits.append(json.loads(line))
            print(f"BANKING77 {line}", end="", flush=True)
        if process.wait(_LONGEST_SECONDS) != 0:
            return 1
    figures = summary(splits)
    print(json.dumps({"banking77": figures}))
    keep(asked.out, "banking77", figures)
    return int(
        figures["mean_accuracy"] < _ACCURACY_AT_LEAST or figures["training_seconds"] >= _TRAINING_SECONDS_AT_MOST
    )


def summary(splits: list[dict[str, float]]) -> dict[str, float]:
    """The mean accuracy, the longest training, the mean time of a message."""
    return {
        "splits": len(splits),
        "mean_accuracy": round(statistics.mean(split["accuracy"] for split in splits), 4),
        "accuracy_at_least": _ACCURACY_AT_LEAST,
        "training_seconds": max(split["training_seconds"] for split in splits),
        "training_seconds_at_most": _TRAINING_SECONDS_AT_MOST,
        "milliseconds_per_message": round(statistics.mean(split["milliseconds_per_message"] for split in splits), 2),
    }


if __name__ == "__main__":
    sys.exit(main())
