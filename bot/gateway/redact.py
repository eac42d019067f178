"""Masks what must not be kept: card numbers, identity document numbers, birth dates, passwords, one-time codes.

Applied to a customer's text before anything stores, logs or forwards it. The text is looked at as a reader would see
it: full-width and other digits are digits, invisible characters are not there. What is masked cannot be had back.

Left alone: amounts, other dates, phone numbers, our own references.
"""

from __future__ import annotations

import unicodedata

from bot.gateway.sensitive_numbers import HIDDEN, Found, find_cards, find_documents
from bot.gateway.sensitive_words import find_birth_dates, find_codes, find_passwords

_INVISIBLE = {"Cf", "Mn", "Me", "Cs", "Cc"}


def mask(text: str) -> str:
    """The text with every secret in it replaced by dots; of a card, the last four digits stay."""
    plain, places = _as_read(text)
    found: list[Found] = []
    for find in (find_documents, find_cards, find_birth_dates, find_passwords, find_codes):
        for span in find(plain):
            found = _with(found, span)
    for start, end, shown in reversed(found):
        text = text[: places[start]] + shown + text[places[end - 1] + 1 :]
    return text


def _with(found: list[Found], span: Found) -> list[Found]:
    """The spans in order, with one more; where it overlaps others, all of them are hidden as one."""
    start, end, shown = span
    apart = [other for other in found if other[1] <= start or end <= other[0]]
    together = [other for other in found if other not in apart]
    if together:
        start, end, shown = min(start, together[0][0]), max(end, together[-1][1]), HIDDEN
    return sorted([*apart, (start, end, shown)])


def _as_read(text: str) -> tuple[str, list[int]]:
    """The text as it reads, and for each of its characters the place in `text` that it came from."""
    plain: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if unicodedata.category(character) in _INVISIBLE and character not in "\n\t\r":
            continue
        digit = unicodedata.digit(character, None)
        for read in unicodedata.normalize("NFKC", character) if digit is None else str(digit):
            plain.append(read)
            places.append(place)
    return "".join(plain), places
