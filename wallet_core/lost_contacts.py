"""Phones and mailboxes that their owners no longer hold: nothing that is for the owner goes there.

Codes, and calls that ask for a key, need more than that: see `authority.settled_contacts`.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from wallet_core.models import ContactPoint


def lost(
    customer_id: str | InstrumentedAttribute[str | None], value: str | InstrumentedAttribute[str | None]
) -> ColumnElement[bool]:
    """Whether the customer reported it lost, and has not held it again since; for a query, of which both may be columns.

    It stays lost after another number or address took its place.
    """
    theirs = select(ContactPoint.id).where(ContactPoint.customer_id == customer_id, ContactPoint.value == value)
    in_hand = theirs.where(ContactPoint.ended_at.is_(None), ContactPoint.reported_lost_at.is_(None))
    return and_(theirs.where(ContactPoint.reported_lost_at.is_not(None)).exists(), ~in_hand.exists())


def is_lost(session: Session, *, customer_id: str | None, value: str) -> bool:
    """Whether the customer has reported this number or address of theirs lost."""
    return customer_id is not None and bool(session.scalar(select(lost(customer_id, value))))
