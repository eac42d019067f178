"""Finding a customer or a matter from what an agent has in hand; every search is written down."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.callback_records import IS_CALLBACK
from wallet_core.customers import mask, standard_number
from wallet_core.models import (
    Account,
    Callback,
    ContactKind,
    ContactPoint,
    Conversation,
    Customer,
    Freeze,
    Ticket,
)
from wallet_core.policy import Action, Grant
from wallet_core.references import parse_reference

MOST = 20
_FEWEST_DIGITS = 4


class Found(StrEnum):
    """What was found."""

    CUSTOMER = "customer"
    TICKET = "ticket"
    CALLBACK = "callback"
    CONVERSATION = "conversation"


class Hit(BaseModel, frozen=True):
    """`key` is a reference or an id; `name` and `masked_phone` are the customer's, where there is one."""

    kind: Found
    key: str
    customer_id: str | None
    name: str | None
    masked_phone: str | None


def search(session: Session, *, grant: Grant, text: str, now: datetime) -> list[Hit]:
    """What fits a reference, a customer's id, name or address, the end of a phone number (from four digits on), or a
    conversation's id; at most twenty."""
    grant.for_action(Action.VIEW)
    wanted = text.strip()
    kind, hits = _find(session, wanted) if wanted else ("empty", [])
    audit.record(
        session,
        chain=grant.actor,
        actor=grant.actor,
        action="desk_searched",
        subject=kind,
        reason=f"found_{len(hits)}",
        channel="desk",
        now=now,
    )
    return hits


def _find(session: Session, wanted: str) -> tuple[str, list[Hit]]:
    reference = parse_reference(wanted)
    if reference is not None:
        return "reference", _by_reference(session, reference)
    digits = re.sub(r"\D", "", wanted)
    if re.fullmatch(r"[+()\d\s.-]+", wanted) and len(digits) >= _FEWEST_DIGITS:
        number = standard_number(wanted)
        fits = ContactPoint.value == number if number else ContactPoint.value.endswith(digits, autoescape=True)
        return "phone", _customers(session, ContactPoint.kind == ContactKind.PHONE, fits)
    if "@" in wanted:
        return "email", _customers(session, ContactPoint.value == wanted.lower())
    by_id = _customers(session, Customer.id == wanted.upper())
    if by_id:
        return "customer", by_id
    conversation = session.get(Conversation, wanted.lower())
    if conversation is not None:
        hit = Hit(
            kind=Found.CONVERSATION,
            key=conversation.id,
            customer_id=conversation.customer_id,
            name=None,
            masked_phone=None,
        )
        return "conversation", [hit]
    return "name", _customers(session, func.lower(Customer.name) == wanted.lower())


def _by_reference(session: Session, reference: str) -> list[Hit]:
    ticket = session.scalar(select(Ticket).where(Ticket.reference == reference))
    if ticket is not None:
        return [_hit(session, Found.TICKET, ticket.reference, ticket.customer_id)]
    callback = session.scalar(select(Callback).where(IS_CALLBACK, Callback.reference == reference))
    if callback is not None:
        return [_hit(session, Found.CALLBACK, callback.reference, callback.customer_id)]
    owner = session.scalar(
        select(Account.customer_id).join(Freeze, Freeze.account_id == Account.id).where(Freeze.reference == reference)
    )
    return [] if owner is None else [_hit(session, Found.CUSTOMER, owner, owner)]


def _customers(session: Session, *conditions: ColumnElement[bool]) -> list[Hit]:
    ids = session.scalars(
        select(Customer.id)
        .distinct()
        .join(ContactPoint, (ContactPoint.customer_id == Customer.id) & ContactPoint.ended_at.is_(None), isouter=True)
        .where(*conditions)
        .order_by(Customer.id)
        .limit(MOST)
    )
    return [_hit(session, Found.CUSTOMER, id_, id_) for id_ in ids.all()]


def _hit(session: Session, kind: Found, key: str, customer_id: str | None) -> Hit:
    name = session.scalar(select(Customer.name).where(Customer.id == customer_id))
    phone = session.scalar(
        select(ContactPoint.value).where(
            ContactPoint.customer_id == customer_id,
            ContactPoint.kind == ContactKind.PHONE,
            ContactPoint.ended_at.is_(None),
        )
    )
    masked = mask(ContactKind.PHONE, phone) if phone else None
    return Hit(kind=kind, key=key, customer_id=customer_id, name=name, masked_phone=masked)
