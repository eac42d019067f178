"""What customers say about a callback: which number, another time, none at all; and wishes as slots keep them."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

import phonenumbers

from actions.callback_times import CallWish
from actions.customer_words import contact_in

_AT_ONCE = "now"
_ON_FILE = re.compile(
    r"\b(?:(?:that|this|the same|same|my usual|registered) (?:one|number|phone)|on file|you have|this one)\b"
    r"|这个|這個|就打这|预留|預留|登记|登記|原来|原來|绑定|綁定|本机|本機",
    re.IGNORECASE,
)
_CANCEL = re.compile(
    r"\b(?:cancel|call (?:it|that) off|no (?:longer )?need)\b"
    r"|\bdon'?t (?:call|ring|phone)(?: me)?(?: any ?more| back)?\W*$"
    r"|取消|不用(?:再)?(?:打|回)|别打了|別打了|不要打了|不需要(?:打|回)",
    re.IGNORECASE,
)
_MOVE = re.compile(
    r"\b(?:resched\w*|move (?:it|the call|my call\w*)|change (?:the time|it|my call\w*)|another time|different time"
    r"|postpone|later instead|earlier instead)\b"
    r"|改(?:个|個|到|成|约|約|一下)?(?:时间|時間)?|换个时间|換個時間|推迟|推遲|提前",
    re.IGNORECASE,
)
_OTHER_NUMBER = re.compile(
    r"\b(?:another|other|different|new|not that) (?:one|number|phone)\b|\bnot (?:that|this) one\b"
    r"|(?:另|别的|別的|其他|换|換|新的?)(?:一?个|一?個)?(?:号|號|手机|手機|电话|電話)|换一个|換一個|不是这个|不是這個",
    re.IGNORECASE,
)

_TIME_OF_DAY = re.compile(
    r"\d\s?(?:am\b|pm\b|:\d\d|o'?clock|[点點时])|\b(?:make|change|move) (?:it|that)(?: to)? [01]?\d\b(?![\d\s-]*\d)|\b(?:morning|afternoon|evening|tonight|tomorrow|noon)\b"
    r"|[上下]午|[早晚]上|今晚|傍晚|[明后]天|[一二三四五六七八九十两]点",
    re.IGNORECASE,
)


def phone_in(text: str, country: str | None) -> str | None:
    """A phone number in E.164; without its country it is one of `country`."""
    contact = contact_in(text)
    if contact is not None and contact.startswith("+"):
        return contact
    written = unicodedata.normalize("NFKC", text)
    for match in phonenumbers.PhoneNumberMatcher(written, country, leniency=phonenumbers.Leniency.VALID):
        return phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
    return None


def names_a_time(text: str) -> bool:
    """Whether a time is named beyond doubt, though another question was asked."""
    return _TIME_OF_DAY.search(text) is not None


def wants_number_on_file(text: str) -> bool:
    return _ON_FILE.search(text) is not None


def wants_other_number(text: str) -> bool:
    return _OTHER_NUMBER.search(text) is not None


def changes_callback(text: str) -> str | None:
    """`cancel` or `move`, where the text says so of a callback that stands."""
    if _CANCEL.search(text):
        return "cancel"
    return "move" if _MOVE.search(text) else None


def write_wish(wish: CallWish) -> str:
    """The wish as its slot keeps it."""
    if wish.start is None:
        return _AT_ONCE
    window = "/".join(at.isoformat() for at in (wish.start, wish.end) if at is not None)
    return f"{window}@{wish.zone}" if wish.zone else window


def read_wish(written: str | None) -> CallWish:
    """What `write_wish` wrote; as soon as possible where nothing was."""
    if written in (None, _AT_ONCE):
        return CallWish(None)
    window, _, zone = str(written).partition("@")
    parts = [datetime.fromisoformat(part) for part in window.split("/")]
    return CallWish(parts[0], parts[1] if len(parts) > 1 else None, zone or None)
