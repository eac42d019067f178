"""The states of a ticket: the ways between them, and a clock that stands still while we wait for the customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.wallet_core.factories import NOW
from tests.wallet_core.routings import LEVEL, make_routing
from tests.wallet_core.ticket_helpers import DUE, agent, comment, move, open_ticket, opener
from wallet_core import tickets
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, WrongState
from wallet_core.models import TicketStatus

HOUR = timedelta(hours=1)
ALLOWED = {
    (TicketStatus.OPEN, TicketStatus.WAITING),
    (TicketStatus.OPEN, TicketStatus.RESOLVED),
    (TicketStatus.OPEN, TicketStatus.CLOSED),
    (TicketStatus.IN_PROGRESS, TicketStatus.WAITING),
    (TicketStatus.IN_PROGRESS, TicketStatus.RESOLVED),
    (TicketStatus.IN_PROGRESS, TicketStatus.CLOSED),
    (TicketStatus.WAITING, TicketStatus.OPEN),
    (TicketStatus.WAITING, TicketStatus.IN_PROGRESS),
    (TicketStatus.WAITING, TicketStatus.RESOLVED),
    (TicketStatus.WAITING, TicketStatus.CLOSED),
    (TicketStatus.RESOLVED, TicketStatus.CLOSED),
}


@pytest.mark.parametrize("before", TicketStatus)
@pytest.mark.parametrize("to", TicketStatus)
def test_a_ticket_moves_along_its_ways_alone(sqlite_database: Database, before: TicketStatus, to: TicketStatus) -> None:
    with sqlite_database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        ana = agent(session)
        if before is TicketStatus.IN_PROGRESS:
            tickets.take(session, grant=ana, reference=reference, now=NOW)
        else:
            move(session, ana, reference, before)

        if before is to or (before, to) in ALLOWED:
            after = move(session, ana, reference, to).status
            working = (TicketStatus.OPEN, TicketStatus.IN_PROGRESS)
            assert after is (TicketStatus.OPEN if to in working and before is TicketStatus.WAITING else to)
        else:
            with pytest.raises(WrongState):
                move(session, ana, reference, to)


def test_a_customer_may_say_that_it_is_resolved_and_nothing_else(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant).reference

        for to in TicketStatus:
            if to is not TicketStatus.RESOLVED:
                with pytest.raises(AgentOnly):
                    move(session, grant, reference, to)

        assert move(session, grant, reference, TicketStatus.RESOLVED).resolved_at == NOW


# The clock


def test_the_clock_stands_still_while_we_wait_for_the_customer(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant).reference
        ana = agent(session)
        tomorrow_morning = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai: 450 minutes are left
        thursday_noon = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)  # 12:00: 360 minutes that day, 90 the next

        waiting = move(session, ana, reference, TicketStatus.WAITING, now=tomorrow_morning)
        answered = comment(session, grant, reference, now=thursday_noon)

        assert (waiting.due_at, waiting.waiting_since) == (DUE, tomorrow_morning)
        assert (answered.status, answered.waiting_since) == (TicketStatus.OPEN, None)
        assert answered.due_at == datetime(2026, 11, 27, 2, 30, tzinfo=UTC)


def test_waiting_does_not_help_with_a_deadline_that_was_missed_before(database: Database) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        ana = agent(session)
        move(session, ana, reference, TicketStatus.WAITING, now=DUE + HOUR)

        resumed = move(session, ana, reference, TicketStatus.OPEN, now=DUE + 50 * HOUR)

        assert resumed.due_at == DUE


def test_a_ticket_whose_queue_is_gone_keeps_a_clock(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant, topic="report_scam").reference
        general = {"hours": "office", "minutes_per_contact": 6, "service_level": LEVEL}
        without_fraud = make_routing(queues={"general": general}, topics={})
        ana = agent(session)
        tickets.move(session, grant=ana, reference=reference, to=TicketStatus.WAITING, routing=without_fraud, now=NOW)

        answered = comment(session, grant, reference, routing=without_fraud, now=NOW + 24 * HOUR)
        move(session, ana, reference, TicketStatus.RESOLVED, now=NOW + 24 * HOUR)
        again = tickets.reopen(session, grant=grant, reference=reference, routing=without_fraud, now=NOW + 25 * HOUR)

        assert answered.status is TicketStatus.OPEN
        assert again.queue == "general"


def test_an_assigned_ticket_is_in_progress_again_after_waiting(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant).reference
        ana = agent(session)
        tickets.take(session, grant=ana, reference=reference, now=NOW)
        move(session, ana, reference, TicketStatus.WAITING)

        assert comment(session, grant, reference).status is TicketStatus.IN_PROGRESS


def test_a_waiting_ticket_can_change_hands_without_its_clock_running(database: Database) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        ana = agent(session)
        move(session, ana, reference, TicketStatus.WAITING)

        taken = tickets.take(session, grant=ana, reference=reference, now=NOW + HOUR)

        assert (taken.status, taken.waiting_since) == (TicketStatus.WAITING, NOW)
