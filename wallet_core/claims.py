"""Whose wallet it is, as somebody says who is not signed in: a claim, which shows nothing and proves nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.authority import claim
from wallet_core.customers import find_by_phone
from wallet_core.models import Account


def claim_by_name(session: Session, *, conversation_id: str, name: str, now: datetime) -> None:
    """Note whom the person says they are, by a phone number with its country or by a wallet's id.

    Nothing tells whether there is such a customer: an unknown name is a claim of nobody, and all that follows looks the
    same.

    Raises:
        NotFound, ConversationEnded, WrongState: see `authority.claim`.
    """
    # Both are looked for, so that a number takes as long as an id.
    by_phone = find_by_phone(session, number=name)
    by_id = session.scalars(select(Account.customer_id).where(Account.id == name.strip().upper())).one_or_none()
    customer_id = by_phone.id if by_phone is not None else by_id
    claim(session, conversation_id=conversation_id, customer_id=customer_id, now=now)
