"""Sparse features of a message: its words and its characters, of both languages at once."""

from __future__ import annotations

from typing import Any, Dict, List, Text

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from components.normalise import normalise, tokens


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class WordCharacterFeatures(GraphComponent):
    """TF-IDF of words (one and two) and of characters (one to four), over the normalised text.

    Character pieces carry Chinese, misspelt words and endings; words carry the rest.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"word_ngrams": 2, "character_ngrams": 4, "version": 1}

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._storage, self._resource = model_storage, resource
        self._union = FeatureUnion(
            [
                (
                    "words",
                    TfidfVectorizer(
                        preprocessor=normalise,
                        tokenizer=tokens,
                        token_pattern=None,
                        ngram_range=(1, config["word_ngrams"]),
                        sublinear_tf=True,
                    ),
                ),
                (
                    "characters",
                    TfidfVectorizer(
                        preprocessor=normalise,
                        analyzer="char_wb",
                        ngram_range=(1, config["character_ngrams"]),
                        sublinear_tf=True,
                    ),
                ),
            ]
        )

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WordCharacterFeatures:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        self._union.fit([m.get(TEXT) for m in training_data.training_examples if m.get(TEXT)])
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._union, folder / "features.joblib")
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> WordCharacterFeatures:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._union = joblib.load(folder / "features.joblib")
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        written = [message for message in messages if message.get(TEXT)]
        if written:
            matrix = csr_matrix(self._union.transform([message.get(TEXT) for message in written]))
            for row, message in enumerate(written):
                features = Features(matrix[row], FEATURE_TYPE_SENTENCE, TEXT, type(self).__name__)
                message.add_features(features)
        return messages
