"""Finds card numbers and identity document numbers in a text as it reads (see `redact`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wallet_core.references import parse_reference

HIDDEN = "••••"

Found = tuple[int, int, str]  # from, to, and what to show instead

_MARKS = re.escape("-‐‑‒–—―−_·•.,/\\|*~'")
_GAP = rf"[\s{_MARKS}]{{0,6}}"

# Cards

_DIGITS = re.compile(rf"\d(?:{_GAP}\d)*")
_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}")
_PHONE = re.compile(r"(?:\+|00)\d{6,15}|861[3-9]\d{9}")
_CARD_WORDS = re.compile(
    r"(?:卡号|卡號|银行卡|銀行卡|信用卡|借记卡|储蓄卡|card\s*(?:number|no\.?|#)|(?:debit|credit|bank)\s*card)\W{0,4}"
    r"(?:is|was|是|为|為|叫)?\W{0,4}$",
    re.IGNORECASE,
)
# As printed on a card, four by four: nothing else is written so, and a mistyped one is a secret too.
_PRINTED = re.compile(r"(?<!\d)[2-6]\d{3}([\s–—.-]{1,2})\d{4}\1\d{4}\1\d{4}(?!\d)")
# What is often written behind it: the expiry date and the security code.
_EXPIRY = re.compile(r"[\s,/-]{1,3}(?:0?[1-9]|1[0-2])\s?[/-]\s?\d{2,4}(?:[\s,/-]{1,3}\d{3,4}(?!\d))?")
_USUAL_GROUPS = {(4, 6, 5), (4, 6, 4), (6, 10), (6, 13), (8, 8)}
_CHINESE_DIGITS = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
_IN_CHINESE = "".join(_CHINESE_DIGITS)
_SPOKEN = re.compile(rf"[{_IN_CHINESE}](?:[\s-]{{0,3}}[{_IN_CHINESE}]){{12,18}}")


def find_cards(plain: str) -> Iterator[Found]:
    """Card numbers: 13 to 19 digits, however parted, with the right check digit, or printed or named as a card's."""
    for run in _DIGITS.finditer(plain):
        for start, end in _cards_in(plain, run.start(), run.end()):
            expiry = _EXPIRY.match(plain, end)
            yield start, expiry.end() if expiry else end, f"{HIDDEN} {_digits(plain[start:end])[-4:]}"
    for spoken in _SPOKEN.finditer(plain):
        digits = "".join(_CHINESE_DIGITS.get(character, "") for character in spoken.group())
        if _checks(digits):
            yield spoken.start(), spoken.end(), f"{HIDDEN} {digits[-4:]}"


def _cards_in(plain: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    run = plain[start:end]
    digits = _digits(run)
    if len(digits) < 13 or _PHONE.fullmatch("+" * plain[:start].rstrip().endswith("+") + digits):
        return
    if len(digits) <= 19 and ((_checks(digits) and not _DATE.search(run)) or _CARD_WORDS.search(plain[:start])):
        yield start, end
        return
    # Something else stands in the same run of digits: an expiry date, an amount, another number.
    groups = [(start + group.start(), start + group.end()) for group in re.finditer(r"\d+", run)]
    first = 0
    while first < len(groups):
        behind = _end_of_card(plain, groups, first)
        if behind > first:
            yield groups[first][0], groups[behind - 1][1]
        elif length := _card_ahead(plain[slice(*groups[first])]):
            yield groups[first][0], groups[first][0] + length
        first = max(behind, first + 1)


def _end_of_card(plain: str, groups: list[tuple[int, int]], first: int) -> int:
    """The number of the group behind the longest card that begins with group `first`; `first` where there is none."""
    found, digits = first, 0
    for behind in range(first + 1, len(groups) + 1):
        start, end = groups[behind - 1]
        digits += end - start
        if digits > 19:
            break
        if _is_card(plain, groups[first:behind]):
            found = behind
    return found


def _is_card(plain: str, groups: list[tuple[int, int]]) -> bool:
    start, end = groups[0][0], groups[-1][1]
    digits = _digits(plain[start:end])
    if not 13 <= len(digits) <= 19:
        return False
    if _PRINTED.fullmatch(plain, start, end):
        return True
    lengths = tuple(end - start for start, end in groups)
    even = len(set(lengths[:-1])) <= 1 and lengths[-1] <= lengths[0]
    return (even or lengths in _USUAL_GROUPS) and _issued(digits) and _checks(digits)


def _card_ahead(digits: str) -> int:
    """The length of the card that more digits were written against, 0 where there is none."""
    if len(digits) <= 19:
        return 0
    return next((n for n in (16, 15, 19) if _issued(digits[:n]) and _checks(digits[:n])), 0)


def _issued(digits: str) -> bool:
    """Whether card networks issue numbers that begin like this."""
    if len(digits) == 15:
        return digits[:2] in ("34", "37")
    return digits[0] in "3456" or "2200" <= digits[:4] <= "2204" or "2221" <= digits[:4] <= "2720"


def _checks(digits: str) -> bool:
    """The Luhn check of ISO/IEC 7812."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = int(character) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(set(digits)) > 1


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


# Identity documents

_MAINLAND = re.compile(rf"(?<!\d)[1-9](?:{_GAP}\d){{16}}{_GAP}[\dXx](?![\dA-Za-z])")
_MAINLAND_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_HONG_KONG = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z]{1,2})[\s-]?(\d{3}[\s-]?\d{3})[\s-]?\(?\s?([0-9Aa])\s?\)?(?![A-Za-z0-9])"
)
_SOCIAL_SECURITY = re.compile(r"(?<!\d)(?!000|666|9)\d{3}([-\s–—.])(?!00)\d{2}\1(?!0000)\d{4}(?!\d)")
_DOCUMENT_WORDS = (
    r"(?:身份证|身份證|证件|證件|护照|護照|社保|social\s*security|\bssn\b|\bhkid\b|\bpassport\b|\bidentity\b|\bid\s*card\b"
    r"|(?<!transaction )(?<!order )(?<!payment )(?<!ticket )(?<!customer )(?<!user )(?<!account )(?<!wallet )"
    r"(?<!merchant )(?<!device )\bid\b)"
)
_NAMED = re.compile(
    _DOCUMENT_WORDS + r"(?:\s*(?:号码|号|號碼|號|card|document|number|no\b|is|was|是|为|為))*[\s:#.=-]{0,4}"
    r"((?=[A-Za-z\d\s-]*\d{4})[A-Za-z]{0,2}\d[\dXx\s-]{4,20}[\dXx])",
    re.IGNORECASE,
)
_TAIL = re.compile(
    _DOCUMENT_WORDS + r"[^\d\n]{0,12}(?:后四位|後四位|末四位|尾号|last\s+(?:four|4)|ends?\s+(?:in|with))[^\d\n]{0,12}"
    r"(\d\s?\d\s?\d\s?[\dXx*])(?!\d)",
    re.IGNORECASE,
)


def find_documents(plain: str) -> Iterator[Found]:
    """Identity documents of mainland China, Hong Kong and the US, and any that is named as one.

    Nothing of them stays: their last four characters prove their owner.
    """
    for found in _MAINLAND.finditer(plain):
        number = re.sub(r"[^\dXx]", "", found.group()).upper()
        total = sum(int(digit) * weight for digit, weight in zip(number[:17], _MAINLAND_WEIGHTS, strict=True))
        if "10X98765432"[total % 11] == number[-1]:
            yield found.start(), found.end(), HIDDEN
    for found in _HONG_KONG.finditer(plain):
        letters, digits, check = found.group(1).upper(), _digits(found.group(2)), found.group(3).upper()
        if _hong_kong_check(letters, digits) == check and parse_reference(found.group()) is None:
            yield found.start(), found.end(), HIDDEN
    for found in _SOCIAL_SECURITY.finditer(plain):
        yield found.start(), found.end(), HIDDEN
    for pattern in (_NAMED, _TAIL):
        for found in pattern.finditer(plain):
            yield found.start(1), found.end(1), HIDDEN


def _hong_kong_check(letters: str, digits: str) -> str:
    values = [36, *(ord(letter) - 55 for letter in letters)][-2:] + [int(digit) for digit in digits]
    rest = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return "A" if rest == 10 else str(rest)
