"""Two wishes in one message ("call me back and freeze my wallet"): the urgent one is taken first, the other is kept; of two
plain requests, what was said first.

The splitter, before the features, adds the message's parts as messages of their own, so that they go through the same pipeline;
the collector, after the classifier, takes them out again and leaves what they said as the entity `other_wish`.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

PART_OF = "part_of"

_CONJUNCTION = re.compile(
    r"\b(?:and|then|also|plus)\b|另外|还有|還有|然后|然後|接着|接著|顺便|順便|并且|並且|同时|同時|再帮|再幫|再给|再給",
    re.IGNORECASE,
)
_BETWEEN = re.compile(rf"[.;!?。；！？\n,，、]+|(?:{_CONJUNCTION.pattern})", re.IGNORECASE)
_LONGEST = 200  # longer ones tell a story rather than list wishes
_MOST_PARTS = 4


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class WishSplitter(GraphComponent):
    """Adds the parts of a message behind it, where it has more than one."""

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WishSplitter:
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        return [*messages, *(part for message in messages for part in _parts(message))]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class WishCollector(GraphComponent):
    """Compares what the parts are with what the whole is.

    `first` are the topics that are taken before all others; they lead to the same, so one is not kept beside another.
    `as_said` are plain requests, taken in the order in which they were said. Other topics are not: who tells of two troubles
    tells a story, and what the whole of it is about is mostly not what it begins with.
    `later` are those worth keeping as a second wish. A part counts if the classifier is surer of it than `sure`. Between
    parts there has to be a conjunction: after a comma people rather tell why they want something.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"sure": 0.8, "first": [], "as_said": [], "later": [], "version": 3}

    def __init__(self, config: Dict[Text, Any]) -> None:
        self._sure = float(config["sure"])
        self._first, self._later = list(config["first"]), list(config["later"])
        self._as_said = {*config["as_said"]}

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WishCollector:
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        parts = [message for message in messages if message.get(PART_OF) is not None]
        whole = [message for message in messages if message.get(PART_OF) is None]
        for message in whole:
            self._collect(message, [part for part in parts if part.get(PART_OF) == message.get(TEXT)])
        return whole

    def _collect(self, message: Message, parts: List[Message]) -> None:
        wishes = [wish for part in parts if (wish := self._wish(part))]
        intent = message.get(INTENT) or {}
        if intent.get("name") not in self._first and (taken := self._taken_first(wishes, intent)):
            wishes.append(intent)
            intent = taken
            message.set(INTENT, intent, add_to_output=True)
        others = [wish["name"] for wish in wishes if wish["name"] != intent.get("name")]
        kept = next((name for name in others if name in self._later), None)
        if kept is None:
            return
        text = message.get(TEXT)
        entity = {
            "entity": "other_wish",
            "value": kept,
            "start": 0,
            "end": len(text),
            "extractor": type(self).__name__,
        }
        message.set(ENTITIES, [*message.get(ENTITIES, []), entity], add_to_output=True)

    def _taken_first(self, wishes: List[Dict[Text, Any]], intent: Dict[Text, Any]) -> Optional[Dict[Text, Any]]:
        """The urgent one; else, where the whole message is one of several plain requests, the one that was said first."""
        urgent = next((wish for wish in wishes if wish["name"] in self._first), None)
        names = {wish["name"] for wish in wishes}
        plain = intent.get("name") in names <= self._as_said
        return urgent or (wishes[0] if plain else None)

    def _wish(self, part: Message) -> Optional[Dict[Text, Any]]:
        intent = part.get(INTENT) or {}
        # The ranking's head says how sure the classifier is; the decision may be something else than a topic.
        ranking = part.get(INTENT_RANKING_KEY) or []
        sure = bool(ranking) and ranking[0]["name"] == intent.get("name") and ranking[0]["confidence"] >= self._sure
        return intent if sure and intent["name"] in self._first + self._later else None


def _parts(message: Message) -> List[Message]:
    text = message.get(TEXT) or ""
    if len(text) > _LONGEST or not _CONJUNCTION.search(text):
        return []
    pieces = [piece.strip() for piece in _BETWEEN.split(text) if piece and piece.strip()]
    if not 2 <= len(pieces) <= _MOST_PARTS:
        return []
    return [Message(data={TEXT: piece, PART_OF: text, "metadata": message.get("metadata")}) for piece in pieces]
