"""Whether somebody speaks of ending or harming their own life: told by a list of phrases, whatever else is understood.

No classifier decides on it, and Rasa may be down: the words stand in `data/crisis.yml`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from opencc import OpenCC
from pydantic import BaseModel

from wallet_core.datafiles import load_data
from wallet_core.models import Language

_HAN = re.compile(r"[\u3400-\u9fff]")
_NO_HAN = re.compile(r"[^\u3400-\u9fff]+")
_NO_LATIN = re.compile(r"[^a-z]+")
_REPEATED = re.compile(r"([a-z])\1+")
_APOSTROPHES = re.compile(r"['’‘`´]")
_TAKEN_OUT = "|"  # stays between what stood on either side, lest they make a phrase together


class CrisisWords(BaseModel, frozen=True, extra="forbid"):
    """`lines` are who can be called at any hour, per language; the rest is in the file's own words."""

    lines: dict[Language, str]
    phrases: list[str]
    idioms: list[str]


class CrisisFinder:
    """Built once: the phrases become two patterns, one for words of letters and one for Chinese characters."""

    def __init__(self, words: CrisisWords) -> None:
        self._phrases = _patterns(words.phrases)
        self._idioms = _patterns(words.idioms)

    def speaks_of_it(self, text: str) -> bool:
        letters, characters = _letters(text), _characters(text)
        return bool(
            self._phrases[0].search(self._idioms[0].sub(_TAKEN_OUT, letters))
            or self._phrases[1].search(self._idioms[1].sub(_TAKEN_OUT, characters))
        )


def load_crisis_words(path: Path) -> CrisisWords:
    """Read `crisis.yml`.

    Raises:
        BrokenFile: with file, line and field of the first fault.
    """
    return load_data(path, CrisisWords)


def _patterns(phrases: Iterable[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    letters, characters = set[str](), set[str]()
    to_traditional = OpenCC("s2t")
    for phrase in phrases:
        if _HAN.search(phrase):
            characters |= {_characters(phrase), _characters(to_traditional.convert(phrase))}
        else:
            letters.add(_letters(phrase))
    return _any_of(letters), _any_of(characters)


def _any_of(phrases: set[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


def _letters(text: str) -> str:
    """The words of Latin letters, a space around each; doubled letters count once, for those who type them otherwise."""
    plain = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).casefold())
    return f" {_NO_LATIN.sub(' ', _REPEATED.sub(r'\1', plain)).strip()} "


def _characters(text: str) -> str:
    """The Chinese characters alone, without what stands between them."""
    return _NO_HAN.sub("", unicodedata.normalize("NFKC", text))
