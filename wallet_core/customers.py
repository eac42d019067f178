"""Customers, and how to reach them. Changing a phone number or an address adds a contact point and ends the old one."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wallet_core import audit, notices, numbers
from wallet_core.errors import InvalidNumber, NotFound, WrongState
from wallet_core.keyed import keyed_hash
from wallet_core.models import ContactKind, ContactPoint, Conversation, Customer, Language
from wallet_core.policy import Action, Grant
from wallet_core.times import is_zone

_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
_LONGEST_ADDRESS = 254
_HIDDEN = "•"


class ContactChange(StrEnum):
    """Why a contact is changed."""

    REPLACED = "replaced"
    LOST = "lost"
    WRONG = "wrong"  # what was on file never was theirs
    FOUND = "found"  # it was reported lost, and they hold it again


class CustomerView(BaseModel, frozen=True):
    id: str
    name: str
    language: Language
    time_zone: str
    country: str
    identity_verified: bool


class ContactPointView(BaseModel, frozen=True):
    """`value` is for reaching the customer, `masked` for showing; `since` is when it came on file."""

    id: int
    kind: ContactKind
    value: str
    masked: str
    since: datetime
    reported_lost: bool


def get_customer(session: Session, *, customer_id: str) -> CustomerView:
    """The customer.

    Raises:
        NotFound: no such customer.
    """
    return _view(_load(session, customer_id))


def find_by_phone(session: Session, *, number: str) -> CustomerView | None:
    """The customer with this number on file now, as caller ID claims it; None also where two customers share it."""
    standard = standard_number(number)
    if standard is None:
        return None
    found = session.scalars(
        select(Customer)
        .join(ContactPoint, ContactPoint.customer_id == Customer.id)
        .where(ContactPoint.value == standard, ContactPoint.kind == ContactKind.PHONE, ContactPoint.ended_at.is_(None))
        .limit(2)
    ).all()
    return _view(found[0]) if len(found) == 1 else None


def contact_points(session: Session, *, customer_id: str) -> list[ContactPointView]:
    """What is on file now, phone first. An unknown customer has none."""
    rows = session.scalars(
        select(ContactPoint)
        .where(ContactPoint.customer_id == customer_id, ContactPoint.ended_at.is_(None))
        .order_by(ContactPoint.kind.desc(), ContactPoint.id)
    )
    return [
        ContactPointView(
            id=row.id,
            kind=row.kind,
            value=row.value,
            masked=mask(row.kind, row.value),
            since=row.since,
            reported_lost=row.reported_lost_at is not None,
        )
        for row in rows
    ]


def report_lost(session: Session, *, grant: Grant, kind: ContactKind, now: datetime) -> bool:
    """Note that the customer no longer has the phone (or mailbox) on file: nothing goes there any more, codes least of all.

    It takes a signed-in customer or an agent; an owner fact will not do. It only takes away from what that phone can do,
    but who lifts a protective freeze needs a code, and a stranger who knows a birth date could keep the owner from
    getting one. What is still owed there is given up, no other conversation counts as proven by a code any more, and the
    customer is told on what else is on file.

    Returns whether anything changed: it is False where that was known already or nothing is on file.
    """
    grant.for_action(Action.REPORT_LOST)
    customer = _load(session, grant.customer_id)
    if all(point.kind is not kind or point.reported_lost for point in contact_points(session, customer_id=customer.id)):
        return False
    _unprove_others(session, customer.id, grant.conversation_id, now)  # first, as whoever is proven locks theirs first
    _load(session, customer.id, lock=True)
    contact = _current(session, customer.id, kind)
    if contact is None or contact.reported_lost_at is not None:
        return False
    contact.reported_lost_at = now
    _record(session, grant, "contact_reported_lost", contact, str(kind), now)
    notices.give_up_lost(session, customer_id=customer.id, destination=contact.value)
    told = {"masked": mask(kind, contact.value)}
    notices.store_notices(session, customer_id=customer.id, name="utter_notice_contact_lost", facts=told, now=now)
    return True


def change_contact(
    session: Session,
    *,
    grant: Grant,
    kind: ContactKind,
    value: str,
    now: datetime,
    reason: ContactChange = ContactChange.REPLACED,
) -> ContactPointView:
    """Put a new number or address on file in place of the current one. The same one again changes nothing.

    The new one counts as settled only after its waiting time, so `since` starts at `now`. The customer is told on what
    was on file until now, so that whoever had it changed in their name does not go unnoticed.

    Raises:
        InvalidNumber: not a phone number that can exist, or not an address.
        NotFound: no such customer.
    """
    grant.for_action(Action.CHANGE_PHONE)
    customer = _load(session, grant.customer_id, lock=True)
    standard = numbers.parse_number(value) if kind is ContactKind.PHONE else _standard_address(value)
    current = _current(session, customer.id, kind)
    if current is None or current.value != standard or current.reported_lost_at is not None:
        told = {"kind": str(kind)}
        notices.store_notices(
            session, customer_id=customer.id, name="utter_notice_contact_changed", facts=told, now=now
        )
        if current is not None:
            current.ended_at = now
            if reason is ContactChange.LOST and current.reported_lost_at is None:
                current.reported_lost_at = now  # what was promised to that number before is not done any more
            session.flush()  # one current contact of a kind: the old one ends before the new one begins
        current = ContactPoint(
            customer_id=customer.id, kind=kind, value=standard, since=now, ended_at=None, reported_lost_at=None
        )
        session.add(current)
        session.flush()
        _record(session, grant, "contact_changed", current, f"{kind}:{reason}", now)
    return next(view for view in contact_points(session, customer_id=customer.id) if view.kind is kind)


def take_back_lost(session: Session, *, grant: Grant, kind: ContactKind, now: datetime) -> ContactPointView:
    """The customer holds again what was reported lost. That is a change of contact: the waiting time begins anew.

    Raises:
        NotFound: no such customer.
        WrongState: `not_lost`, nothing of the kind is reported lost.
    """
    grant.for_action(Action.CHANGE_PHONE)
    current = _current(session, grant.customer_id or "", kind)
    if current is None or current.reported_lost_at is None:
        raise WrongState(state="not_lost", wanted="lost")
    return change_contact(session, grant=grant, kind=kind, value=current.value, now=now, reason=ContactChange.FOUND)


def set_language(session: Session, *, customer_id: str, language: Language) -> None:
    """Remember the language the customer was last answered in.

    Raises:
        NotFound: no such customer.
    """
    _load(session, customer_id).language = language
    session.flush()


def standard_number(text: str) -> str | None:
    """The number in E.164, or None where it is not one that we may call. It must carry its country (`+` or `00`)."""
    try:
        return numbers.parse_number(text)
    except InvalidNumber:
        return None


def mask(kind: ContactKind, value: str) -> str:
    """Enough for the owner to recognise it, too little for anybody else to use."""
    if kind is ContactKind.PHONE:
        return numbers.mask(value)
    name, _, domain = value.partition("@")
    return f"{name[:1]}{_HIDDEN * 3}@{domain}"


def owner_fact_hash(*, secret_key: str, customer_id: str, fact: str, value: str) -> str:
    """What is stored of an owner fact. `fact` is "birth_date" (8 digits) or "document_tail" (four, `*` for X).

    The customer's id is hashed with it: equal birth dates must not look equal.
    """
    return keyed_hash(secret_key, "owner_fact", customer_id, fact, value.strip().upper().replace("X", "*"))


def _standard_address(text: str) -> str:
    address = text.strip().lower()
    if len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise InvalidNumber(reason="not_an_address")
    return address


def _load(session: Session, customer_id: str | None, *, lock: bool = False) -> Customer:
    query = select(Customer).where(Customer.id == customer_id)
    customer = session.scalar(query.with_for_update() if lock else query)
    if customer is None:
        raise NotFound()
    return customer


def _current(session: Session, customer_id: str, kind: ContactKind) -> ContactPoint | None:
    return session.scalar(
        select(ContactPoint)
        .where(ContactPoint.customer_id == customer_id, ContactPoint.kind == kind, ContactPoint.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _unprove_others(session: Session, customer_id: str, conversation_id: str | None, now: datetime) -> None:
    """The code that proved them may have been read on what is lost."""
    others = update(Conversation).where(
        Conversation.customer_id == customer_id,
        Conversation.id != (conversation_id or ""),
        Conversation.proven_until > now,
    )
    session.execute(others.values(proven_until=None))


def _record(session: Session, grant: Grant, action: str, contact: ContactPoint, reason: str, now: datetime) -> None:
    session.flush()
    audit.record(
        session,
        chain=contact.customer_id,
        actor=grant.actor,
        action=action,
        subject=f"contact:{contact.id}",
        reason=reason,
        channel=grant.channel or "desk",
        now=now,
    )


def _view(customer: Customer) -> CustomerView:
    view = CustomerView.model_validate(customer, from_attributes=True)
    # Whoever made the record may have written anything; a wrong zone must not keep the customer from being answered.
    return view if is_zone(view.time_zone) else view.model_copy(update={"time_zone": "UTC"})
