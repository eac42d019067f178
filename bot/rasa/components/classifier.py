"""From features to the topic of a message, or to out_of_scope where the assistant had better not guess."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Text

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
from scipy.sparse import vstack
from sklearn.svm import LinearSVC

from components.normalise import says_nothing
from components.scope import OUT_OF_SCOPE, ScopeModel, Vectors, learn_scope

CLARIFY = "clarify"
_RANKED = 5


class Lines(NamedTuple):
    """The machine's separating lines, a column a topic: of a message's few features, few rows are read."""

    topics: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, machine: LinearSVC) -> Lines:
        return cls(machine.classes_, machine.coef_.T.astype(np.float32, order="C"), machine.intercept_)

    def margins(self, message: Vectors) -> np.ndarray:
        sparse, dense = message.sparse, message.dense[0]
        by_words = sparse.data @ self.weights[sparse.indices]
        return by_words + dense @ self.weights[sparse.shape[1] :] + self.offsets


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent, IntentClassifier):
    """A linear support vector machine whose margins become probabilities, and a learnt judge of what is none of ours.

    The softmax's temperature is chosen on held-out training sentences, by the likelihood of the right topic. Where the
    judge's confidence is below `scope_threshold`, the answer is out_of_scope. Where the best topic is likelier wrong
    than right and the second is no mere shadow, the answer is `clarify`: the assistant asks which of the first two in
    the ranking was meant.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {
            "C": 0.5,
            "scope_threshold": 0.6,
            "clarify_below": 0.5,
            "clarify_second_above": 0.2,
            "never_clarified": [],
            "version": 8,
        }

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, model_storage, resource
        self._lines: Optional[Lines] = None
        self._temperature = 1.0
        self._scope: Optional[ScopeModel] = None  # there is none where nothing out of scope was taught

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
        taught = _vectors(examples)
        topics = np.array([message.get(INTENT) for message in examples])
        # A hundred times the usual tolerance: the same topics for every sentence asked, in three quarters of the time.
        machine = LinearSVC(C=self._config["C"], class_weight="balanced", tol=1e-2, random_state=0)
        if OUT_OF_SCOPE in topics:
            self._scope, margins, places = learn_scope(machine, taught, topics)
            self._temperature = _best_temperature(margins, places)
        self._lines = Lines.of(machine.fit(taught.joined(), topics))
        with self._storage.write_to(self._resource) as folder:
            # Compressed quickly: what is compressed already, Rasa's own thorough compression soon gives up on.
            joblib.dump((self._lines, self._temperature, self._scope), folder / "classifier.joblib", compress=1)
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
            component._lines, component._temperature, component._scope = joblib.load(folder / "classifier.joblib")
        return component

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            if message.get(TEXT):
                best, ranking = self._decide(message)
                message.set(INTENT, best, add_to_output=True)
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _decide(self, message: Message) -> tuple[Dict[Text, Any], List[Dict[Text, Any]]]:
        vectors = _vectors([message])
        margins = self._lines.margins(vectors)
        chances = _softmax(margins[None] / self._temperature)[0]
        order = np.argsort(chances)[::-1]
        names = self._lines.topics
        ranking = [{"name": str(names[i]), "confidence": float(chances[i])} for i in order[:_RANKED]]
        if self._scope is None:
            return ranking[0], ranking
        ours = 0.0 if says_nothing(message.get(TEXT)) else self._scope.confidence(vectors, margins)
        if ours < self._config["scope_threshold"]:
            return {"name": OUT_OF_SCOPE, "confidence": 1.0 - ours}, ranking
        ours_ranked = [entry for entry in ranking if entry["name"] != OUT_OF_SCOPE]
        first, second = ours_ranked[0], ours_ranked[1]
        unsure = first["confidence"] < self._config["clarify_below"]
        rivalled = second["confidence"] > self._config["clarify_second_above"]
        askable = not {first["name"], second["name"]} & set(self._config["never_clarified"])
        if unsure and rivalled and askable:
            return {"name": CLARIFY, "confidence": 1.0 - first["confidence"]}, ours_ranked
        return ours_ranked[0], ranking


def _vectors(messages: List[Message]) -> Vectors:
    rows = [message.get_sparse_features(TEXT)[1].features for message in messages]
    dense = [message.get_dense_features(TEXT)[1] for message in messages]
    encoded = [part.features for part in dense if part is not None]
    return Vectors(
        vstack(rows).tocsr() if len(rows) > 1 else rows[0],
        np.vstack(encoded) if encoded else np.zeros((len(messages), 0), dtype=np.float32),
    )


def _softmax(margins: np.ndarray) -> np.ndarray:
    raised = np.exp(margins - margins.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _best_temperature(margins: List[np.ndarray], places: List[np.ndarray]) -> float:
    """The one that makes the right topics of held-out sentences likeliest."""

    def loss(temperature: float) -> float:
        return sum(
            -np.log(_softmax(part / temperature)[np.arange(len(right)), right] + 1e-12).sum()
            for part, right in zip(margins, places, strict=True)
        )

    return float(min(np.geomspace(0.05, 2.0, 40), key=loss))
