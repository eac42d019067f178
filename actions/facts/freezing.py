"""Whether a text speaks of freezing, and whether it asks what a freeze does, or to leave it, rather than for one."""

from __future__ import annotations

import re

from actions.facts.answers import says_not_to
from actions.facts.reading import plain

_FREEZE = r"(?:freez\w*|froze\w*|冻结|冻住|冻了|冻(?=[着在完])|dongjie)"
_VERBS = r"(?:freeze|lock|block|suspend)\b|冻|锁|挂失|停用"
_SPOKEN_OF = re.compile(_FREEZE)
# "If I freeze it", "once an account is frozen", "while frozen"; not "if you can freeze it".
_THEN = (
    r"\b(?:while|when|once|after|if|during)\s(?:(?:i|you|we)(?:'?ve)?\s|(?:it(?:'?s|\sis)?|(?:my|the|an?)\s\w+(?:'?s|\sis)?)\s)?"
    rf"(?:an?\s|the\s)?(?:gets?\s|being\s)?{_FREEZE}"
)
_EFFECTS = re.compile(
    rf"\bwhat happens\b.*{_FREEZE}"
    rf"|\bwhat (?:exactly )?(?:does|is|would|will) (?:exactly )?(?:an? |the )?(?:protective |full )?{_FREEZE}"
    rf"|{_FREEZE}.*\b(?:mean|last|permanent|affect)\b"
    rf"|{_THEN}.*\b(?:can|could|will|would|does|is|are|what|how)\b"
    rf"|\b(?:can|could|will|would|do|does|is|are)\b(?! you\b).*{_THEN}"
    rf"|\b(?:does|will|would) (?:an? |the )?{_FREEZE}|\bhow (?:long|quick\w*|fast) (?:does|is|will|would)\b.*{_FREEZE}"
    rf"|{_FREEZE}了?(?:之后|以后|后|期间|的话|状态|时候)|{_FREEZE}(?:会|能管|是什么|是啥|有什么|有啥|跟|和|多久|多长)"
)


def speaks_of_freezing(text: str) -> bool:
    return _SPOKEN_OF.search(plain(text)) is not None


def asks_what_a_freeze_does(text: str) -> bool:
    return _EFFECTS.search(plain(text)) is not None


def says_not_to_freeze(text: str) -> bool:
    return says_not_to(text, _VERBS)
