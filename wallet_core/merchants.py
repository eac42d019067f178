"""Merchants by name: which of them do not take the wallet."""

from __future__ import annotations

import re
import unicodedata

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wallet_core.models import Merchant

# A name begins and ends where a word does; a Chinese character is a word of its own here.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_LOOKED_AT = 120  # characters of a sentence
_LONGEST_NAME = 16  # words


class MerchantView(BaseModel, frozen=True):
    name: str
    takes_wallet: bool


def comparable(name: str) -> str:
    """The name as it is compared: width, case and white space do not tell two names apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def takes_wallet(session: Session, *, name: str) -> bool:
    """False for a merchant that is known not to take the wallet; one we do not know is tried."""
    merchant = session.get(Merchant, comparable(name))
    return merchant is None or merchant.takes_wallet


def named_in(session: Session, *, text: str) -> MerchantView | None:
    """The merchant that a sentence names, of those we know; of several the longest name.

    Only the beginning of a long text is looked at, and the names in it are looked up by the table's key: what it costs
    does not grow with the number of merchants.
    """
    said = comparable(text[:_LOOKED_AT])
    words = list(_WORD.finditer(said))
    names = {
        said[first.start() : last.end()]
        for place, first in enumerate(words)
        for last in words[place : place + _LONGEST_NAME]
    }
    longest_first = select(Merchant).where(Merchant.key.in_(names)).order_by(func.length(Merchant.key).desc()).limit(1)
    found = session.scalars(longest_first).first()
    return None if found is None else MerchantView(name=found.name, takes_wallet=found.takes_wallet)


def register(session: Session, *, name: str, takes_wallet: bool) -> None:
    """Note whether a merchant takes the wallet; a later note replaces the earlier one."""
    session.merge(Merchant(key=comparable(name), name=name, takes_wallet=takes_wallet))
    session.flush()
