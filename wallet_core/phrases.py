"""Callback phrases: two words that the customer is shown and hears first in our call, so that they know it is us."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, field_validator

from wallet_core.datafiles import fault, load_data
from wallet_core.models import Language
from wallet_core.ports import Random

# Two different words of at least so many: at least 14 bits.
FEWEST_WORDS = 129


class Phrases(BaseModel, frozen=True, extra="forbid"):
    """The word lists: English words, and Chinese words with their pinyin."""

    en: tuple[str, ...]
    zh: dict[str, str]

    @field_validator("en")
    @classmethod
    def _each_once(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for place, word in enumerate(words):
            if word in words[:place]:
                raise fault(f'"{word}" stands here twice', place)
        return words

    @field_validator("en", "zh")
    @classmethod
    def _enough[Words: (tuple[str, ...], dict[str, str])](cls, words: Words) -> Words:
        if len(words) < FEWEST_WORDS:
            raise ValueError(f"{len(words)} words are too few, {FEWEST_WORDS} are needed")
        return words

    @cached_property
    def words(self) -> dict[Language, tuple[str, ...]]:
        return {Language.EN: self.en, Language.ZH: tuple(self.zh)}


def load_phrases(path: Path) -> Phrases:
    """Read `phrases.yml`.

    Raises:
        BrokenFile: with file, line and field of the first fault.
    """
    return load_data(path, Phrases)


def draw_phrase(phrases: Phrases, *, language: Language, random: Random) -> str:
    """Two different words of the language, with a space between them."""
    words = phrases.words[language]
    first = random.choice(words)
    second = random.choice([word for word in words if word != first])
    return f"{first} {second}"
