"""Agents: who is at the desk, what keeps them there, and who is sent away."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.wallet_core.factories import create_agent, create_conversation
from wallet_core import agents
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, NotFound, WrongState
from wallet_core.models import AgentRole, CallOffer, Language, OfferState, WaitingCall, WaitState


def at_desk(session: Session, now: datetime) -> list[str]:
    return [one.id for one in agents.at_desk(session, now=now)]


def test_who_is_on_duty_is_at_the_desk_while_their_page_is_open(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        create_agent(session, id="ana", role=AgentRole.AGENT)
        before = at_desk(session, now)
        agents.note_seen(session, agent_id="ana", now=now)

        assert before == []
        assert at_desk(session, now + agents.AT_DESK - timedelta(seconds=1)) == ["ana"]
        assert at_desk(session, now + agents.AT_DESK) == []


def test_off_duty_or_an_auditor_is_not_at_the_desk(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        create_agent(session, id="off", on_duty=False, seen_at=now)
        create_agent(session, id="auditor", role=AgentRole.AUDITOR, seen_at=now)
        create_agent(session, id="phone-only")

        assert at_desk(session, now) == []


def test_who_is_on_the_phone_is_busy(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        create_agent(session, id="ana", seen_at=now)
        conversation = create_conversation(session)
        session.add(
            WaitingCall(
                id="w1",
                call_sid="CA1",
                conversation_id=conversation.id,
                topic="report_scam",
                queue="fraud",
                language=Language.EN,
                priority=2,
                state=WaitState.CONNECTED,
                entered_at=now,
                ranked_at=now,
            )
        )
        session.flush()
        offer = CallOffer(
            id="o1", waiting_id="w1", agent_id="ana", state=OfferState.ACCEPTED, created_at=now, changed_at=now
        )
        session.add(offer)
        session.flush()

        assert [one.busy for one in agents.at_desk(session, now=now)] == [True]


def test_an_agent_of_the_phone_may_be_given_a_way_into_the_desk(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        create_agent(session, id="ana", name="Ana", phone="+12025550199")

        added = agents.add_agent(
            session,
            agent_id="ana",
            name="Ana Ribeiro",
            queues=["fraud"],
            languages=[Language.EN],
            role=AgentRole.AGENT,
            password_hash="x",
            now=now,
        )

        assert (added.name, added.role) == ("Ana Ribeiro", AgentRole.AGENT)
        with pytest.raises(WrongState):
            agents.add_agent(
                session,
                agent_id="ana",
                name="Another",
                queues=[],
                languages=[],
                role=AgentRole.AGENT,
                password_hash=None,
                now=now,
            )


def test_an_auditor_and_nobody_are_never_on_duty(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        create_agent(session, id="auditor", role=AgentRole.AUDITOR, on_duty=False)

        with pytest.raises(AgentOnly):
            agents.set_duty(session, agent_id="auditor", on_duty=True, now=now)
        with pytest.raises(NotFound):
            agents.set_duty(session, agent_id="nobody", on_duty=True, now=now)
