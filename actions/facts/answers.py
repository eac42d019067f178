"""A plain yes or no at the beginning of a message that says more ("no, I'll ask the shop"), and a no before a verb."""

from __future__ import annotations

import re

from actions.facts.reading import plain

_YES = re.compile(
    r"^\W*(?:yes|yeah|yep|yup|ya|ok|okay|sure|certainly|of course|go ahead|do it|please do|absolutely|correct|exactly)\b(?! but)"
    r"|^(?:好|好的|是|是的|对|对的|行|可以|嗯+|要|要的|没错|同意|确认|确定|係|得|冇错)(?:吧|啊|呀|了|哒|滴|呢|嘅|喇)?"
    r"(?=[,.!~\s]|$|请|帮|麻烦|提交|冻|取消|马上|快|就)"
)
_NO = re.compile(
    r"^\W*(?:no|nope|nah|not (?:now|yet|needed)|don'?t|do not|never|please don'?t|no need)\b"
    r"|^(?:不|别|先不|暂时不|先别|没必要|不必|免了|唔使|唔好|唔要|算了)(?!过|是(?:这|那)|对)"
)

_NOT = (
    # Nothing but such words in between: "don't wait freeze it" is a wish.
    r"\b(?:don'?t|do not|did ?n[o']?t|not|never|no need)"
    r"(?: (?:want|need|like|wish|ask|tell|said?|you|me|us|to|it|be|have|going|gonna|go|ahead|and|ever|please|really|now|my|the))"
    r"{0,4} "
    r"|(?:别|不要|不用|不想|不必|不需要|先不|没让你|没叫你|没说要|唔好|唔使|唔想|不)(?:要|想|再|先|给我|帮我|替我|马上|现在|急着)?"
)
# "Why did you not", and "if you don't it is all gone": a wish, and an urgent one.
_REPROACH = re.compile(
    r"\bwhy\b|\bhow come\b|\bif you (?:don'?t|do not)\b|为什么|为啥|怎么(?:还|不)|点解|再不|还不|不行|就完|就没|来不及"
)


def yes_or_no(text: str) -> bool | None:
    """Whether a message begins with a yes or a no; None where it begins with neither."""
    said = plain(text)
    if _NO.search(said):
        return False
    return True if _YES.search(said) else None


def says_not_to(text: str, verbs: str) -> bool:
    """Whether a message says not to do it: "I said don't cancel", "先不冻结"; "why did you not …" is no such wish.

    Args:
        verbs: a pattern, in both languages.
    """
    said = plain(text)
    return re.search(rf"(?:{_NOT})(?:{verbs})", said) is not None and not _REPROACH.search(said)
