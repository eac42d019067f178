"""Callers who wait on the line: who is next, which agent's phone rings for them, and how it ended.

    waiting → offered → connected → talked          an agent's phone rings, the agent accepts, they talk
              offered → waiting                     declined or missed: the next agent
    waiting, offered → left | kept_place | given_up the caller hangs up, asks to be called back, or nobody comes

The order is ours: priority first, then who came first; who is called back instead of waiting keeps the place that they
had. An agent has one call at a time, a caller one agent; the tables refuse anything else, whoever asks at the same time.
Agents' side is in `call_offers`, who of them is on in `call_agents`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from wallet_core.call_agents import agents_on
from wallet_core.call_offers import withdraw
from wallet_core.callback_calls import tie_ticket
from wallet_core.errors import NotFound, WrongState
from wallet_core.ids import new_id
from wallet_core.models import CallOffer, Conversation, OfferState, WaitingCall, WaitState
from wallet_core.ports import Random
from wallet_core.routing import Route, Routing, route
from wallet_core.waiting_records import STILL_THERE, WaitingView, locked_waiting, record, view_of

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
    """Put a call into the line of the queue that it was routed to. A call that is there already stays as it is.

    One that left the line, or for which nobody came, joins it anew.

    Args:
        callback_id: the callback that this call is for; whoever had a place in line when it was asked for has it again.
        ticket_reference: the case; it is the callback's too where that has none.
    """
    # The conversation's row makes a second request for the same call wait until the first is there.
    session.scalar(select(Conversation.id).where(Conversation.id == conversation_id).with_for_update(key_share=True))
    known = session.scalar(select(WaitingCall).where(WaitingCall.call_sid == call_sid))
    if known is not None and known.state not in (WaitState.LEFT, WaitState.GIVEN_UP):
        return view_of(known)
    if known is not None:
        known.state, known.entered_at, known.ranked_at, known.ended_at = WaitState.WAITING, now, now, None
        known.queue, known.language, known.priority, known.topic = way.queue, way.language, way.priority, topic
        session.flush()
        record(session, known, actor="customer", action="join", reason=way.queue, now=now)
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
        ranked_at=_kept_place(session, callback_id) or now,
    )
    session.add(waiting)
    session.flush()
    if callback_id is not None and ticket_reference is not None:
        tie_ticket(session, callback_id=callback_id, ticket_reference=ticket_reference, now=now)
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
        (WaitingCall.priority == waiting.priority) & (WaitingCall.ranked_at < waiting.ranked_at),
        (WaitingCall.priority == waiting.priority)
        & (WaitingCall.ranked_at == waiting.ranked_at)
        & (WaitingCall.id < waiting.id),
    )
    same_line = (WaitingCall.queue == waiting.queue) & (WaitingCall.language == waiting.language)
    ahead = session.scalar(_there().where(same_line, sooner)) or 0
    way = route(
        routing,
        topic=waiting.topic,
        language=waiting.language,
        now=now,
        agents=agents_on(session, waiting_id=waiting.id),
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


def keep_place(session: Session, *, waiting_id: str, callback_id: str | None, now: datetime) -> WaitingView:
    """Take a call out of the line that is called back instead; its place is kept for the callback's call.

    Raises as `leave` does.
    """
    left = leave(session, waiting_id=waiting_id, state=WaitState.KEPT_PLACE, now=now)
    waiting = locked_waiting(session, waiting_id)
    if waiting.callback_id is None:
        waiting.callback_id = callback_id
        session.flush()
    return left.model_copy(update={"callback_id": waiting.callback_id})


def hung_up(session: Session, *, call_sid: str, now: datetime) -> None:
    """The caller's call is over, whoever tells us: a place in line is given up. How a talk ended the agent's call tells."""
    waiting = session.scalar(select(WaitingCall).where(WaitingCall.call_sid == call_sid))
    if waiting is not None and waiting.state in STILL_THERE:
        leave(session, waiting_id=waiting.id, state=WaitState.LEFT, now=now)


def is_hopeless(session: Session, *, waiting_id: str, longest: timedelta, now: datetime) -> bool:
    """Whether nobody will come: after the longest wait, or when no agent on duty is left to be asked.

    While a phone rings for the caller there is hope.

    Raises:
        NotFound: no such call.
    """
    waiting = waiting_call(session, waiting_id=waiting_id)
    if waiting.state is not WaitState.WAITING:
        return False
    if now - waiting.entered_at >= longest:
        return True
    asked = select(CallOffer.agent_id).where(CallOffer.waiting_id == waiting_id, CallOffer.state == OfferState.DECLINED)
    declined = set(session.scalars(asked))
    return not any(
        agent.id not in declined and waiting.queue in agent.queues and waiting.language in agent.languages
        for agent in agents_on(session)
    )


def _kept_place(session: Session, callback_id: str | None) -> datetime | None:
    kept = select(WaitingCall.ranked_at).where(
        WaitingCall.callback_id == callback_id, WaitingCall.state == WaitState.KEPT_PLACE
    )
    return session.scalar(kept.order_by(WaitingCall.ranked_at).limit(1)) if callback_id else None


def _there() -> Select[int]:
    return select(func.count()).select_from(WaitingCall).where(WaitingCall.state.in_(STILL_THERE))
