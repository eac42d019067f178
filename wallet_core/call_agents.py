"""Which agents calls may go to: who is on duty with a phone, who of them is free, and whose turn it is."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wallet_core.models import Agent, CallOffer, Language, OfferState, WaitingCall
from wallet_core.routing import AgentOn

OPEN_OFFERS = (OfferState.RINGING, OfferState.ACCEPTED, OfferState.WRAPPING_UP)  # an agent has one of them at most
_NEVER = datetime.min.replace(tzinfo=UTC)


def agents_on(session: Session, *, waiting_id: str | None = None) -> list[AgentOn]:
    """Who is on duty now and has a phone; busy where a call is offered to them, or they talk, or tell how a talk ended.

    Args:
        waiting_id: the call on whose behalf it is asked: whose phone rings for it is not busy for it.
    """
    taken = select(CallOffer.agent_id).where(CallOffer.state.in_(OPEN_OFFERS))
    if waiting_id is not None:
        taken = taken.where((CallOffer.waiting_id != waiting_id) | (CallOffer.state != OfferState.RINGING))
    busy = set(session.scalars(taken))
    return [
        AgentOn(
            id=agent.id,
            queues=tuple(agent.queues),
            languages=tuple(Language(language) for language in agent.languages),
            busy=agent.id in busy,
        )
        for agent in session.scalars(select(Agent).where(Agent.on_duty, Agent.phone.is_not(None)).order_by(Agent.id))
    ]


def free_agents(session: Session) -> list[Agent]:
    """Who is on duty, has a phone, and is not busy, read anew."""
    busy = select(CallOffer.id).where(CallOffer.agent_id == Agent.id, CallOffer.state.in_(OPEN_OFFERS)).exists()
    query = select(Agent).where(Agent.on_duty, Agent.phone.is_not(None), ~busy).order_by(Agent.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def in_turn(session: Session, waiting: WaitingCall, free: list[Agent]) -> list[Agent]:
    """Who of them can and has not declined it: who was asked least for this call first, then who is free longest."""
    able = [agent for agent in free if waiting.queue in agent.queues and waiting.language in agent.languages]
    asked: dict[str, list[OfferState]] = defaultdict(list)
    for agent_id, state in session.execute(
        select(CallOffer.agent_id, CallOffer.state).where(CallOffer.waiting_id == waiting.id)
    ):
        asked[agent_id].append(state)
    changed = select(CallOffer.agent_id, func.max(CallOffer.changed_at)).group_by(CallOffer.agent_id)
    last = dict(session.execute(changed.where(CallOffer.agent_id.in_([agent.id for agent in able]))).all())
    willing = [agent for agent in able if OfferState.DECLINED not in asked[agent.id]]
    return sorted(willing, key=lambda agent: (len(asked[agent.id]), last.get(agent.id, _NEVER), agent.id))
