"""Who works on a callback now: due ones are claimed for a while, and nobody else holds them until that is over.

A worker that dies leaves its claim to run out; whoever takes the callback up then sees whether a call had been begun.

Names in `callbacks`; import them from there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session

from wallet_core.callback_records import find_callback, must_not_ring
from wallet_core.errors import NotFound, WrongState
from wallet_core.models import Callback, CallbackAttempt, CallbackStatus, CallPurpose, Language
from wallet_core.policy import Grant
from wallet_core.ticket_records import require_agent

LEASE = timedelta(minutes=2)


class AttemptView(BaseModel, frozen=True):
    """One try to call: `number` counts from 1. `call_sid` is None until the call's number at the provider is known."""

    id: str
    callback_id: str
    purpose: CallPurpose
    number: int
    destination: str
    language: Language
    has_phrase: bool
    holder: str
    call_sid: str | None
    started_at: datetime


class ClaimedCallback(BaseModel, frozen=True):
    """A callback in the hands of `holder` until `held_until`.

    `open_attempt` is a try whose holder was lost: it is not known whether it rang. Find out, then record its outcome;
    a new one cannot be started before.
    """

    id: str
    reference: str
    customer_id: str
    number: str
    language: Language
    topic: str
    priority: int
    window_end: datetime
    attempts_count: int
    holder: str
    held_until: datetime
    open_attempt: AttemptView | None


def claim_due(
    session: Session, *, holder: str, now: datetime, limit: int = 10, lease: timedelta = LEASE
) -> list[ClaimedCallback]:
    """Take what is due, those left behind by a lost holder first, then by due time and priority.

    Several holders may claim at once, and none gets what another has: rows that another one is just taking are passed
    over (PostgreSQL), or claims take turns (SQLite).
    """
    left_behind = (Callback.status == CallbackStatus.CALLING) & (Callback.held_until <= now)
    # Past its window a callback is not started any more, but one that was begun has to be brought to an end.
    may_ring = (Callback.window_end > now) & ~must_not_ring(now)
    worth_it = or_(may_ring, _open_attempt_exists())
    due = (Callback.status == CallbackStatus.REQUESTED) & (Callback.due_at <= now) & may_ring
    taken = list(session.scalars(_free(left_behind & worth_it, limit)))
    if len(taken) < limit:
        taken += session.scalars(_free(due, limit - len(taken)))
    return _hold(session, taken, holder=holder, until=now + lease)


def claim(
    session: Session, *, grant: Grant, reference: str, now: datetime, lease: timedelta = LEASE
) -> ClaimedCallback:
    """Take one callback ahead of its turn, for an agent who calls by themselves; the holder is the grant's actor.

    Raises:
        AgentOnly.
        NotFound: no such callback, or one that is never called.
        WrongState: somebody has it, or it is over.
    """
    require_agent(grant)
    callback = find_callback(session, grant=grant, reference=reference, lock=True)
    if callback.customer_id is None:
        raise NotFound()
    lost = callback.status is CallbackStatus.CALLING and callback.held_until is not None and callback.held_until <= now
    if callback.window_end <= now or not (lost or callback.status is CallbackStatus.REQUESTED):
        raise WrongState(state=callback.status, wanted=CallbackStatus.REQUESTED)
    return _hold(session, [callback], holder=grant.actor, until=now + lease)[0]


def renew_lease(
    session: Session, *, callback_id: str, holder: str, now: datetime, lease: timedelta = LEASE
) -> datetime:
    """Hold on to it, until `lease` from now; gives that moment.

    Raises:
        WrongState: `lease_lost`, the holder has it no more.
    """
    callback = held_callback(session, callback_id=callback_id, holder=holder, now=now)
    callback.held_until = now + lease
    session.flush()
    return callback.held_until


def release(session: Session, *, callback_id: str, holder: str, now: datetime) -> None:
    """Give it back uncalled, for a holder that stops.

    Raises:
        WrongState: `lease_lost`, or a call was begun (`attempt_open`).
    """
    callback = held_callback(session, callback_id=callback_id, holder=holder, now=now)
    if open_attempt(session, callback) is not None:
        raise WrongState(state="attempt_open", wanted="attempt_ended")
    callback.status = CallbackStatus.REQUESTED
    callback.holder = callback.held_until = None
    session.flush()


def held_callback(session: Session, *, callback_id: str, holder: str, now: datetime) -> Callback:
    """The callback, locked, if the holder has it at this moment.

    Raises:
        WrongState: `lease_lost`: the time ran out, whether or not another one has taken it up, or it is over.
    """
    callback = locked_callback(session, callback_id)
    holds = callback.holder == holder and callback.held_until is not None and callback.held_until > now
    if callback.status is not CallbackStatus.CALLING or not holds:
        raise WrongState(state="lease_lost", wanted="held")
    return callback


def locked_callback(session: Session, callback_id: str) -> Callback:
    """Raises: NotFound."""
    callback = session.scalar(
        select(Callback).where(Callback.id == callback_id).with_for_update().execution_options(populate_existing=True)
    )
    if callback is None:
        raise NotFound()
    return callback


def open_attempt(session: Session, callback: Callback) -> CallbackAttempt | None:
    return session.scalar(
        select(CallbackAttempt).where(CallbackAttempt.callback_id == callback.id, CallbackAttempt.ended_at.is_(None))
    )


def attempt_view(callback: Callback, attempt: CallbackAttempt) -> AttemptView:
    return AttemptView(
        id=attempt.id,
        callback_id=callback.id,
        purpose=callback.purpose,
        number=attempt.number,
        destination=callback.number or "",
        language=callback.language,
        has_phrase=callback.phrase is not None and callback.phrase_used_at is None,
        holder=attempt.holder,
        call_sid=attempt.call_sid,
        started_at=attempt.started_at,
    )


def _open_attempt_exists() -> ColumnElement[bool]:
    return (
        select(CallbackAttempt.id)
        .where(CallbackAttempt.callback_id == Callback.id, CallbackAttempt.ended_at.is_(None))
        .exists()
    )


def _free(condition: ColumnElement[bool], limit: int) -> Select[Callback]:
    return (
        select(Callback)
        .where(condition, Callback.customer_id.is_not(None))
        .order_by(Callback.due_at, Callback.priority, Callback.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Callback)
        .execution_options(populate_existing=True)
    )


def _hold(session: Session, taken: list[Callback], *, holder: str, until: datetime) -> list[ClaimedCallback]:
    """As many statements for ten as for one: a claim must not take longer the more there is to do."""
    if not taken:
        return []
    held = {"status": CallbackStatus.CALLING, "holder": holder, "held_until": until}
    session.execute(update(Callback).where(Callback.id.in_([callback.id for callback in taken])).values(held))
    begun = {attempt.callback_id: attempt for attempt in _open_attempts(session, taken)}
    return [_claimed(callback, begun.get(callback.id), holder=holder, until=until) for callback in taken]


def _open_attempts(session: Session, callbacks: list[Callback]) -> list[CallbackAttempt]:
    ids = [callback.id for callback in callbacks]
    return list(
        session.scalars(
            select(CallbackAttempt).where(CallbackAttempt.callback_id.in_(ids), CallbackAttempt.ended_at.is_(None))
        )
    )


def _claimed(callback: Callback, begun: CallbackAttempt | None, *, holder: str, until: datetime) -> ClaimedCallback:
    return ClaimedCallback(
        id=callback.id,
        reference=callback.reference,
        customer_id=callback.customer_id or "",
        number=callback.number or "",
        language=callback.language,
        topic=callback.topic,
        priority=callback.priority,
        window_end=callback.window_end,
        attempts_count=callback.attempts_count,
        holder=holder,
        held_until=until,
        open_attempt=attempt_view(callback, begun) if begun else None,
    )
