"""Finds what is secret by the words that stand beside it: passwords, one-time codes, birth dates (see `redact`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.gateway.sensitive_numbers import HIDDEN, Found

_CLOSING = ",.;!?\"')]>"

# Passwords

_OF_WHAT = (
    r"(?:\s*\b(?:for|to|of|on|in|my|the|this|your|account|wallet|app|login|card|bank|e-?mail|here|new|old|current)\b)*"
)
_PASSWORD = (
    r"(?:passwords?|passwd|pass\s?word|\bpwd|pass\s?code|pass\s?phrase|\bpin(?:\s*(?:code|number))?(?![A-Za-z]))"
)
_SECRET = r"\s*[\"'“‘(]?(?P<secret>\S{2,64})"
_TOLD = re.compile(
    rf"{_PASSWORD}{_OF_WHAT}\s*(?:\bis\s*:|\bwas\s*:|[:=]|->|→|\bis\b|\bwas\b|'s\b|’s\b){_SECRET}", re.IGNORECASE
)
_SET_TO = re.compile(
    rf"\b(?:set|change[ds]?|reset|update[ds]?|ma[dk]e)\s+(?:\w+\s+){{0,3}}?{_PASSWORD}{_OF_WHAT}?\s*\b(?:to|as|be)\b{_SECRET}",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    rf"{_PASSWORD}\s+[\"'“‘(]?(?P<secret>(?=\S*\d)(?=\S*[^\d\s,.!?])\S{{5,64}}|\d{{4,12}}\b)", re.IGNORECASE
)
_CHINESE = r"(?:密码|密碼|口令)"
_CHINESE_TOLD = re.compile(
    rf"{_CHINESE}(?:就|应该|應該|可能|大概|现在|現在|以前|之前|原来|原來)?\s*"
    r"(?:是|为|為|叫|:|=|设成|设为|設成|設為|改成|改为|改為|换成)[\s:=\"'“‘「(]*(?P<secret>[!-~]{3,64})"
)
_CHINESE_BESIDE = re.compile(rf"{_CHINESE}[\s\u4e00-\u9fff]{{0,9}}?(?P<secret>(?=[!-~]*\d)[^\W_][!-~]{{3,63}})")
# What people say about a password behind "is" or "to", where it is no password.
_ABOUT = frozenset(
    """a about above accept accepted access again all already also always an and any app as asked at back bad be because
    been being below blank blocked broken but by cannot change changed changing compromised correct denied different
    disabled do does easy empty enough enter exactly expired expiring false fine for forgotten forgot from get gone good
    hacked hard has have help here how i if ignored impossible in incorrect insecure invalid is it just known leaked log
    login lost missing my my needed never new no not nothing now of off ok okay old on one only open or out outdated pay
    people please protected public refused rejected required reset right safe same saved secret secure see send set
    short sign so some something spelled still stolen stuck strong stronger temporary that the their there this to too
    unknown unlock unsafe use used useless valid very visible weak what when where which who why with working works
    wrong you your""".split()
)


def find_passwords(plain: str) -> Iterator[Found]:
    """What follows "my password is", "密码是" and the like, unless it is a word about the password."""
    for pattern in (_TOLD, _SET_TO):
        for found in pattern.finditer(plain):
            secret = found.group("secret").rstrip(_CLOSING + "。，；！？”’")
            about = secret.isalpha() and secret.lower() in _ABOUT
            if len(secret) >= 2 and secret.isascii() and not about:
                yield _hidden(found, secret)
    for pattern in (_BESIDE, _CHINESE_TOLD, _CHINESE_BESIDE):
        for found in pattern.finditer(plain):
            secret = found.group("secret").rstrip(_CLOSING)
            if len(secret) >= 3:
                yield _hidden(found, secret)


# One-time codes

_CODE = r"\d(?:[\s-]?\d){3,7}(?![\s-]?\d)"
_NO_SECRET_CODE = "".join(
    rf"(?<!{kind} )"
    for kind in (
        "error",
        "status",
        "country",
        "area",
        "zip",
        "postal",
        "promo",
        "discount",
        "qr",
        "sort",
        "currency",
        "reference",
        "order",
        "swift",
        "bank",
    )
)
_CODE_WORD = (
    r"(?:验证码|驗證碼|动态码|動態碼|动态密码|校验码|校驗碼|确认码|確認碼|短信码|安全码|安全碼|\botp\b|\bcvv2?\b|\bcvc2?\b"
    rf"|{_NO_SECRET_CODE}\bcode\b)"
)
_CODE_TOLD = re.compile(
    rf"{_CODE_WORD}(?:\s*(?:is|was|are|it|says?|said|reads|received|i|got|you|sent|me|收到的?|我|的|是|为|為|写着|给我|发来的?))*"
    rf"[\s:#=\"'“‘「(,-]{{0,4}}(?P<secret>{_CODE}|\d{{3}}(?!\d))",
    re.IGNORECASE,
)
_CODE_BEFORE = re.compile(
    rf"(?<![\d.,$€£¥-])(?P<secret>{_CODE})\s*,?\s*(?:(?:is|was)\s+(?:the\s+|my\s+|your\s+|a\s+)?(?:\w+[\s-]){{0,2}}(?:code|otp)\b"
    r"|(?:就?是)?\s*(?:我的|收到的|你们的|你們的|这个|這個)?(?:验证码|驗證碼|动态码|動態碼|校验码|校驗碼|短信码))",
    re.IGNORECASE,
)


def find_codes(plain: str) -> Iterator[Found]:
    """Three to eight digits beside a word for a one-time or security code."""
    for pattern in (_CODE_TOLD, _CODE_BEFORE):
        for found in pattern.finditer(plain):
            yield _hidden(found, found.group("secret"))


# Birth dates: one of them proves an owner, too

_BIRTH_DATE = re.compile(
    r"(?:生日|出生日期|出生年月日|出生于|出生於|\bdate\s+of\s+birth\b|\bbirth\s*date\b|\bbirthday\b|\bdob\b|\bborn(?:\s+on)?\b)"
    r"(?:\s*(?:is|was|on|是|为|為))*[\s:=-]{0,4}"
    r"(?P<secret>(?:19|20)\d\d\s?[-/.年]?\s?\d{1,2}\s?[-/.月]?\s?\d{1,2}\s?日?|\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?(?:19|20)\d\d)",
    re.IGNORECASE,
)


def find_birth_dates(plain: str) -> Iterator[Found]:
    for found in _BIRTH_DATE.finditer(plain):
        yield _hidden(found, found.group("secret"))


def _hidden(found: re.Match[str], secret: str) -> Found:
    return found.start("secret"), found.start("secret") + len(secret), HIDDEN
