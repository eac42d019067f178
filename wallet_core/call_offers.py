"""Agents' phones that ring for waiting callers, one agent and one caller at a time, and how the talks ended.

ringing → accepted → wrapping_up → ended        the agent pressed the key, talked, and told the outcome
ringing → declined | missed | withdrawn         the caller waits on, or was gone first; or it never rang
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_core.call_agents import OPEN_OFFERS, free_agents, in_turn
from wallet_core.errors import NotFound, RequestConflict, WrongState
from wallet_core.ids import new_id
from wallet_core.models import Agent, CallOffer, OfferState, WaitingCall, WaitState
from wallet_core.ports import Random
from wallet_core.waiting_records import WaitingView, locked_waiting, record, view_of

# Longer than a phone rings and its agent listens to who is calling: after it, nobody will tell us any more.
RINGS_AT_MOST = timedelta(seconds=90)
WRAPS_UP_AT_MOST = timedelta(minutes=2)
LONGEST_TALK = timedelta(hours=4)
# An agent who lets it ring so often in a row is not at the desk: their phone is left alone until they come on again.
MISSES_IN_A_ROW = 2

_LET_GO = "let_go"  # the outcome of a withdrawn offer whose phone was stopped


class WrapUp(StrEnum):
    """How an agent says a talk ended."""

    SOLVED = "solved"
    FOLLOW_UP = "follow_up"  # something is still to be done
    WRONG_PERSON = "wrong_person"  # not who we thought, or nobody there
    NOT_TOLD = "not_told"


class OfferView(BaseModel, frozen=True):
    """An agent's phone that is to ring, rings or rang for a waiting call."""

    id: str
    waiting_id: str
    agent_id: str
    phone: str
    call_sid: str | None
    state: OfferState
    outcome: str | None
    created_at: datetime


def is_idle(session: Session, *, now: datetime) -> bool:
    """Whether there is nothing to do: nobody waits, no phone rings, no talk is to be ended."""
    waits = select(WaitingCall.id).where(WaitingCall.state.in_((WaitState.WAITING, WaitState.OFFERED)))
    is_open = select(CallOffer.id).where(CallOffer.state.in_(OPEN_OFFERS))
    if any(session.scalar(query.limit(1)) is not None for query in (waits, is_open)):
        return False
    return not ringing_for_nobody(session, now=now)


def make_offers(
    session: Session, *, now: datetime, random: Random, limit: int = 20, most: int | None = None
) -> list[OfferView]:
    """For each waiting call, in the line's order, the phone of an agent who is on duty, able and free; commit, then call.

    Who was asked least for this call comes first, then who has been free longest; who declined it is not asked again.
    Any number of workers may do this at once.

    Args:
        limit: how many calls are looked at.
        most: how many offers are made; as many as can be where None.
    """
    calls = session.scalars(
        select(WaitingCall)
        .where(WaitingCall.state == WaitState.WAITING)
        .order_by(WaitingCall.priority, WaitingCall.ranked_at, WaitingCall.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    made: list[OfferView] = []
    free = free_agents(session) if calls else []
    for waiting in calls:
        if len(made) == most:
            break
        for agent in in_turn(session, waiting, free):
            offer = _offer(session, waiting, agent, now=now, random=random)
            if offer is not None:
                made.append(_view(offer, agent))
                free.remove(agent)
                break
    return made


def offer_by_id(session: Session, *, offer_id: str) -> tuple[OfferView, WaitingView]:
    """The offer and the call that it is about.

    Raises:
        NotFound: no such offer.
    """
    offer = session.get(CallOffer, offer_id, populate_existing=True)
    if offer is None:
        raise NotFound()
    waiting = session.get_one(WaitingCall, offer.waiting_id, populate_existing=True)
    return _view(offer, session.get_one(Agent, offer.agent_id)), view_of(waiting)


def note_agents_call(session: Session, *, offer_id: str, call_sid: str) -> None:
    """Keep the provider's number of the call to the agent.

    Raises:
        NotFound: no such offer.
        RequestConflict: it has another one.
    """
    _, offer = _locked(session, offer_id)
    if offer.call_sid not in (None, call_sid):
        raise RequestConflict()
    offer.call_sid = call_sid
    session.flush()


def accept(session: Session, *, offer_id: str, now: datetime) -> WaitingView:
    """The agent takes the call; pressed twice, it is taken once.

    Raises:
        NotFound: no such offer.
        WrongState: the caller is gone, or the offer ended: its state is told.
    """
    waiting, offer = _locked(session, offer_id)
    if offer.state is OfferState.ACCEPTED:
        return view_of(waiting)
    if offer.state is not OfferState.RINGING:
        raise WrongState(state=offer.state, wanted=OfferState.RINGING)
    offer.state, offer.changed_at = OfferState.ACCEPTED, now
    waiting.state, waiting.connected_at = WaitState.CONNECTED, now
    session.flush()
    record(session, waiting, actor=offer.agent_id, action="accept", reason=waiting.queue, now=now)
    return view_of(waiting)


def decline(session: Session, *, offer_id: str, now: datetime) -> None:
    """The agent does not take it: the caller waits on. Does nothing where the offer is over.

    Raises:
        NotFound: no such offer.
        WrongState: it was accepted.
    """
    _end_ringing(session, offer_id, OfferState.DECLINED, now)


def miss(session: Session, *, offer_id: str, now: datetime) -> None:
    """Nobody took the phone, or pressed a key; after two in a row the agent is off duty. Raises as `decline` does."""
    _end_ringing(session, offer_id, OfferState.MISSED, now)


def not_placed(session: Session, *, offer_id: str, now: datetime) -> None:
    """The agent's phone was never called, which is nobody's fault: the caller waits on. Nothing where it is over.

    Raises:
        NotFound: no such offer.
    """
    waiting, offer = _locked(session, offer_id)
    if offer.state is OfferState.RINGING:
        _take_back(session, waiting, offer, reason="not_placed", now=now)


def not_met(session: Session, *, offer_id: str, caller_gone: bool, now: datetime) -> None:
    """The agent accepted and did not get the caller, who hung up at that moment, or waits on. Nothing once they talked.

    Raises:
        NotFound: no such offer.
    """
    waiting, offer = _locked(session, offer_id)
    if offer.state is not OfferState.ACCEPTED:
        return
    _take_back(session, waiting, offer, reason="not_met", now=now)
    if caller_gone:
        waiting.state, waiting.ended_at = WaitState.LEFT, now
        session.flush()


def unsettled(session: Session, *, before: datetime) -> list[OfferView]:
    """Offers from before then of whose calls nothing is known: the worker died, or the answer got lost."""
    query = select(CallOffer, Agent).join(Agent, Agent.id == CallOffer.agent_id)
    unknown = (CallOffer.state == OfferState.RINGING) & CallOffer.call_sid.is_(None) & (CallOffer.created_at <= before)
    return [_view(offer, agent) for offer, agent in session.execute(query.where(unknown))]


def ringing_for_nobody(session: Session, *, now: datetime) -> list[OfferView]:
    """Agents' phones that may ring still for callers who are gone."""
    query = select(CallOffer, Agent).join(Agent, Agent.id == CallOffer.agent_id)
    gone = (
        (CallOffer.state == OfferState.WITHDRAWN)
        & CallOffer.call_sid.is_not(None)
        & CallOffer.outcome.is_(None)
        & (CallOffer.changed_at > now - RINGS_AT_MOST)
    )
    return [_view(offer, agent) for offer, agent in session.execute(query.where(gone))]


def note_let_go(session: Session, *, offer_id: str) -> None:
    """The phone that rang for nobody was stopped, or had stopped.

    Raises:
        NotFound: no such offer.
    """
    _, offer = _locked(session, offer_id)
    if offer.state is OfferState.WITHDRAWN:
        offer.outcome = _LET_GO
        session.flush()


def known_calls(session: Session, *, call_sids: Collection[str]) -> set[str]:
    """Which of the provider's calls are those of offers that we know."""
    return set(session.scalars(select(CallOffer.call_sid).where(CallOffer.call_sid.in_(call_sids))))


def talk_ended(session: Session, *, offer_id: str, now: datetime) -> WaitingView:
    """One of them hung up; the agent may now say how it ended. The same again changes nothing.

    Raises:
        NotFound: no such offer.
        WrongState: they never talked.
    """
    waiting, offer = _locked(session, offer_id)
    if offer.state in (OfferState.WRAPPING_UP, OfferState.ENDED):
        return view_of(waiting)
    if offer.state is not OfferState.ACCEPTED:
        raise WrongState(state=offer.state, wanted=OfferState.ACCEPTED)
    _end_talk(session, waiting, offer, now)
    return view_of(waiting)


def wrap_up(session: Session, *, offer_id: str, outcome: WrapUp, now: datetime) -> WaitingView:
    """How the talk ended, as the agent says; told again, the first stays. The agent is free for the next call.

    Raises:
        NotFound: no such offer.
        WrongState: they never talked.
    """
    waiting, offer = _locked(session, offer_id)
    if offer.state is OfferState.ACCEPTED:
        _end_talk(session, waiting, offer, now)
    if offer.state is OfferState.WRAPPING_UP:
        offer.state, offer.outcome, offer.changed_at = OfferState.ENDED, outcome, now
        session.flush()
        record(session, waiting, actor=offer.agent_id, action="wrap_up", reason=outcome, now=now)
    elif offer.state is not OfferState.ENDED:
        raise WrongState(state=offer.state, wanted=OfferState.WRAPPING_UP)
    return view_of(waiting)


def end_stale(session: Session, *, now: datetime) -> int:
    """End what nobody told us the end of: phones that rang, talks, wrap-ups. Gives how many; any number may do it."""
    limits = {
        OfferState.RINGING: RINGS_AT_MOST,
        OfferState.ACCEPTED: LONGEST_TALK,
        OfferState.WRAPPING_UP: WRAPS_UP_AT_MOST,
    }
    ended = 0
    for state, longest in limits.items():
        stale = select(CallOffer.id).where(CallOffer.state == state, CallOffer.changed_at <= now - longest)
        for offer_id in session.scalars(stale).all():
            waiting, offer = _locked(session, offer_id)
            if offer.state is not state:
                continue
            ended += 1
            if state is OfferState.RINGING:
                _end_ringing(session, offer_id, OfferState.MISSED, now)
                continue
            if state is OfferState.ACCEPTED:
                _end_talk(session, waiting, offer, now)
            offer.state, offer.outcome, offer.changed_at = OfferState.ENDED, WrapUp.NOT_TOLD, now
            session.flush()
    return ended


def withdraw(session: Session, *, waiting_id: str, now: datetime) -> None:
    """The caller is gone: whoever's phone rings for them is let go. The caller's row is locked already."""
    ringing = select(CallOffer).where(CallOffer.waiting_id == waiting_id, CallOffer.state == OfferState.RINGING)
    for offer in session.scalars(ringing.execution_options(populate_existing=True)):
        offer.state, offer.changed_at = OfferState.WITHDRAWN, now
    session.flush()


def _take_back(session: Session, waiting: WaitingCall, offer: CallOffer, *, reason: str, now: datetime) -> None:
    offer.state, offer.outcome, offer.changed_at = OfferState.WITHDRAWN, reason, now
    if waiting.state in (WaitState.OFFERED, WaitState.CONNECTED):
        waiting.state, waiting.connected_at = WaitState.WAITING, None
    session.flush()
    record(session, waiting, actor="system", action="take_back", reason=reason, now=now)


def _offer(session: Session, waiting: WaitingCall, agent: Agent, *, now: datetime, random: Random) -> CallOffer | None:
    """None where another worker was quicker with this agent."""
    offer = CallOffer(
        id=new_id(random),
        waiting_id=waiting.id,
        agent_id=agent.id,
        state=OfferState.RINGING,
        created_at=now,
        changed_at=now,
    )
    try:
        with session.begin_nested():
            session.add(offer)
    except IntegrityError:
        return None
    waiting.state = WaitState.OFFERED
    session.flush()
    record(session, waiting, actor="system", action="offer", reason=agent.id, now=now)
    return offer


def _end_ringing(session: Session, offer_id: str, state: OfferState, now: datetime) -> None:
    waiting, offer = _locked(session, offer_id)
    if offer.state is OfferState.ACCEPTED:
        raise WrongState(state=offer.state, wanted=OfferState.RINGING)
    if offer.state is not OfferState.RINGING:
        return
    offer.state, offer.changed_at = state, now
    if waiting.state is WaitState.OFFERED:
        waiting.state = WaitState.WAITING
    session.flush()
    record(session, waiting, actor=offer.agent_id, action=state, reason=waiting.queue, now=now)
    if state is OfferState.MISSED and _misses_too_often(session, offer.agent_id):
        session.get_one(Agent, offer.agent_id, with_for_update=True, populate_existing=True).on_duty = False
        session.flush()
        record(session, waiting, actor="system", action="off_duty", reason=offer.agent_id, now=now)


def _misses_too_often(session: Session, agent_id: str) -> bool:
    newest = (
        select(CallOffer.state)
        .where(CallOffer.agent_id == agent_id, CallOffer.state != OfferState.WITHDRAWN)
        .order_by(CallOffer.created_at.desc(), CallOffer.id)
        .limit(MISSES_IN_A_ROW)
    )
    states = list(session.scalars(newest))
    return len(states) == MISSES_IN_A_ROW and set(states) == {OfferState.MISSED}


def _end_talk(session: Session, waiting: WaitingCall, offer: CallOffer, now: datetime) -> None:
    offer.state, offer.changed_at = OfferState.WRAPPING_UP, now
    waiting.state, waiting.ended_at = WaitState.TALKED, now
    session.flush()
    record(session, waiting, actor=offer.agent_id, action="talked", reason=waiting.queue, now=now)


def _locked(session: Session, offer_id: str) -> tuple[WaitingCall, CallOffer]:
    """The call's row is locked before its offers are looked at, so that two reports have one order."""
    waiting_id = session.scalar(select(CallOffer.waiting_id).where(CallOffer.id == offer_id))
    if waiting_id is None:
        raise NotFound()
    waiting = locked_waiting(session, waiting_id)
    return waiting, session.get_one(CallOffer, offer_id, populate_existing=True)


def _view(offer: CallOffer, agent: Agent) -> OfferView:
    return OfferView(
        id=offer.id,
        waiting_id=offer.waiting_id,
        agent_id=offer.agent_id,
        phone=agent.phone or "",
        call_sid=offer.call_sid,
        state=offer.state,
        outcome=offer.outcome,
        created_at=offer.created_at,
    )
