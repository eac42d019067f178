"""Text as it is spoken: what a voice would read wrongly, or not at all, in a form that it reads right (pure).

References are spelled, letter by letter and digit by digit; phone numbers and other long numbers are read digit by
digit, in Chinese with 幺 for 1, as one does on the phone; amounts are read as amounts. Addresses of pages and marks that
only a screen shows are left out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from babel.numbers import get_currency_name

from wallet_core.models import Language
from wallet_core.references import ReferenceKind


@dataclass(frozen=True)
class Words:
    """Read as they stand."""

    text: str


@dataclass(frozen=True)
class Characters:
    """Spelled: letters and digits with spaces between, read one by one."""

    text: str


Part = Words | Characters

_CHINESE_DIGITS = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
_LOCALES = {Language.ZH: "zh_CN", Language.EN: "en_GB"}
_CURRENCY_NAMES = {(Language.ZH, "CNY"): "元人民币"}  # the lists' own name is that of the money, not of its unit
_SYMBOLS = {
    "CN¥": "CNY", "HK$": "HKD", "US$": "USD", "JP¥": "JPY", "NT$": "TWD", "A$": "AUD", "CA$": "CAD", "S$": "SGD",
    "MOP$": "MOP", "¥": "CNY", "￥": "CNY", "$": "USD", "€": "EUR", "£": "GBP",
}  # fmt: skip

_PAGE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MAIL = re.compile(r"([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)")
_REFERENCE = re.compile(rf"(?<![A-Z0-9])({'|'.join(ReferenceKind)})-([0-9A-Z]{{4,10}})(?![A-Z0-9])")
_AMOUNT = re.compile(
    rf"({'|'.join(re.escape(symbol) for symbol in sorted(_SYMBOLS, key=len, reverse=True))})\s?(\d[\d,]*(?:\.\d+)?)"
)
_MASKED = re.compile(r"(?:\+\d{1,3}\s?)?[•*]{3,}\s?(\d{2,4})(?!\d)")
_PHONE = re.compile(r"(?<![\w.,])(\+?\d[\d -]{6,18}\d)(?![\w%]|[.,]\d)")
_LONG_NUMBER = re.compile(r"(?<![\d.,])\d{5,}(?![\d.,]*\d)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-4]):([0-5]\d)(?!\d)")
_OFFSET = r"(?:UTC|GMT)([+-])0?(\d{1,2})(?::00)?(?!\d)"
_ZONE = re.compile(rf"\({_OFFSET}\)|\b{_OFFSET}")
_DASH_BETWEEN = re.compile(r"(?<=\d)\s?[–—]\s?(?=\d)|(?<=\d:\d\d)\s?-\s?(?=\d)")
_BULLET = re.compile(r"^[ \t]*(?:[•*·-]|#+)[ \t]+", re.MULTILINE)
_NUMBERED = re.compile(r"^[ \t]*(\d{1,2})\.[ \t]+", re.MULTILINE)
_MARKS = re.compile(r"[•→←*#|=~_<>\[\]`\\{}\"“”「」]")
_ENDS = "。！？!?.;；:：,，、"


def parts_of(text: str, language: Language) -> list[Part]:
    """The text in the parts that it is spoken in, references spelled."""
    plain = _as_written(text)
    parts: list[Part] = []
    place = 0
    for found in _REFERENCE.finditer(plain):
        _add(parts, _sentence(plain[place : found.start()], language))
        parts.append(Characters(spelled(found.group())))
        place = found.end()
    _add(parts, _sentence(plain[place:], language))
    if parts and isinstance(parts[0], Words):
        parts[0] = Words(parts[0].text.lstrip())
    return parts


def spelled(reference: str) -> str:
    """Each character by itself, in groups that one can write down: `T-7KM4RXA` is `T, 7 K M, 4 R X A`."""
    kind, _, body = reference.partition("-")
    return ", ".join(" ".join(group) for group in (kind, body[:3], body[3:]) if group)


def digit_by_digit(digits: str, language: Language) -> str:
    """Such as `1 3 8`, or `幺三八` in Chinese. Other characters part the groups."""
    groups = [group for group in re.split(r"\D+", digits) if group]
    if language is Language.ZH:
        return "，".join("".join(_CHINESE_DIGITS[digit] for digit in group) for group in groups)
    return ", ".join(" ".join(group) for group in groups)


def _sentence(text: str, language: Language) -> str:
    text = _MAIL.sub(lambda found: _mail(found, language), text)
    text = _AMOUNT.sub(lambda found: _amount(found, language), text)
    text = _MASKED.sub(lambda found: _ending(found.group(1), language), text)
    text = _THOUSANDS.sub("" if language is Language.ZH else ",", text)
    text = _ZONE.sub(lambda found: _zone(found, language), text)
    text = _DASH_BETWEEN.sub("到" if language is Language.ZH else " to ", text)
    text = _CLOCK.sub(lambda found: _time(found, language), text)
    text = _PHONE.sub(lambda found: _phone(found.group(1), language), text)
    text = _LONG_NUMBER.sub(lambda found: digit_by_digit(found.group(), language), text)
    text = _NUMBERED.sub(r"\1, " if language is Language.EN else r"\1，", text)
    text = _MARKS.sub(" ", _BULLET.sub("", text))
    return _lines_as_sentences(text, language)


def _as_written(text: str) -> str:
    shown = (c for c in _PAGE.sub("", text) if unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c == "\n")
    return "".join(shown)


def _lines_as_sentences(text: str, language: Language) -> str:
    """One line, each of the text's own lines ended as a sentence; a space at its ends stays."""
    stop, gap = ("。", "") if language is Language.ZH else (".", " ")
    lines = [line for line in (" ".join(line.split()) for line in text.split("\n")) if line]
    ended = [line if line[-1] in _ENDS else line + stop for line in lines[:-1]]
    joined = re.sub(r" (?=[.,;:!?，。；：！？、])", "", gap.join([*ended, *lines[-1:]]))
    return f"{' ' * text[:1].isspace()}{joined}{' ' * text[-1:].isspace()}" if joined else ""


def _mail(found: re.Match[str], language: Language) -> str:
    name, place = found.groups()
    dot, at = ("点", "艾特") if language is Language.ZH else ("dot", "at")
    return f"{name} {at} {place.replace('.', f' {dot} ')}"


def _amount(found: re.Match[str], language: Language) -> str:
    number = found.group(2).removesuffix(".00")
    name = _currency(_SYMBOLS[found.group(1)], language)
    return f"{number}{'' if language is Language.ZH else ' '}{name}"


@cache
def _currency(code: str, language: Language) -> str:
    return _CURRENCY_NAMES.get((language, code)) or str(get_currency_name(code, 2, _LOCALES[language]))


def _ending(digits: str, language: Language) -> str:
    told = digit_by_digit(digits, language)
    return f"尾号{told}" if language is Language.ZH else f"the number ending in {told}"


def _time(found: re.Match[str], language: Language) -> str:
    hour, minute = int(found.group(1)), int(found.group(2))
    if language is Language.EN:
        return f"{hour}:{minute:02}"
    return f"{hour}点{f'{minute}分' if minute else ''}"


def _zone(found: re.Match[str], language: Language) -> str:
    sign, hours = (group for group in found.groups() if group)
    word = {"+": "加" if language is Language.ZH else "plus", "-": "减" if language is Language.ZH else "minus"}[sign]
    return f"UTC{word}{hours}" if language is Language.ZH else f"UTC {word} {hours}"


def _phone(number: str, language: Language) -> str:
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,4}(?: \d{1,4}){0,2}", number):
        return number  # a date, or a few small numbers beside each other
    plus = {Language.ZH: "加", Language.EN: "plus "}[language] if number.startswith("+") else ""
    return plus + digit_by_digit(number, language)


def _add(parts: list[Part], text: str) -> None:
    if text.strip():
        parts.append(Words(text))
