"""What a customer may send: text is text, whatever it looks like.

Rasa takes a message that begins with `/` for a command that may set anything. So no text of a customer begins with one
when it goes to Rasa: not behind spaces or invisible characters, not full-width, not by a look-alike.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_TEXT = 2000

_SLASHES = frozenset("/⁄∕⧸╱⟋〳⼃")
# Invisible, though Unicode counts them as letters, marks or symbols.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\u17b4\u17b5\u180e")
_SURROGATE = re.compile("[\ud800-\udfff]")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # reorder what stands around them: a transcript could lie
_EMERGENCY = frozenset({"freeze", "冻结", "凍結"})
_NOTHING = "…"


def replace_surrogates(text: str) -> str:
    """Half characters, which JSON can carry and UTF-8 cannot, as the replacement character."""
    return _SURROGATE.sub("\ufffd", text)


def clean(text: str) -> str:
    """The text without control characters (line breaks and tabs stay) and without what changes its direction."""
    text = replace_surrogates(text).replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(character for character in text if unicodedata.category(character) != "Cc" or character in "\n\t")
    return _DIRECTIONS.sub("", text).strip()


def is_empty(text: str) -> bool:
    """Whether a reader sees nothing at all."""
    return all(_is_blank(character) for character in text)


def neutralise(text: str) -> str:
    """The text as Rasa may have it: without the slashes it begins with, and never empty."""
    place, slash = 0, False
    while place < len(text):
        if _is_slash(text[place]):
            slash = True
        elif not _is_blank(text[place]):
            break
        place += 1
    if not slash:
        return text.strip() or _NOTHING
    return text[place:] or _NOTHING


def asks_for_freeze(text: str) -> bool:
    """Whether the text is one of the words that freeze by themselves, whatever else is broken."""
    plain = "".join(character for character in unicodedata.normalize("NFKC", text) if not _is_blank(character))
    return plain.casefold() in _EMERGENCY


def _is_slash(character: str) -> bool:
    return character in _SLASHES or unicodedata.normalize("NFKC", character)[:1] in _SLASHES


def _is_blank(character: str) -> bool:
    return (
        character.isspace()
        or character in _BLANK
        or unicodedata.category(character) in ("Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp")
    )
