"""`split_banking77.py CSV SPLITS`, by Rasa's Python: our pipeline, as config.yml has it, on stratified 80/20 splits.

Each split trains every component anew, the seeds are 0, 1, 2 …; a line of JSON goes out for each.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.model_selection import train_test_split

_CONFIG = Path(__file__).resolve().parents[3] / "bot" / "rasa" / "config.yml"


def main() -> None:
    with Path(sys.argv[1]).open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    for seed in range(int(sys.argv[2])):
        taught, asked = train_test_split(rows, test_size=0.2, stratify=[topic for _, topic in rows], random_state=seed)
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps({"seed": seed, **measure(Path(folder), taught, asked)}), flush=True)


def measure(folder: Path, taught: list[Any], asked: list[Any]) -> dict[str, Any]:
    components = pipeline(folder)
    data = TrainingData([Message({TEXT: text, INTENT: topic}) for text, topic in taught])
    began = time.monotonic()
    for component in components:
        if hasattr(component, "train"):
            component.train(data)
        if hasattr(component, "process_training_data"):
            data = component.process_training_data(data)
    trained = time.monotonic()
    # One at a time, as customers' messages come.
    hits = sum(understood(components, text) == topic for text, topic in asked)
    asking = time.monotonic() - trained
    return {
        "accuracy": round(hits / len(asked), 4),
        "training_seconds": round(trained - began, 1),
        "milliseconds_per_message": round(1000 * asking / len(asked), 2),
        "n": len(asked),
    }


def pipeline(folder: Path) -> list[Any]:
    """The components of config.yml, untrained."""
    storage = LocalModelStorage(folder)
    context = ExecutionContext(GraphSchema({}))
    made = []
    for entry in yaml.safe_load(_CONFIG.read_text(encoding="utf-8"))["pipeline"]:
        module, _, name = entry["name"].rpartition(".")
        kind = getattr(import_module(module), name)
        config = {**kind.get_default_config(), **{key: value for key, value in entry.items() if key != "name"}}
        made.append(kind.create(config, storage, Resource(name), context))
    return made


def understood(components: list[Any], text: str) -> str:
    messages = [Message({TEXT: text})]
    for component in components:
        messages = component.process(messages)
    return str(messages[0].get(INTENT)["name"])


if __name__ == "__main__":
    main()
