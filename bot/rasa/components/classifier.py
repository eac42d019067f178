"""From features to the topic of a message, or to out_of_scope where the assistant had better not guess."""

from __future__ import annotations

import unicodedata
from typing import Any, Dict, List, Text

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.model_selection import cross_val_predict
from sklearn.svm import LinearSVC

OUT_OF_SCOPE = "out_of_scope"
_RANKED = 5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent, IntentClassifier):
    """A linear support vector machine whose margins become probabilities.

    The softmax's temperature is chosen on held-out folds of the training sentences, by the likelihood of the right
    topic. Below `threshold` the answer is out_of_scope.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"C": 0.5, "threshold": 0.35, "folds": 3, "version": 1}

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, model_storage, resource
        self._machine = LinearSVC(C=config["C"], class_weight="balanced", random_state=0)
        self._temperature = 1.0

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.intent_examples if m.get(TEXT)]
        features = vstack([_features(message) for message in examples]).tocsr()
        topics = np.array([message.get(INTENT) for message in examples])
        margins = cross_val_predict(
            self._machine, features, topics, cv=self._config["folds"], method="decision_function"
        )
        self._machine.fit(features, topics)
        self._temperature = _best_temperature(margins, np.searchsorted(self._machine.classes_, topics))
        with self._storage.write_to(self._resource) as folder:
            joblib.dump((self._machine, self._temperature), folder / "classifier.joblib")
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._machine, component._temperature = joblib.load(folder / "classifier.joblib")
        return component

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            if not message.get(TEXT):
                continue
            ranking = self._rank(message)
            best = ranking[0]
            if best["confidence"] < self._config["threshold"] or says_nothing(message.get(TEXT)):
                best = {"name": OUT_OF_SCOPE, "confidence": 1.0 - best["confidence"]}
            message.set(INTENT, best, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _rank(self, message: Message) -> List[Dict[Text, Any]]:
        chances = _softmax(self._machine.decision_function(_features(message)) / self._temperature)[0]
        order = np.argsort(chances)[::-1][:_RANKED]
        return [{"name": str(self._machine.classes_[i]), "confidence": float(chances[i])} for i in order]


def says_nothing(text: Text) -> bool:
    """Digits, punctuation, spaces and invisible characters alone: no topic can be read from them."""
    return all(unicodedata.category(character)[0] in "NPZCM" for character in text)


def _features(message: Message) -> csr_matrix:
    _, sparse = message.get_sparse_features(TEXT)
    _, dense = message.get_dense_features(TEXT)
    parts = [csr_matrix(part.features) for part in (sparse, dense) if part is not None]
    return hstack(parts).tocsr() if len(parts) > 1 else parts[0]


def _softmax(margins: np.ndarray) -> np.ndarray:
    raised = np.exp(margins - margins.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _best_temperature(margins: np.ndarray, right: np.ndarray) -> float:
    rows = np.arange(len(right))
    candidates = np.geomspace(0.05, 2.0, 40)
    losses = [-np.log(_softmax(margins / t)[rows, right] + 1e-12).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses))])
