"""Which price a text asks for: of paying, of sending or of taking out money abroad; or whether it is about one already charged."""

from __future__ import annotations

import re

from actions.facts.reading import plain
from wallet_core.fees import FeeKind

_CASH = re.compile(
    r"\bwithdr[ae]w(?:al|als|n|ing)?\b|\bcash\b|\batms?\b|\b(?:take|taking|took|get|getting|pull|pulling)\b.{0,12}\bout\b"
    r"|取现|取款|取钱|提现|提款|提领|取(?=[\d一二两三四五六七八九十百千万])|柜员机|提款机|现金"
)
_SENDING = re.compile(
    r"\bsend(?:s|ing)?\b|\btransfer(?:s|red|ring)?\b|\bremit\w*\b|\bwir(?:e|ed|ing)\b|\bmoney order\b"
    r"|汇(?!率)|转(?!换|成|为)|打(?:钱|款|给|到|回)|寄"
)
_CHARGED = re.compile(
    r"\bwhy\b|\bhow come\b|\btook\b|\bcharged (?:me|us|extra)\b|\b(?:was|been|got|were) (?:charged|billed)\b|\bi (?:see|saw|paid)\b"
    r"|\bwhat(?:'s| is| was) (?:this|that)\b|\bexplain\b|\bon my (?:bill|statement|receipt)\b"
    r"|为什么|为啥|点解|怎么(?:会|还|又|被|多)|凭什么|扣了|收了我|被(?:扣|收)|多(?:收|扣)|这笔|那笔|账单上"
)


def fee_kind_in(text: str) -> FeeKind:
    """What is to be done abroad; paying, where nothing else is named."""
    said = plain(text)
    if _CASH.search(said):
        return FeeKind.WITHDRAWAL_ABROAD
    return FeeKind.TRANSFER_ABROAD if _SENDING.search(said) else FeeKind.PAYMENT_ABROAD


def is_about_a_charge(text: str) -> bool:
    """Whether the fee was taken already, so that the amount that is named is no wish to know a price."""
    return _CHARGED.search(plain(text)) is not None
