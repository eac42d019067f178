"""Spoken numbers and references as one writes them (pure): "T dash seven K M four R X A" is T-7KM4RXA."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wallet_core.references import ALPHABET, ReferenceKind, parse_reference

_DIGIT_WORDS = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9",
}  # fmt: skip
_CHINESE_DIGITS = dict(zip("零〇幺一二两三四五六七八九", "0011223456789", strict=True))
_REPEATED = {"double": 2, "triple": 3}
_RUN = 3  # fewer number words in a row may be anything: "one two things"

# What a recogniser makes of a letter's name.
_LETTERS = {
    "a": "A", "ay": "A", "eh": "A", "see": "C", "sea": "C", "dee": "D", "ee": "E", "ef": "F", "eff": "F", "aitch": "H",
    "jay": "J", "kay": "K", "em": "M", "en": "N", "pea": "P", "pee": "P", "are": "R", "ar": "R", "tea": "T", "tee": "T",
    "double u": "W", "ex": "X", "why": "Y",
    "for": "4", "to": "2", "too": "2", "ate": "8", "won": "1",
}  # fmt: skip
_DASHES = frozenset({"dash", "hyphen", "minus", "杠", "横杠", "减", "横"})
_KINDS = {
    ReferenceKind.TICKET: (("t",), ("tea",), ("tee",), ("ticket",)),
    ReferenceKind.CALLBACK: (("cb",), ("c", "b"), ("see", "bee"), ("c", "be"), ("see", "be"), ("callback",)),
    ReferenceKind.FREEZE: (("frz",), ("f", "r", "z"), ("f", "r", "zed"), ("ef", "are", "zee"), ("f", "r", "zee")),
}
_TOKEN = re.compile(r"[a-z]+|\d|[\u4e00-\u9fff]|[^\sa-z\d\u4e00-\u9fff]", re.IGNORECASE)
_LENGTH = 7


def as_written(words: str) -> str:
    """The sentence, its references and long numbers written as one writes them; without the recogniser's full stop."""
    return _numbers(_references(words)).rstrip(" .。!！")


def _references(words: str) -> str:
    tokens = list(_TOKEN.finditer(words))
    plain = [token.group().lower() for token in tokens]
    for start in range(len(tokens)):
        for kind, names in _KINDS.items():
            for name in names:
                if tuple(plain[start : start + len(name)]) != name:
                    continue
                found = _spelled(kind, plain, start + len(name))
                if found is not None:
                    reference, end = found
                    before, after = words[: tokens[start].start()], words[tokens[end - 1].end() :]
                    return before + reference + _references(after)
    return words


def _spelled(kind: ReferenceKind, plain: list[str], place: int) -> tuple[str, int] | None:
    """The reference whose characters begin at this token, and the token behind it."""
    while place < len(plain) and (plain[place] in _DASHES or not plain[place].isalnum()):
        place += 1
    for body, end in _bodies(plain, place, ""):
        reference = parse_reference(f"{kind}-{body}")
        if reference is not None:
            return reference, end
    return None


def _bodies(plain: list[str], place: int, body: str) -> Iterator[tuple[str, int]]:
    if len(body) == _LENGTH:
        yield body, place
        return
    if place >= len(plain):
        return
    token = plain[place]
    if not token.isalnum():
        yield from _bodies(plain, place + 1, body)
        return
    for read in _readings(token):
        if len(body) + len(read) <= _LENGTH and set(read) <= set(ALPHABET):
            yield from _bodies(plain, place + 1, body + read)


def _readings(token: str) -> Iterator[str]:
    for table in (_DIGIT_WORDS, _CHINESE_DIGITS, _LETTERS):
        if token in table:
            yield table[token]
    if token.isascii():
        yield token.upper()


def _numbers(words: str) -> str:
    words = re.sub(
        rf"[{''.join(_CHINESE_DIGITS)}](?:[ ]?[{''.join(_CHINESE_DIGITS)}]){{{_RUN},}}",
        lambda run: "".join(_CHINESE_DIGITS.get(character, "") for character in run.group()),
        words,
    )
    word = rf"(?:{'|'.join(_DIGIT_WORDS)})"
    one = rf"(?:(?:double|triple) )?{word}"
    words = re.sub(
        rf"\b{one}(?:[ -]{one}){{{_RUN - 1},}}\b", lambda run: _digits(run.group()), words, flags=re.IGNORECASE
    )
    return re.sub(r"\bplus ?(?=\d{6})|加(?=\d{6})", "+", words, flags=re.IGNORECASE)


def _digits(run: str) -> str:
    digits, times = "", 1
    for word in re.split(r"[ -]", run.lower()):
        if word in _REPEATED:
            times = _REPEATED[word]
            continue
        digits += _DIGIT_WORDS[word] * times
        times = 1
    return digits
