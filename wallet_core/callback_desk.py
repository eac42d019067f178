"""Callbacks that agents make by themselves: the list, claiming one, its phrase, what came of the call.

Number and phrase are for the agent who has claimed the callback, and for nobody else: whoever knows the phrase can make
a false call sound true. What a worker or another agent has, is not opened.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.callback_calls import finish_callback, record_outcome, start_attempt
from wallet_core.callback_claims import claim, open_attempt
from wallet_core.callback_endings import AttemptOutcome, CallOutcome
from wallet_core.callback_records import (
    PENDING,
    CallbackView,
    asked_by_known,
    find_callback,
    record,
    view_of,
    visible_to,
)
from wallet_core.errors import WrongState
from wallet_core.models import Callback, CallbackStatus
from wallet_core.policy import Grant
from wallet_core.ports import Random
from wallet_core.routing import Routing
from wallet_core.ticket_records import require_agent

# How long an agent may take for one before somebody else gets it.
CLAIMED_FOR = timedelta(minutes=30)


class Outcome(StrEnum):
    """What came of an agent's call."""

    TALKED = "talked"
    LATER = "later"  # not now
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"  # voicemail: told nothing
    UNREACHABLE = "unreachable"  # or not called after all
    NOT_REQUESTED = "not_requested"  # it was not them who asked


class DeskCallback(BaseModel, frozen=True):
    """A callback as an agent sees it. `number`, `phrase`, the requester's words `about` and the conversation in which
    it was asked for are there for who has claimed it only.

    `asked_by_known`: it was the customer who asked. Else it may have been anybody who named their wallet.
    """

    callback: CallbackView
    customer_id: str | None
    due_at: datetime
    priority: int
    holder: str | None
    held_until: datetime | None
    mine: bool
    number: str | None = None
    phrase: str | None = None
    about: str | None = None
    conversation_id: str | None = None
    asked_by_known: bool = False


def to_make(session: Session, *, grant: Grant, now: datetime, limit: int = 100) -> list[DeskCallback]:
    """The callbacks that are still to come or under way, by when they are due."""
    query = (
        select(Callback)
        .where(visible_to(grant), Callback.status.in_(PENDING), Callback.customer_id.is_not(None))
        .order_by(Callback.due_at, Callback.priority, Callback.id)
        .limit(limit)
    )
    return [_view(session, callback, grant, now) for callback in session.scalars(query)]


def open_for(session: Session, *, grant: Grant, reference: str, now: datetime) -> DeskCallback:
    """One of them, as this agent may see it.

    Raises:
        NotFound.
        WrongState: `held_by_another`, somebody else has claimed it.
    """
    callback = find_callback(session, grant=grant, reference=reference)
    _refuse_others(callback, grant, now)
    return _view(session, callback, grant, now)


def claim_to_call(
    session: Session, *, grant: Grant, reference: str, sender: str, now: datetime, random: Random
) -> DeskCallback:
    """Take it, to call by oneself now: the call stands in our log, and number and phrase are told, from here on.

    Args:
        sender: our number that the customer is to hear of, who asks whether it was us that called.

    Raises:
        AgentOnly, NotFound.
        WrongState: somebody has it, or it is over.
        LimitReached: `callback_blocked`, its person wants no calls.
    """
    callback = find_callback(session, grant=grant, reference=reference, lock=True)
    if not _is_mine(callback, grant, now):
        _refuse_others(callback, grant, now)
        claim(session, grant=grant, reference=reference, now=now, lease=CLAIMED_FOR)
        session.refresh(callback)
        if open_attempt(session, callback) is None:  # else one that a lost holder began: it is ended with this one
            start_attempt(session, callback_id=callback.id, holder=grant.actor, now=now, random=random, sender=sender)
        record(session, callback, actor=grant.actor, action="claimed", reason="", channel="desk", now=now)
    return _view(session, callback, grant, now)


def record_call(
    session: Session,
    *,
    grant: Grant,
    reference: str,
    outcome: Outcome,
    routing: Routing,
    now: datetime,
    random: Random,
) -> CallbackView:
    """Write down what came of the agent's call, and what follows from it.

    Raises:
        AgentOnly, NotFound.
        WrongState: `lease_lost`, the agent has it no more.
    """
    require_agent(grant)
    callback = find_callback(session, grant=grant, reference=reference, lock=True)
    begun = open_attempt(session, callback)
    if begun is None:
        raise WrongState(state="lease_lost", wanted="held")
    talked = outcome is Outcome.TALKED
    view = record_outcome(
        session,
        attempt_id=begun.id,
        outcome=AttemptOutcome.CONNECTED if talked else AttemptOutcome(outcome),
        routing=routing,
        now=now,
        random=random,
        holder=grant.actor,
    )
    record(session, callback, actor=grant.actor, action="called", reason=outcome, channel="desk", now=now)
    if not talked:
        return view
    return finish_callback(
        session,
        callback_id=callback.id,
        outcome=CallOutcome.TALKED,
        actor=grant.actor,
        routing=routing,
        now=now,
        random=random,
    )


def _is_mine(callback: Callback, grant: Grant, now: datetime) -> bool:
    return _is_held(callback, now) and callback.holder == grant.actor


def _is_held(callback: Callback, now: datetime) -> bool:
    return callback.status is CallbackStatus.CALLING and callback.held_until is not None and callback.held_until > now


def _refuse_others(callback: Callback, grant: Grant, now: datetime) -> None:
    if _is_held(callback, now) and callback.holder != grant.actor:
        raise WrongState(state="held_by_another", wanted="free")


def _view(session: Session, callback: Callback, grant: Grant, now: datetime) -> DeskCallback:
    mine, held = _is_mine(callback, grant, now), _is_held(callback, now)
    return DeskCallback(
        callback=view_of(session, callback, known=True),
        customer_id=callback.customer_id,
        due_at=callback.due_at,
        priority=callback.priority,
        holder=callback.holder if held else None,
        held_until=callback.held_until if held else None,
        mine=mine,
        number=callback.number if mine else None,
        phrase=callback.phrase if mine and callback.phrase_used_at is None else None,
        about=callback.about if mine else None,
        conversation_id=callback.conversation_id if mine else None,
        asked_by_known=asked_by_known(callback),
    )
