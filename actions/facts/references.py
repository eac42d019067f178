"""References as customers write them: tickets, freezes, callbacks, transactions, the last digits of a card."""

from __future__ import annotations

import re

from actions.customer_words import reference_in
from actions.facts.reading import legible, plain

__all__ = ["card_end_in", "reference_in", "transaction_id_in"]

_TRANSACTION = re.compile(r"(?<![0-9A-Z])TX[0-9A-HJKMNP-Z]{8,20}(?![0-9A-Z])")
_CARD_END = re.compile(
    r"(?:尾号|尾数|末四位|后四位|最后四位|最后4位|后4位|末4位)\s?(?:是|为|:)?\s?(?P<zh>\d{4})(?!\d)"
    r"|(?P<before>\d{4})\s?(?:尾号|结尾|收尾)"
    r"|\b(?:ending|ends|finishing)\s(?:in\s|with\s|on\s)?(?P<en>\d{4})\b"
    r"|\blast (?:four|4)(?: digits)?(?: are| is|:)?\s(?P<four>\d{4})\b"
    r"|[•*x]{2,}[\s-]?(?P<masked>\d{4})(?!\d)",
    re.IGNORECASE,
)


def transaction_id_in(text: str) -> str | None:
    """What is written like a transaction's id; the core says whether there is one, and whose it is."""
    found = _TRANSACTION.search(legible(text).upper())
    return found.group() if found else None


def card_end_in(text: str) -> str | None:
    """The last four digits of a card: 尾号1234, ending in 1234, •••• 1234."""
    found = _CARD_END.search(plain(text))
    return next((digits for digits in found.groups() if digits), None) if found else None
