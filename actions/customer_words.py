"""What can be read out of a customer's own words without guessing."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Chinese characters are word characters too, so the usual word boundary would not end a reference before one.
# Without a dash it takes a digit to tell a reference from words ("don't receive").
_REFERENCE = re.compile(
    r"(?<![0-9a-z])(?:FRZ|CB|T)(?:\s*[-–—]\s*|\s*(?=[a-z]*\d))[0-9a-z]{7}(?![0-9a-z])", re.IGNORECASE
)
_QUESTION = re.compile(
    r"[?？]\s*$|吗|呢|嗎|怎么|怎麼|怎样|如何|多少|什么|什麼|为什么|為什麼|哪|是不是|能不能|有没有|有沒有|可不可以|会不会|會不會"
    r"|(?:先|想|再|请|請)问|問(?:一?下|你|您)|问(?:一?下|你|您)"
    r"|^\W*(?:(?:actually|wait|hold on|hang on|first|but|and|so|ok|okay|um+|sorry|by the way|btw|before that|quick question"
    r"|one (?:more )?(?:thing|question))\W+)*(?:how|what|why|when|where|which|who|is|are|do|does|can|could|should|will)\b",
    re.IGNORECASE,
)
_LOOK_UP = re.compile(
    r"^\W*(?:please |pls |can you |could you )?(?:show|list|find|search|look up|tell me|check|freeze|block|stop)\b"
    r"|^(?:请|麻烦)?(?:帮我|给我)?(?:查|看看|看一下|列出|显示|搜|找一下|冻结)",
    re.IGNORECASE,
)
_DECLINED = re.compile(r"\bskip\b|\bno contact\b|\bnone\b|不留|不用留|不想留|跳过|跳過|不提供", re.IGNORECASE)
_AGAIN = re.compile(
    r"\b(?:resend|send (?:it |me |the code |a code )?(?:again|another|a new)|(?:new|another) code|once more"
    r"|(?:did ?n[o']?t|have ?n[o']?t|never|not) (?:get|got|received?|arrived?)|no code|nothing (?:came|arrived))"
    r"|再发|重发|重新发|重新發|再發|没收到|沒收到|没有收到|收不到|没来|换一个验证码",
    re.IGNORECASE,
)
_STOP_WORDS = (
    r"(?:stop(?: it| this| here)?|cancel(?: it| this| that)?|quit|forget (?:it|about it)|never ?mind|leave it|drop it"
    r"|no thanks?|算了|不约了|不約了|不办了|不辦了|不弄了|不用了?|不要了|停(?:下|止)?|取消|别弄了)"
)
_STOP = re.compile(
    rf"[\W_]*(?:(?:please|just|ok|okay|那|就|请|請)[\W_]*)*{_STOP_WORDS}"
    rf"(?:[\W_]*(?:please|thanks?|thank you|吧|了|谢谢|謝謝|{_STOP_WORDS}))*[\W_]*",
    re.IGNORECASE,
)
# Short answers to a plain question, which alone are too short to tell a topic from.
_YES = re.compile(
    r"[\W_]*(?:yes|yeah|yep|yup|i do|有|有的|有啊|有呀|对|對|是|是的|嗯)(?:[\W_]+.*|[的啊呀呢])?[\W_]*", re.IGNORECASE
)
_NO = re.compile(
    r"[\W_]*(?:no|nope|none|not that i .*|没|沒|没有|沒有|無|冇|不是)(?:[\W_]+.*|[的啊呀呢])?[\W_]*", re.IGNORECASE
)
_SHORT = 20  # characters
_WALLET_ID = re.compile(r"(?<![0-9a-z-])[a-z]{1,3}\d{3,12}(?![0-9a-z])", re.IGNORECASE)
# Where a number without its country code comes from: eleven digits beginning 1[3-9] are a mainland mobile number.
_MAINLAND_MOBILE = re.compile(r"(?<![\d+])1[3-9]\d{9}(?!\d)")


def reference_in(text: str) -> str | None:
    """What is written like a reference; the core says whether there is such a thing."""
    found = _REFERENCE.search(unicodedata.normalize("NFKC", text))
    return found.group() if found else None


def contact_in(text: str) -> str | None:
    """A phone number in E.164, or an e-mail address, that the customer left."""
    if mail := _EMAIL.search(text):
        return mail.group().lower()
    written = unicodedata.normalize("NFKC", text)
    for match in phonenumbers.PhoneNumberMatcher(written, None, leniency=phonenumbers.Leniency.POSSIBLE):
        return phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
    mainland = _MAINLAND_MOBILE.search(re.sub(r"(?<=\d)[\s-]+(?=\d)", "", written))
    return f"+86{mainland.group()}" if mainland else None


def wallet_named_in(text: str) -> str | None:
    """A phone number in E.164, or a wallet's id, by which somebody says whose wallet it is."""
    contact = contact_in(text)
    if contact is not None and contact.startswith("+"):
        return contact
    found = _WALLET_ID.search(unicodedata.normalize("NFKC", text))
    return found.group().upper() if found else None


def yes_or_no(text: str) -> bool | None:
    """A short answer; None where it is neither."""
    if _NO.fullmatch(text):
        return False
    return True if _YES.fullmatch(text) else None


def stops_asking(text: str) -> bool:
    """Whether the whole text is words for stopping; "no" alone answers what was asked."""
    return _STOP.fullmatch(text) is not None


def asks_again(text: str) -> bool:
    """Whether the customer misses a code, or wants another one."""
    return _AGAIN.search(text) is not None


def tells_little(text: str) -> bool:
    """Too short to hold a fact: "yes report it", "没有了"."""
    return len(text) <= _SHORT and not any(character.isdigit() for character in text)


def declines_contact(text: str) -> bool:
    return _DECLINED.search(text) is not None


def looks_like_contact(text: str) -> bool:
    """Whether the customer seems to have tried to leave a contact: enough digits, or an at sign."""
    return "@" in text or sum(character.isdigit() for character in text) >= 6


def is_question(text: str) -> bool:
    return _QUESTION.search(text) is not None


def asks_to_look_up(text: str) -> bool:
    """Whether something is to be looked up or done at once: "show my balance", 帮我查一下余额."""
    return _LOOK_UP.search(text) is not None


def is_command(text: str) -> bool:
    """A button's payload rather than words."""
    return text.startswith("/")
