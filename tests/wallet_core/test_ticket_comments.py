"""Comments on a ticket: what customers see of them, and what they do to its state."""

from __future__ import annotations

import pytest

from tests.wallet_core.ticket_helpers import agent, comment, move, open_ticket, opener
from wallet_core import tickets
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, WrongState
from wallet_core.models import TicketStatus


def test_customers_do_not_see_internal_comments_nor_which_agent_wrote(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant).reference
        ana = agent(session)
        comment(session, grant, reference, "Any news?")
        comment(session, ana, reference, "Same device as last week.", internal=True)
        comment(session, ana, reference, "We are looking into it.")

        seen = tickets.comments(session, grant=grant, reference=reference)
        all_of_them = tickets.comments(session, grant=ana, reference=reference)

        assert [(entry.author, entry.text) for entry in seen] == [
            ("customer", "Any news?"),
            ("agent", "We are looking into it."),
        ]
        assert [entry.author for entry in all_of_them] == ["customer", ana.actor, ana.actor]
        assert [entry.internal for entry in all_of_them] == [False, True, False]


def test_a_customer_writes_no_internal_comment(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant).reference

        with pytest.raises(AgentOnly):
            comment(session, grant, reference, internal=True)


def test_an_agents_comment_does_not_end_the_waiting(database: Database) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        ana = agent(session)
        move(session, ana, reference, TicketStatus.WAITING)

        assert comment(session, ana, reference).status is TicketStatus.WAITING


def test_a_resolved_ticket_takes_comments_a_closed_one_does_not(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant).reference
        move(session, grant, reference, TicketStatus.RESOLVED)

        assert comment(session, grant, reference, "Thank you!").status is TicketStatus.RESOLVED

        move(session, agent(session), reference, TicketStatus.CLOSED)
        with pytest.raises(WrongState):
            comment(session, grant, reference)
