"""A text as it is read: one width, one script of Chinese, spaces tidied, English number words as digits."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import cache, lru_cache

from opencc import OpenCC
from text_to_num import alpha2digit

_LONGEST = 600  # characters of a message in which facts are looked for
_KEPT = 256  # an action reads the same message several times
_SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000, "million": 10**6}
_SCALED = re.compile(r"(?<![\d.,])(\d{1,6}(?:\.\d{1,3})?) (hundred|thousand|grand|million)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\ban? (?=hundred|thousand|million)", re.IGNORECASE)
# Left alone by the library where they stand alone, since "one" is so often no number.
_FEW = re.compile(
    r"\b(?:two|three)\b"
    r"|\bone(?= (?:days?|weeks?|hours?|months?|years?|minutes?|euros?|dollars?|pounds?|bucks?|quid|yuan|yen)\b)",
    re.IGNORECASE,
)
_FEW_VALUES = {"one": "1", "two": "2", "three": "3"}


def any_of(words: str) -> str:
    """A pattern for any of the words, which white space parts; an underscore stands for a space within one."""
    return "|".join(word.replace("_", " ") for word in words.split())


@lru_cache(maxsize=_KEPT)
def legible(text: str) -> str:
    """The beginning of the text, in half width and simplified characters; upper and lower case stay."""
    tidy = " ".join(unicodedata.normalize("NFKC", text[:_LONGEST]).split())[:_LONGEST]
    return str(_converter().convert(tidy)) if has_han(tidy) else tidy


@lru_cache(maxsize=_KEPT)
def in_digits(text: str) -> str:
    """The legible text with its English number words as digits: "two hundred euros" → "200 euros"."""
    read = legible(text)
    if not any("a" <= letter <= "z" for letter in read.casefold()):
        return read
    read = alpha2digit(_ARTICLE.sub("one ", _SCALED.sub(_multiplied, read)), "en")
    read = _FEW.sub(lambda found: _FEW_VALUES[found[0].casefold()], read)
    return _SCALED.sub(_multiplied, read)


@lru_cache(maxsize=_KEPT)
def plain(text: str) -> str:
    """As `in_digits`, in lower case."""
    return in_digits(text).casefold()


def has_han(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def _multiplied(found: re.Match[str]) -> str:
    """ "3.5 million" in digits, which number words alone would not make of it."""
    return f"{(Decimal(found[1]) * _SCALES[found[2].casefold()]).normalize():f}"
