"""Finds the answer to a challenge in what a customer writes: a one-time code, or an owner fact (pure).

It is as much about secrecy as about reading: whatever is found here is kept from the transcript, from Rasa and from the
logs, so that what only looks like an answer is rather taken for one, as long as we have just asked for it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from wallet_core.models import ChallengeKind

UNREADABLE = ""

_DIGITS_IN_CHINESE = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
_SPELLED = re.compile(f"[{''.join(_DIGITS_IN_CHINESE)}](?:[ -]?[{''.join(_DIGITS_IN_CHINESE)}]){{3,}}")
_INVISIBLE = {"Cf", "Mn", "Me", "Cs", "Cc"}

_RUN = re.compile(r"(?<![\w+])\d(?:[ -]?\d)*(?![\w%])", re.ASCII)
_CODE_LENGTH = 6
# What stands around a code or a fact without being anything else.
_WORDS_AROUND = re.compile(
    r"\b(?:hi|ok|okay|yes|here|there|you|go|it|its|is|was|the|this|my|code|codes?|otp|number|got|i|says|said|please|pls|and"
    r"|date|of|birth|birthday|born|on|dob|last|four|digits?|document|passport|card|ids?|identity|ends?|in|with|are|s)\b"
    r"|验证码|驗證碼|校验码|短信|证件|證件|身份证|身份證|护照|護照|号码|號碼|出生日期|出生|生日|最后|最後|末|尾号|后|後|四|位"
    r"|收到|给你|我的|你的|就|码|碼|号|號|是|为|為|的|了|好|嗯|呃|吧|我|在|这|這|个|個|哦|啊",
    re.IGNORECASE,
)

_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d\d)\s?[-./年 ]\s?(\d{1,2})\s?[-./月 ]\s?(\d{1,2})(?!\d)\s?日?")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})\s?[-./ ]\s?(\d{1,2})\s?[-./ ]\s?((?:19|20)\d\d)(?!\d)")
_EIGHT = re.compile(r"(?<!\d)((?:19|20)\d\d)\s?(\d\d)\s?(\d\d)(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_MONTH = f"({'|'.join(_MONTHS)})[a-z]*"
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\s*(?:of\s+)?{_NAMED_MONTH}\.?,?\s*((?:19|20)\d\d)(?!\d)", re.IGNORECASE
)
_MONTH_DAY = re.compile(rf"\b{_NAMED_MONTH}\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?,?\s*((?:19|20)\d\d)(?!\d)", re.IGNORECASE)
_TAIL = re.compile(r"(?<![\w*])(?=\S*\d)[\d*xX]{4}(?![\w*])", re.ASCII)
_YOUNGEST = 10  # years: a date nearer than that is no customer's birth date


def find_answer(kind: ChallengeKind, text: str, *, asked: bool, today: date) -> str | None:
    """The answer in a text as it is judged, `UNREADABLE` where it is one that nobody can judge, None where it is none.

    Args:
        asked: whether our last words asked for it. Else only what can hardly be anything else is taken for an answer.
    """
    plain = _as_read(text)
    return _code(plain, asked) if kind is ChallengeKind.CODE else _owner_fact(plain, asked, today)


def _code(plain: str, asked: bool) -> str | None:
    runs = [re.sub(r"\D", "", run) for run in _RUN.findall(plain)]
    alone = _nothing_besides(_RUN.sub(" ", plain))
    if asked and len(runs) == 1 and alone and 4 <= len(runs[0]) <= 8:
        return runs[0]
    codes = [run for run in runs if len(run) == _CODE_LENGTH]
    return codes[-1] if codes and (asked or alone) else None


def _owner_fact(plain: str, asked: bool, today: date) -> str | None:
    birth_date, left = _birth_date(plain)
    if birth_date is not None:
        about_us = asked or (_nothing_besides(left) and _could_be_born(birth_date, today))
        return birth_date if about_us else None
    if not asked:
        return None
    tail = _TAIL.search(plain)
    if tail is not None and _nothing_besides(_TAIL.sub(" ", plain)):
        return tail.group()
    digits = sum(character.isdigit() for character in plain)
    # In between lies a phone number, which says whose wallet it is.
    odd = 4 <= digits <= 8 or digits >= 15
    return UNREADABLE if odd and _nothing_besides(re.sub(r"[\d*xX./()-]+", " ", plain)) else None


def _birth_date(plain: str) -> tuple[str | None, str]:
    """A date as eight digits, `UNREADABLE` where day and month cannot be told apart; and the text without it."""
    for shape, order in (
        (_YEAR_FIRST, (1, 2, 3)),
        (_EIGHT, (1, 2, 3)),
        (_DAY_MONTH, (3, 2, 1)),
        (_MONTH_DAY, (3, 1, 2)),
        (_YEAR_LAST, (3, 2, 1)),
    ):
        found = shape.search(plain)
        if found is None:
            continue
        left = plain[: found.start()] + " " + plain[found.end() :]
        year, month, day = (found.group(place) for place in order)
        if shape is _YEAR_LAST:
            if int(month) > 12:
                month, day = day, month
            elif int(day) <= 12 and day != month:
                return UNREADABLE, left
        return _eight_digits(year, month, day), left
    return None, plain


def _eight_digits(year: str, month: str, day: str) -> str:
    number = _MONTHS.index(month[:3].lower()) + 1 if month.isalpha() else int(month)
    try:
        return f"{date(int(year), number, int(day)):%Y%m%d}"
    except ValueError:
        return UNREADABLE


def _could_be_born(birth_date: str, today: date) -> bool:
    return birth_date == UNREADABLE or int(birth_date[:4]) <= today.year - _YOUNGEST


def _nothing_besides(rest: str) -> bool:
    """Whether nothing is left that says something of its own."""
    return not any(character.isalnum() for character in _WORDS_AROUND.sub(" ", rest))


def _as_read(text: str) -> str:
    """The text as a reader sees it: any digits are digits, also spelled in Chinese; what is invisible is not there."""
    read = []
    for character in text:
        digit = unicodedata.digit(character, None)
        if digit is not None:
            read.append(str(digit))
        elif unicodedata.category(character) not in _INVISIBLE or character in "\n\t":
            read.append(" " if character.isspace() else unicodedata.normalize("NFKC", character))
    plain = " ".join("".join(read).split())
    return _SPELLED.sub(lambda found: "".join(_DIGITS_IN_CHINESE.get(c, "") for c in found.group()), plain)
