"""Callbacks that agents make by themselves: the list, claiming one, its phrase, what came of the call.

    claimed → begun → what came of it       the call stands in our log from "begun" on, and counts as a try
    claimed → given back                    uncalled, for whoever is next

Number and phrase are for the agent who has begun the call, and for nobody else: whoever knows the phrase can make a false
call sound true. What a worker or another agent has, is not opened.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from wallet_core.callback_calls import finish_callback, next_try, record_outcome, start_attempt
from wallet_core.callback_claims import claim, open_attempt, release, renew_lease
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
from wallet_core.callback_sweep import LONGEST_CALL
from wallet_core.errors import WrongState
from wallet_core.models import Callback, CallbackAttempt, CallbackStatus, Conversation
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
    """A callback as an agent sees it. `number` and `phrase` are there for who has claimed it and begun to call only; the
    requester's words `about` and the conversation in which it was asked for, for who has claimed it.

    `last_try`: whoever says "not now" in this call is not called again, and has to be told. `asked_by_known`: it was the
    customer who asked. Else it may have been anybody who named their wallet.
    """

    callback: CallbackView
    customer_id: str | None
    due_at: datetime
    priority: int
    holder: str | None
    held_until: datetime | None
    mine: bool
    begun: bool = False
    last_try: bool = False
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


def claim_to_call(session: Session, *, grant: Grant, reference: str, now: datetime) -> DeskCallback:
    """Take it, to call by oneself: nobody else does for half an hour, and what a lost holder began is ended by oneself.

    Raises:
        AgentOnly, NotFound.
        WrongState: somebody has it, or it is over.
    """
    callback = find_callback(session, grant=grant, reference=reference, lock=True)
    if not _is_mine(callback, grant, now):
        _refuse_others(callback, grant, now)
        claim(session, grant=grant, reference=reference, now=now, lease=CLAIMED_FOR)
        session.refresh(callback)
        record(session, callback, actor=grant.actor, action="claimed", reason="", channel="desk", now=now)
    return _view(session, callback, grant, now)


def begin_call(
    session: Session, *, grant: Grant, reference: str, sender: str, now: datetime, random: Random
) -> DeskCallback:
    """Call now what one has claimed: the call stands in our log, and number and phrase are told, from here on.

    Args:
        sender: our number that the customer is to hear of, who asks whether it was us that called.

    Raises:
        AgentOnly, NotFound.
        WrongState: `lease_lost`, the agent has it no more; or its time is over.
        LimitReached: `callback_blocked`, its person wants no calls.
    """
    require_agent(grant)
    callback = find_callback(session, grant=grant, reference=reference, lock=True)
    renew_lease(session, callback_id=callback.id, holder=grant.actor, now=now, lease=CLAIMED_FOR)
    if open_attempt(session, callback) is None:
        start_attempt(session, callback_id=callback.id, holder=grant.actor, now=now, random=random, sender=sender)
        record(session, callback, actor=grant.actor, action="begun", reason="", channel="desk", now=now)
    return _view(session, callback, grant, now)


def give_back(session: Session, *, grant: Grant, reference: str, now: datetime) -> None:
    """Leave what one has claimed, and not begun to call, to whoever is next; it costs none of its tries.

    Raises:
        AgentOnly, NotFound.
        WrongState: `lease_lost`, the agent has it no more; `attempt_open`, the call was begun: tell what came of it.
    """
    require_agent(grant)
    callback = find_callback(session, grant=grant, reference=reference, lock=True)
    release(session, callback_id=callback.id, holder=grant.actor, now=now)
    record(session, callback, actor=grant.actor, action="given_back", reason="", channel="desk", now=now)


def keep_calls(session: Session, *, grant: Grant, now: datetime) -> int:
    """The agent is at the desk: what they have begun to call stays theirs, as long as any call lasts; gives how many.

    What they have only claimed is not kept: a customer who waits must not wait for a claim that was forgotten.
    """
    talking = select(Callback.id).where(
        Callback.status == CallbackStatus.CALLING,
        Callback.holder == grant.actor,
        select(CallbackAttempt.id)
        .where(
            CallbackAttempt.callback_id == Callback.id,
            CallbackAttempt.ended_at.is_(None),
            CallbackAttempt.started_at > now - LONGEST_CALL,
        )
        .exists(),
    )
    kept = 0
    for callback_id in session.scalars(talking.order_by(Callback.id)).all():
        with suppress(WrongState):  # ended, or run out, at this very moment
            renew_lease(session, callback_id=callback_id, holder=grant.actor, now=now, lease=CLAIMED_FOR)
            kept += 1
    return kept


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


def phrases_told(session: Session, *, conversation_id: str) -> list[str]:
    """The phrases that may stand in what was said there, of which an agent who reads it must learn none."""
    customer_id = select(Conversation.customer_id).where(Conversation.id == conversation_id).scalar_subquery()
    elsewhere = and_(Callback.customer_id == customer_id, Callback.status.in_(PENDING))
    told = select(Callback.phrase).where(
        Callback.phrase.is_not(None), or_(Callback.conversation_id == conversation_id, elsewhere)
    )
    return [phrase for phrase in session.scalars(told) if phrase is not None]


def _is_mine(callback: Callback, grant: Grant, now: datetime) -> bool:
    return _is_held(callback, now) and callback.holder == grant.actor


def _is_held(callback: Callback, now: datetime) -> bool:
    return callback.status is CallbackStatus.CALLING and callback.held_until is not None and callback.held_until > now


def _refuse_others(callback: Callback, grant: Grant, now: datetime) -> None:
    if _is_held(callback, now) and callback.holder != grant.actor:
        raise WrongState(state="held_by_another", wanted="free")


def _view(session: Session, callback: Callback, grant: Grant, now: datetime) -> DeskCallback:
    mine, held = _is_mine(callback, grant, now), _is_held(callback, now)
    begun = mine and open_attempt(session, callback) is not None
    return DeskCallback(
        callback=view_of(session, callback, known=True),
        customer_id=callback.customer_id,
        due_at=callback.due_at,
        priority=callback.priority,
        holder=callback.holder if held else None,
        held_until=callback.held_until if held else None,
        mine=mine,
        begun=begun,
        last_try=begun and next_try(callback, AttemptOutcome.LATER, now=now) is None,
        number=callback.number if begun else None,
        phrase=callback.phrase if begun and callback.phrase_used_at is None else None,
        about=callback.about if mine else None,
        conversation_id=callback.conversation_id if mine else None,
        asked_by_known=asked_by_known(callback),
    )
