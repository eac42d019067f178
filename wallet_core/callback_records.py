"""What callbacks look like from outside, who may see them, and how they are found; the ground of the other modules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.authority import is_settled_contact
from wallet_core.errors import AgentOnly, NotFound, StorageUnavailable
from wallet_core.ids import new_id
from wallet_core.lost_contacts import lost
from wallet_core.models import (
    Assurance,
    Callback,
    CallbackAttempt,
    CallbackBlock,
    CallbackStatus,
    CallPurpose,
    ContactPoint,
    Language,
    Ticket,
    Transaction,
    TransactionStatus,
)
from wallet_core.numbers import mask
from wallet_core.policy import Action, Grant
from wallet_core.ports import Random
from wallet_core.references import ReferenceKind, new_reference, parse_reference
from wallet_core.ticket_records import is_agent

IS_CALLBACK = Callback.purpose == CallPurpose.CALLBACK
PENDING = (CallbackStatus.REQUESTED, CallbackStatus.CALLING, CallbackStatus.CONNECTED)
BLOCKED_FOR = timedelta(hours=24)

_REFERENCE_TRIES = 5


class CallbackView(BaseModel, frozen=True):
    """A callback as its requester or an agent sees it.

    To a requester below SIGNED_IN all but the window is None, so that a callback to somebody and one in an unknown name
    look the same. `phrase_given`: the call will say a phrase that the requester was shown. `due_at`: when it is to be
    called next; None where nobody will, or somebody does.
    """

    reference: str
    topic: str
    language: Language
    window_start: datetime
    window_end: datetime
    created_at: datetime
    status: CallbackStatus | None = None
    masked_number: str | None = None
    attempts_count: int | None = None
    outcome: str | None = None
    due_at: datetime | None = None
    ticket_reference: str | None = None
    phrase_given: bool | None = None


def is_known(grant: Grant) -> bool:
    """Whether we may tell the requester about themselves."""
    return is_agent(grant) or (grant.customer_id is not None and grant.assurance >= Assurance.SIGNED_IN)


def asked_by_known(callback: Callback) -> bool:
    """Whether its requester was signed in or proven: only they are given a phrase."""
    return callback.phrase is not None


def find_callback(session: Session, *, grant: Grant, reference: str, lock: bool = False) -> Callback:
    """The callback row, locked on wish, however the reference is written.

    Raises:
        NotFound: no such callback, or not one that the grant may see; the same answer for both.
        AgentOnly: to be changed by an auditor.
    """
    if lock and grant.reads_only:
        raise AgentOnly()
    known = parse_reference(reference)
    query = select(Callback).where(Callback.reference == known, visible_to(grant))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    callback = session.scalar(query) if known else None
    if callback is None:
        raise NotFound()
    return callback


def visible_to(grant: Grant) -> ColumnElement[bool]:
    """Which callbacks the holder of a grant may see: the customer's own, or below SIGNED_IN this conversation's.

    This conversation's are seen whatever name each was asked in: else what disappears tells which names exist.
    """
    grant.for_action(Action.VIEW, Action.OPEN_TICKET, Action.CALLBACK_ON_FILE, Action.CALLBACK_NEW_NUMBER)
    if is_agent(grant):
        theirs = true() if grant.customer_id is None else Callback.customer_id == grant.customer_id
    elif is_known(grant):
        theirs = Callback.customer_id == grant.customer_id
    else:
        theirs = false() if grant.conversation_id is None else Callback.conversation_id == grant.conversation_id
    return and_(IS_CALLBACK, theirs)


def was_asked_for(session: Session, *, request_key: str) -> bool:
    """Whether a callback was asked for with this key: then asking again gives its receipt once more."""
    return session.scalar(select(Callback.id).where(Callback.request_key == request_key)) is not None


def view_of(session: Session, callback: Callback, *, known: bool) -> CallbackView:
    plain = CallbackView(
        reference=callback.reference,
        topic=callback.topic,
        language=callback.language,
        window_start=callback.window_start,
        window_end=callback.window_end,
        created_at=callback.created_at,
    )
    if not known:
        return plain
    ticket = session.get(Ticket, callback.ticket_id) if callback.ticket_id is not None else None
    return plain.model_copy(
        update={
            "status": callback.status,
            "masked_number": mask(callback.number) if callback.number else None,
            "attempts_count": callback.attempts_count,
            "outcome": callback.outcome,
            "due_at": callback.due_at if callback.status is CallbackStatus.REQUESTED else None,
            "ticket_reference": ticket.reference if ticket else None,
            "phrase_given": callback.phrase is not None and callback.phrase_used_at is None,
        }
    )


def store(session: Session, *, random: Random, **facts: Any) -> Callback:
    """A new call that we owe, due from the beginning of its window, under a reference of its own.

    Raises:
        IntegrityError: the table refuses it: there is another one of its kind.
    """
    for _ in range(_REFERENCE_TRIES):
        callback = Callback(
            id=new_id(random),
            reference=new_reference(ReferenceKind.CALLBACK, random),
            status=CallbackStatus.REQUESTED,
            due_at=facts["window_start"],
            attempts_count=0,
            **facts,
        )
        try:
            with session.begin_nested():
                session.add(callback)
        except IntegrityError:
            taken = session.scalar(select(Callback.id).where(Callback.reference == callback.reference))
            if taken is None:
                raise
            continue
        return callback
    raise StorageUnavailable()


def close(callback: Callback, status: CallbackStatus, *, outcome: str, now: datetime) -> None:
    """Let nobody hold it any more; it is over."""
    callback.status = status
    callback.outcome = outcome
    callback.ended_at = now
    callback.holder = callback.held_until = None


def still_to_come(session: Session, callback: Callback) -> bool:
    """Whether it can be called off: asked for, or taken by a worker that has not begun to call."""
    if callback.status is not CallbackStatus.CALLING:
        return callback.status is CallbackStatus.REQUESTED
    begun = select(func.count()).where(CallbackAttempt.callback_id == callback.id, CallbackAttempt.ended_at.is_(None))
    return not session.scalar(begun)


def is_blocked(now: datetime) -> ColumnElement[bool]:
    """Which callbacks go to a number that key 9 keeps us from calling. What we ask by ourselves is not among them."""
    return and_(IS_CALLBACK, Callback.number.in_(select(CallbackBlock.number).where(CallbackBlock.until > now)))


def is_settled() -> ColumnElement[bool]:
    """Which calls would ask about a payment that waits for nobody any more."""
    waits = select(Transaction.id).where(
        Transaction.id == Callback.transaction_id, Transaction.status == TransactionStatus.HELD
    )
    return and_(Callback.purpose == CallPurpose.PAYMENT, ~waits.exists())


def is_unsafe(now: datetime) -> ColumnElement[bool]:
    """Which calls would ask for a confirmation where the number on file is no longer one of 72 hours, or is lost."""
    on_file = select(ContactPoint.id).where(
        ContactPoint.customer_id == Callback.customer_id,
        ContactPoint.value == Callback.number,
        is_settled_contact(now),
    )
    return and_(~IS_CALLBACK, ~on_file.exists())


def is_to_lost_phone() -> ColumnElement[bool]:
    """Which callbacks would ring at a phone that their customer has reported lost since."""
    return and_(IS_CALLBACK, lost(Callback.customer_id, Callback.number))


def must_not_ring(now: datetime) -> ColumnElement[bool]:
    """Which calls are not to be begun any more, whatever their window; the sweep ends them."""
    return or_(is_blocked(now), is_settled(), is_unsafe(now), is_to_lost_phone())


def blocked_until(session: Session, *, number: str, now: datetime) -> datetime | None:
    """Until when key 9 keeps us from calling this number; None where it does not."""
    return session.scalar(select(CallbackBlock.until).where(CallbackBlock.number == number, CallbackBlock.until > now))


def record(
    session: Session, callback: Callback, *, actor: str, action: str, reason: str, channel: str, now: datetime
) -> None:
    """Audit a change of the call in the chain of its customer, or of the conversation where nobody is known."""
    noun = "callback" if callback.purpose is CallPurpose.CALLBACK else "confirmation_call"
    audit.record(
        session,
        chain=callback.customer_id or callback.conversation_id or callback.reference,
        actor=actor,
        action=f"{noun}.{action}",
        subject=callback.reference,
        reason=reason,
        channel=channel,
        now=now,
    )


def channel_of(grant: Grant) -> str:
    return grant.channel or "desk"
