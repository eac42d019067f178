"""The words we say ourselves: the replies in Rasa's domain files, read and chosen as Rasa reads and chooses them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from wallet_core.models import Channel, Language

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Words:
    """A reply as the domain has it, its facts filled in. Buttons are (title, payload)."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()


class Texts:
    """Replies by name, language and channel.

    `facts` go into every reply; of those that differ by language, the value is a mapping.
    """

    def __init__(
        self,
        responses: Mapping[str, list[dict[str, Any]]],
        topics: Mapping[str, str] | None = None,
        **facts: str | Mapping[Language, str],
    ) -> None:
        self._responses = responses
        self._topics = topics or {}
        self._facts = facts

    @classmethod
    def load(cls, folder: Path, **facts: str | Mapping[Language, str]) -> Texts:
        """Read every domain file in the folder."""
        responses: dict[str, list[dict[str, Any]]] = {}
        topics: dict[str, str] = {}
        for file in sorted(folder.rglob("*.yml")):
            content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
            for name, variations in (content.get("responses") or {}).items():
                responses.setdefault(name, []).extend(variations)
                topics[name] = file.stem
        return cls(responses, topics, **facts)

    def topic_of(self, name: str) -> str | None:
        """The topic that a reply belongs to: the file that it stands in."""
        return self._topics.get(name)

    def has(self, name: str) -> bool:
        return name in self._responses

    def fact(self, name: str) -> str:
        """A fact that is the same in every language, as it stands in all replies."""
        value = self._facts[name]
        assert isinstance(value, str)
        return value

    def render(self, name: str, *, language: Language, channel: Channel = Channel.WEB, **facts: Any) -> Words:
        """The reply's words.

        Raises:
            KeyError: no such reply in this language, or a fact that it needs is missing.
        """
        common = {key: fact if isinstance(fact, str) else fact[language] for key, fact in self._facts.items()}
        known = {**common, **facts}
        variation = self._choose(name, language, channel)

        def fill(text: str) -> str:
            return _PLACEHOLDER.sub(lambda place: str(known[place.group(1)]), text)

        buttons = tuple((fill(button["title"]), fill(button["payload"])) for button in variation.get("buttons") or ())
        return Words(fill(variation["text"]).strip(), buttons)

    def _choose(self, name: str, language: Language, channel: Channel) -> dict[str, Any]:
        """Condition and channel before channel before condition before neither: Rasa's order."""
        fitting = [
            variation
            for variation in self._responses[name]
            if variation.get("channel") in (None, channel.value)
            and all(
                condition.get("name") == "language" and condition.get("value") == language.value
                for condition in variation.get("condition") or ()
            )
        ]
        if not fitting:
            raise KeyError(f"{name} in {language}")
        return max(fitting, key=lambda found: (found.get("channel") is not None, bool(found.get("condition"))))
