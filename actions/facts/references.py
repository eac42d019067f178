"""References as customers write them: tickets, freezes, callbacks, transactions."""

from __future__ import annotations

import re

from actions.customer_words import reference_in
from actions.facts.reading import legible

__all__ = ["reference_in", "transaction_id_in"]

_TRANSACTION = re.compile(r"(?<![0-9A-Z])TX[0-9A-HJKMNP-Z]{8,20}(?![0-9A-Z])")


def transaction_id_in(text: str) -> str | None:
    """What is written like a transaction's id; the core says whether there is one, and whose it is."""
    found = _TRANSACTION.search(legible(text).upper())
    return found.group() if found else None
