"""Messages that we owe customers outside the conversation: stored with what caused them, sent by the worker."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wallet_core.errors import InvalidNumber
from wallet_core.lost_contacts import is_lost
from wallet_core.models import (
    ContactKind,
    ContactPoint,
    Customer,
    Language,
    Notice,
    NoticeStatus,
)
from wallet_core.numbers import parse_number

MAX_ATTEMPTS = 5
LEASE = timedelta(minutes=2)
FIRST_PAUSE = timedelta(minutes=1)


class NoticeView(BaseModel, frozen=True):
    """A notice to be sent; `attempt` counts the claims and names this one."""

    id: int
    customer_id: str | None
    contact_kind: ContactKind
    destination: str
    name: str
    language: Language
    facts: dict[str, Any]
    created_at: datetime
    attempt: int


def store_notices(
    session: Session,
    *,
    customer_id: str,
    name: str,
    facts: dict[str, Any],
    now: datetime,
    besides: ContactKind | None = None,
) -> int:
    """Store a notice for each of the customer's contact points and give their number.

    Left out are a contact that was reported lost, for whoever holds it would read the notice, and the kind `besides`,
    over which the customer is being told already. `name` is the reply's in the domain files (`utter_notice_…`).
    """
    language = session.scalars(select(Customer.language).where(Customer.id == customer_id)).one()
    current = select(ContactPoint).where(
        ContactPoint.customer_id == customer_id,
        ContactPoint.ended_at.is_(None),
        ContactPoint.reported_lost_at.is_(None),
    )
    points = [point for point in session.scalars(current.order_by(ContactPoint.id)) if point.kind is not besides]
    for point in points:
        _store(
            session,
            customer_id=customer_id,
            contact_kind=point.kind,
            destination=point.value,
            name=name,
            language=language,
            facts=facts,
            now=now,
        )
    session.flush()
    return len(points)


def store_text(
    session: Session,
    *,
    customer_id: str | None,
    number: str,
    language: Language,
    name: str,
    facts: dict[str, Any],
    now: datetime,
) -> None:
    """Owe somebody a text to one number, in the language that they spoke; references only, for anybody may read it.

    Nothing is owed to a phone that its customer has reported lost.

    Args:
        customer_id: None for somebody unknown, to whose number we must have good reason to write.
    """
    if is_lost(session, customer_id=customer_id, value=number):
        return
    _store(
        session,
        customer_id=customer_id,
        contact_kind=ContactKind.PHONE,
        destination=number,
        name=name,
        language=language,
        facts=facts,
        now=now,
    )
    session.flush()


def store_at_contact(
    session: Session, *, contact: str, language: Language, name: str, facts: dict[str, Any], now: datetime
) -> bool:
    """Owe somebody a notice where they said that they can be reached: a text, or an e-mail; references only.

    False where it is neither an address nor a number that may be texted.
    """
    try:
        address = contact if "@" in contact else parse_number(contact)
    except InvalidNumber:
        return False
    _store(
        session,
        customer_id=None,
        contact_kind=ContactKind.EMAIL if "@" in contact else ContactKind.PHONE,
        destination=address,
        name=name,
        language=language,
        facts=facts,
        now=now,
    )
    session.flush()
    return True


def give_up_lost(session: Session, *, customer_id: str, destination: str) -> None:
    """Send nothing more of what is still owed there: whoever holds it by now would read it."""
    owed = update(Notice).where(
        Notice.customer_id == customer_id, Notice.destination == destination, Notice.status == NoticeStatus.STORED
    )
    session.execute(owed.values(status=NoticeStatus.FAILED))


def claim_due(
    session: Session, *, now: datetime, kinds: Collection[ContactKind] = tuple(ContactKind), limit: int = 20
) -> list[NoticeView]:
    """Take due notices of these kinds, oldest first, for two minutes; after that another worker may take them.

    No two workers hold the same notice at one time: rows that another one is just taking are passed over.
    """
    due = (
        select(Notice)
        .where(Notice.status == NoticeStatus.STORED, Notice.due_at <= now, Notice.contact_kind.in_(kinds))
        .order_by(Notice.due_at, Notice.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = list(session.scalars(due))
    for notice in taken:
        notice.attempts += 1
        notice.due_at = now + LEASE
    session.flush()
    return [_view(notice) for notice in taken]


def mark_sent(session: Session, *, notice_id: int, attempt: int, now: datetime) -> bool:
    """Note that a claimed notice went out; false if the claim had run out and another took it over."""
    notice = _claimed(session, notice_id, attempt)
    if notice is None:
        return False
    notice.status = NoticeStatus.SENT
    session.flush()
    return True


def mark_failed(
    session: Session,
    *,
    notice_id: int,
    attempt: int,
    now: datetime,
    final: bool = False,
) -> bool:
    """Note that a claimed notice did not go out: again after 1, 2, 4, 8 minutes, given up after the fifth time.

    `final` gives up at once, for a destination that cannot be reached at all.
    """
    notice = _claimed(session, notice_id, attempt)
    if notice is None:
        return False
    if final or notice.attempts >= MAX_ATTEMPTS:
        notice.status = NoticeStatus.FAILED
    else:
        notice.due_at = now + FIRST_PAUSE * 2 ** (notice.attempts - 1)
    session.flush()
    return True


def _claimed(session: Session, notice_id: int, attempt: int) -> Notice | None:
    wanted = select(Notice).where(
        Notice.id == notice_id,
        Notice.attempts == attempt,
        Notice.status == NoticeStatus.STORED,
    )
    return session.scalars(wanted.with_for_update()).one_or_none()


def _store(session: Session, *, now: datetime, **columns: Any) -> None:
    session.add(Notice(**columns, status=NoticeStatus.STORED, created_at=now, due_at=now, attempts=0))


def _view(notice: Notice) -> NoticeView:
    return NoticeView(
        id=notice.id,
        customer_id=notice.customer_id,
        contact_kind=notice.contact_kind,
        destination=notice.destination,
        name=notice.name,
        language=notice.language,
        facts=dict(notice.facts),
        created_at=notice.created_at,
        attempt=notice.attempts,
    )
