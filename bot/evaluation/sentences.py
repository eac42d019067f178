"""Labelled sentences: JSON Lines with `text`, `lang` (zh or en) and `intent`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from bot.failures import CannotGoOn

LANGUAGES = ("zh", "en")


class Sentence(NamedTuple):
    text: str
    language: str
    intent: str


def read_sentences(files: Iterable[Path]) -> list[Sentence]:
    """The sentences of JSON Lines files with `text`, `lang` and `intent` a line; empty lines are passed over.

    Raises:
        CannotGoOn: a file cannot be read or a line is not that; says which.
    """
    found = list[Sentence]()
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CannotGoOn(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}.") from error
        found += [_sentence(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise CannotGoOn("there is no sentence in these files.")
    return found


def _sentence(line: str, place: str) -> Sentence:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise CannotGoOn(f"{place}: not a JSON object.") from error
    if not isinstance(row, dict):
        raise CannotGoOn(f"{place}: not a JSON object.")
    for key in ("text", "lang", "intent"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise CannotGoOn(f'{place}: "{key}" is missing or not a text.')
    if row["lang"] not in LANGUAGES:
        raise CannotGoOn(f'{place}: "lang" is {row["lang"]!r}, not one of {", ".join(LANGUAGES)}.')
    return Sentence(row["text"], row["lang"], row["intent"])
