"""Callers who wait on the line: who is next, which agent's phone rings for them, and how it ended.

    waiting → offered → connected → talked          an agent's phone rings, the agent accepts, they talk
              offered → waiting                     declined or missed: the next agent
    waiting, offered → left | kept_place | given_up the caller hangs up, asks to be called back, or nobody comes

The order is ours: priority first, then who came first. An agent has one call at a time, a caller one agent; the tables
refuse anything else, whoever asks at the same time. Agents' side is in `call_offers`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from wallet_core.call_offers import agents_on, withdraw
from wallet_core.errors import NotFound, WrongState
from wallet_core.models import Conversation, WaitingCall, WaitState
from wallet_core.ports import Random
from wallet_core.routing import Route, Routing, route
from wallet_core.waiting_records import STILL_THERE, WaitingView, locked_waiting, new_id, record, view_of

# What a caller, or the clock, may make of a wait.
_ENDINGS = frozenset({WaitState.LEFT, WaitState.KEPT_PLACE, WaitState.GIVEN_UP})


class Place(BaseModel, frozen=True):
    """`number` counts from 1. `wait` is None where it cannot be told: nobody is on, or the queue is closed."""

    number: int
    wait: timedelta | None


def join(
    session: Session,
    *,
    call_sid: str,
    conversation_id: str,
    topic: str,
    way: Route,
    now: datetime,
    random: Random,
    customer_id: str | None = None,
    callback_id: str | None = None,
    ticket_reference: str | None = None,
) -> WaitingView:
    """Put a call into the line of the queue that it was routed to. A call that is there already stays as it is."""
    # The conversation's row makes a second request for the same call wait until the first is there.
    session.scalar(select(Conversation.id).where(Conversation.id == conversation_id).with_for_update(key_share=True))
    known = session.scalar(select(WaitingCall).where(WaitingCall.call_sid == call_sid))
    if known is not None:
        return view_of(known)
    waiting = WaitingCall(
        id=new_id(random),
        call_sid=call_sid,
        conversation_id=conversation_id,
        customer_id=customer_id,
        callback_id=callback_id,
        ticket_reference=ticket_reference,
        topic=topic,
        queue=way.queue,
        language=way.language,
        priority=way.priority,
        state=WaitState.WAITING,
        entered_at=now,
    )
    session.add(waiting)
    session.flush()
    record(session, waiting, actor="customer", action="join", reason=way.queue, now=now)
    return view_of(waiting)


def waiting_call(session: Session, *, waiting_id: str) -> WaitingView:
    """Raises: NotFound."""
    waiting = session.get(WaitingCall, waiting_id, populate_existing=True)
    if waiting is None:
        raise NotFound()
    return view_of(waiting)


def waiting_call_of(session: Session, *, call_sid: str) -> WaitingView | None:
    """The line's entry of a call, None where it never waited."""
    waiting = session.scalar(select(WaitingCall).where(WaitingCall.call_sid == call_sid))
    return view_of(waiting) if waiting else None


def count_waiting(session: Session, *, queue: str) -> int:
    """How many wait in a queue, in whatever language."""
    return session.scalar(_there().where(WaitingCall.queue == queue)) or 0


def place_in_line(session: Session, *, waiting_id: str, routing: Routing, now: datetime) -> Place:
    """Where a waiting caller stands at this moment, and for how long about.

    Raises:
        NotFound: no such call.
        WrongState: it does not wait.
    """
    waiting = waiting_call(session, waiting_id=waiting_id)
    if waiting.state not in STILL_THERE:
        raise WrongState(state=waiting.state, wanted=WaitState.WAITING)
    sooner = or_(
        WaitingCall.priority < waiting.priority,
        (WaitingCall.priority == waiting.priority) & (WaitingCall.entered_at < waiting.entered_at),
        (WaitingCall.priority == waiting.priority)
        & (WaitingCall.entered_at == waiting.entered_at)
        & (WaitingCall.id < waiting.id),
    )
    same_line = (WaitingCall.queue == waiting.queue) & (WaitingCall.language == waiting.language)
    ahead = session.scalar(_there().where(same_line, sooner)) or 0
    way = route(
        routing,
        topic=waiting.topic,
        language=waiting.language,
        now=now,
        agents=agents_on(session),
        waiting=ahead,
    )
    return Place(number=ahead + 1, wait=way.wait)


def leave(session: Session, *, waiting_id: str, state: WaitState, now: datetime) -> WaitingView:
    """Take a call out of the line: LEFT, KEPT_PLACE or GIVEN_UP. Whoever's phone rings for it is let go.

    The same again changes nothing, and LEFT after another ending changes nothing either: every call hangs up at last.

    Raises:
        NotFound: no such call.
        WrongState: an agent has it, or it ended otherwise.
    """
    if state not in _ENDINGS:
        raise WrongState(state=state, wanted="an ending")
    waiting = locked_waiting(session, waiting_id)
    over = waiting.state in (*_ENDINGS, WaitState.TALKED)
    if waiting.state is state or (over and state is WaitState.LEFT):
        return view_of(waiting)
    if waiting.state not in STILL_THERE:
        raise WrongState(state=waiting.state, wanted=WaitState.WAITING)
    withdraw(session, waiting_id=waiting.id, now=now)
    waiting.state, waiting.ended_at = state, now
    session.flush()
    record(session, waiting, actor="customer", action="leave", reason=state, now=now)
    return view_of(waiting)


def waited_too_long(session: Session, *, longest: timedelta, now: datetime, limit: int = 20) -> list[WaitingView]:
    """Those for whom nobody came within `longest`, the longest wait first. A phone that rings for one is let ring."""
    query = (
        select(WaitingCall)
        .where(WaitingCall.state == WaitState.WAITING, WaitingCall.entered_at <= now - longest)
        .order_by(WaitingCall.entered_at)
        .limit(limit)
    )
    return [view_of(waiting) for waiting in session.scalars(query)]


def _there() -> Select[int]:
    return select(func.count()).select_from(WaitingCall).where(WaitingCall.state.in_(STILL_THERE))
