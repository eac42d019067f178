"""Whether a text says that a phone is gone, beside whatever else it asks for ("my phone was stolen, freeze my wallet")."""

from __future__ import annotations

import re

from actions.facts.reading import plain

_PHONE = r"(?:(?:tele|smart|hand|i)?phone|mobile|handset|cell)\b"
_GONE = r"(?:stolen|lost|gone|missing|nicked|snatched|grabbed|taken|robbed|mislaid|misplaced|swiped)\b"
_TAKES = r"(?:stole|stolen|lost|nicked|snatched|grabbed|took|mislaid|misplaced|swiped)\b"
_THEIR = r"(?: (?:my|me|the|our|a|an|his|her|both|of))*"
_PHONE_IS_GONE = re.compile(
    rf"\b{_TAKES}{_THEIR} {_PHONE}"
    rf"|\b{_PHONE}(?:\W+\w+){{0,3}}?\W+{_GONE}"
    rf"|\b(?:someone|somebody|thief|he|she|they)(?: still)? (?:has|have|got)(?: got)?{_THEIR} {_PHONE}"
    rf"|\b(?:{_GONE}|took\b)(?:\W+\w+){{0,3}}? with{_THEIR} {_PHONE}"
    r"|(?:手机|手提电话)(?!里|上|号|钱包|银行|支付).{0,8}?(?:丢|偷|抢|不见|没了|遗失|被扒|被摸|摸走|顺走|拿走)"
    r"|(?:丢|偷|抢|拿走|摸走|顺走)了?(?:我的?|他的?|她的?)?(?:手机|手提电话)(?!里|上|号|钱包|银行|支付)"
)


def says_phone_is_gone(text: str) -> bool:
    return _PHONE_IS_GONE.search(plain(text)) is not None
