"""Merchants by name: which of them do not take the wallet."""

from __future__ import annotations

import unicodedata

from sqlalchemy.orm import Session

from wallet_core.models import Merchant


def comparable(name: str) -> str:
    """The name as it is compared: width, case and white space do not tell two names apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def takes_wallet(session: Session, *, name: str) -> bool:
    """False for a merchant that is known not to take the wallet; one we do not know is tried."""
    merchant = session.get(Merchant, comparable(name))
    return merchant is None or merchant.takes_wallet


def register(session: Session, *, name: str, takes_wallet: bool) -> None:
    """Note whether a merchant takes the wallet; a later note replaces the earlier one."""
    session.merge(Merchant(key=comparable(name), name=name, takes_wallet=takes_wallet))
    session.flush()
