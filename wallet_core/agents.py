"""Agents: who answers customers, in which queues and languages, and who of them is at their desk now.

On duty is what an agent says; at the desk is what their open page shows. A chat goes only to who is both: somebody who
closed the page and went home answers nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.errors import AgentOnly, NotFound, WrongState
from wallet_core.models import (
    Agent,
    AgentRole,
    CallOffer,
    DeskAccount,
    DeskSession,
    Handover,
    Language,
    OfferState,
)
from wallet_core.numbers import parse_number
from wallet_core.routing import AgentOn

# An open desk tells that it is there several times within this.
AT_DESK = timedelta(seconds=60)
# How many chats one agent answers side by side.
CHATS_AT_ONCE = 3

_ON_PHONE = (OfferState.ACCEPTED, OfferState.WRAPPING_UP)


class AgentView(BaseModel, frozen=True):
    """An agent. `role` is None for one who has no way into the desk."""

    id: str
    name: str
    queues: tuple[str, ...]
    languages: tuple[Language, ...]
    on_duty: bool
    has_phone: bool
    role: AgentRole | None


def add_agent(
    session: Session,
    *,
    agent_id: str,
    name: str,
    queues: Collection[str],
    languages: Collection[Language],
    role: AgentRole,
    password_hash: str | None,
    now: datetime,
    phone: str | None = None,
) -> AgentView:
    """Take an agent on, off duty, or give one who answered the phone only a way into the desk.

    Raises:
        WrongState: there is one of that id with a way into the desk.
    """
    agent = session.get(Agent, agent_id)
    if agent is not None and session.get(DeskAccount, agent_id) is not None:
        raise WrongState(state="there", wanted="new")
    if agent is None:
        agent = Agent(id=agent_id, on_duty=False)
        session.add(agent)
    agent.name, agent.queues, agent.languages = name, list(queues), [language.value for language in languages]
    agent.phone = phone or agent.phone
    session.flush()
    session.add(DeskAccount(agent_id=agent_id, role=role, password_hash=password_hash, seen_at=None))
    session.flush()
    _record(session, agent_id, actor="operator", action="agent_added", reason=role, now=now)
    return _view(agent, role)


def get_agent(session: Session, *, agent_id: str) -> AgentView:
    """Raises: NotFound."""
    agent = _load(session, agent_id)
    account = session.get(DeskAccount, agent_id)
    return _view(agent, account.role if account else None)


def all_agents(session: Session) -> list[AgentView]:
    """Everybody, by id."""
    rows = session.execute(
        select(Agent, DeskAccount.role).outerjoin(DeskAccount, DeskAccount.agent_id == Agent.id).order_by(Agent.id)
    )
    return [_view(agent, role) for agent, role in rows]


def set_duty(session: Session, *, agent_id: str, on_duty: bool, now: datetime, actor: str | None = None) -> AgentView:
    """Go on duty, or off it. The chats that the agent has stay theirs.

    Raises:
        NotFound.
        AgentOnly: an auditor answers nobody.
    """
    agent = _load(session, agent_id)
    account = session.get(DeskAccount, agent_id)
    if on_duty and account is not None and account.role is AgentRole.AUDITOR:
        raise AgentOnly()
    if agent.on_duty != on_duty:
        agent.on_duty = on_duty
        session.flush()
        action = "agent_on_duty" if on_duty else "agent_off_duty"
        _record(session, agent_id, actor=actor or f"agent:{agent_id}", action=action, reason="", now=now)
    return get_agent(session, agent_id=agent_id)


def set_phone(session: Session, *, agent_id: str, phone: str | None, now: datetime) -> None:
    """Have customers' calls ring there; nowhere with None.

    Raises:
        NotFound: no such agent.
        InvalidNumber: see `numbers.parse_number`.
    """
    agent = _load(session, agent_id)
    number = parse_number(phone) if phone else None
    if agent.phone != number:
        agent.phone = number
        session.flush()
        _record(session, agent_id, actor="operator", action="agent_phone", reason="set" if number else "none", now=now)


def set_password(session: Session, *, agent_id: str, password_hash: str | None, now: datetime) -> None:
    """Set the password, or with None close the way into the desk. Either way all of the agent's sign-ins end.

    Raises:
        NotFound: no such agent, or one who has no way into the desk.
    """
    account = session.get(DeskAccount, agent_id)
    if account is None:
        raise NotFound(what="agent")
    account.password_hash = password_hash
    session.execute(
        update(DeskSession).where(DeskSession.agent_id == agent_id, DeskSession.ended_at.is_(None)).values(ended_at=now)
    )
    if password_hash is None:
        _load(session, agent_id).on_duty = False
    session.flush()
    action = "agent_password_set" if password_hash else "agent_closed"
    _record(session, agent_id, actor="operator", action=action, reason="", now=now)


def note_seen(session: Session, *, agent_id: str, now: datetime) -> None:
    """The agent's desk is open: they are there, and the chats that they have stay theirs for a while more."""
    session.execute(update(DeskAccount).where(DeskAccount.agent_id == agent_id).values(seen_at=now))
    session.execute(
        update(Handover)
        .where(Handover.agent_id == agent_id, Handover.ended_at.is_(None))
        .values(held_until=now + AT_DESK)
    )


def at_desk(session: Session, *, now: datetime, within: timedelta = AT_DESK) -> list[AgentOn]:
    """Who is on duty with their desk open, seen there within that time.

    Busy is who has as many chats as they can, or is on the phone.
    """
    on_phone = set(session.scalars(select(CallOffer.agent_id).where(CallOffer.state.in_(_ON_PHONE))))
    chats = (
        select(Handover.agent_id, func.count().label("held"))
        .where(Handover.ended_at.is_(None), Handover.agent_id.is_not(None))
        .group_by(Handover.agent_id)
        .subquery()
    )
    rows = session.execute(
        select(Agent, func.coalesce(chats.c.held, 0))
        .join(DeskAccount, DeskAccount.agent_id == Agent.id)
        .outerjoin(chats, chats.c.agent_id == Agent.id)
        .where(Agent.on_duty, DeskAccount.role != AgentRole.AUDITOR, DeskAccount.seen_at > now - within)
        .order_by(Agent.id)
    )
    return [
        AgentOn(
            id=agent.id,
            queues=agent.queues,
            languages=agent.languages,
            busy=held >= CHATS_AT_ONCE or agent.id in on_phone,
        )
        for agent, held in rows
    ]


def _load(session: Session, agent_id: str) -> Agent:
    agent = session.get(Agent, agent_id)
    if agent is None:
        raise NotFound(what="agent")
    return agent


def _view(agent: Agent, role: AgentRole | None) -> AgentView:
    return AgentView(
        id=agent.id,
        name=agent.name,
        queues=tuple(agent.queues),
        languages=tuple(Language(language) for language in agent.languages),
        on_duty=agent.on_duty,
        has_phone=agent.phone is not None,
        role=role,
    )


def _record(session: Session, agent_id: str, *, actor: str, action: str, reason: str, now: datetime) -> None:
    audit.record(
        session,
        chain=f"agent:{agent_id}",
        actor=actor,
        action=action,
        subject=f"agent:{agent_id}",
        reason=reason,
        channel="desk",
        now=now,
    )
