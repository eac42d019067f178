"""`learn_a_little.py`, by Rasa's Python: our features and classifier on a handful of sentences, with the encoders of the environment.

Out comes a line of JSON: what each of the sentences asked is taken for, and how many numbers the encoders gave for it.
"""

from __future__ import annotations

import json
import logging
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

_PIPELINE = ("features.WordCharacterFeatures", "encoder_features.EncoderFeatures", "classifier.TopicClassifier")
_TAUGHT = {
    "freeze_account": [
        "freeze my wallet",
        "please freeze it",
        "freeze the account now",
        "冻结钱包",
        "马上冻结",
        "帮我冻结账户",
    ],
    "check_balance": [
        "what is my balance",
        "show the balance",
        "my balance please",
        "余额多少",
        "查余额",
        "看看我的余额",
    ],
    "thanks": ["thank you", "thanks a lot", "many thanks", "谢谢", "多谢你", "谢谢你啊"],
}
_ASKED = ("could you freeze my wallet", "能帮我冻结钱包吗")


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        components = pipeline(Path(folder))
        data = TrainingData(
            [Message({TEXT: text, INTENT: topic}) for topic, texts in _TAUGHT.items() for text in texts]
        )
        for component in components:
            if hasattr(component, "train"):
                component.train(data)
            if hasattr(component, "process_training_data"):
                data = component.process_training_data(data)
        print(json.dumps([understood(components, text) for text in _ASKED]))


def pipeline(folder: Path) -> list[Any]:
    storage, context, made = LocalModelStorage(folder), ExecutionContext(GraphSchema({})), []
    for name in _PIPELINE:
        module, _, kind_name = name.rpartition(".")
        kind = getattr(import_module(f"components.{module}"), kind_name)
        made.append(kind.create(kind.get_default_config(), storage, Resource(kind_name), context))
    return made


def understood(components: list[Any], text: str) -> dict[str, Any]:
    messages = [Message({TEXT: text})]
    for component in components:
        messages = component.process(messages)
    dense = messages[0].get_dense_features(TEXT)[1]
    return {
        "topic": messages[0].get("intent_ranking")[0]["name"],
        "width": 0 if dense is None else int(dense.features.size),
        "encoded": dense is not None and bool(dense.features.any()),
    }


if __name__ == "__main__":
    main()
