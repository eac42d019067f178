"""Work on a ticket: one agent has it, it is handed on, reopened and closed, and tied to what it is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.routings import ROUTING
from tests.wallet_core.ticket_helpers import (
    DUE,
    agent,
    audited,
    comment,
    move,
    new_customer,
    open_ticket,
    opener,
    viewer,
)
from wallet_core import tickets
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, NotFound, WrongState
from wallet_core.models import Priority, TicketStatus
from wallet_core.policy import Grant
from wallet_core.tickets import TicketView

HOUR = timedelta(hours=1)


# Who may


@pytest.mark.parametrize("work", ["comment", "reopen", "move", "attach"])
def test_somebody_elses_ticket_cannot_be_worked_on(database: Database, work: str) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        stranger = viewer(session, new_customer(session))
        attempts: dict[str, Callable[[], object]] = {
            "comment": lambda: comment(session, stranger, reference),
            "reopen": lambda: tickets.reopen(session, grant=stranger, reference=reference, routing=ROUTING, now=NOW),
            "move": lambda: move(session, stranger, reference, TicketStatus.RESOLVED),
            "attach": lambda: tickets.attach_transactions(
                session, grant=stranger, reference=reference, transaction_ids=[], now=NOW
            ),
        }

        with pytest.raises(NotFound):
            attempts[work]()


@pytest.mark.parametrize("work", ["take", "assign", "transfer"])
def test_what_agents_do_customers_do_not(database: Database, work: str) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant).reference
        attempts: dict[str, Callable[[], object]] = {
            "take": lambda: tickets.take(session, grant=grant, reference=reference, now=NOW),
            "assign": lambda: tickets.assign(session, grant=grant, reference=reference, agent_id=None, now=NOW),
            "transfer": lambda: tickets.transfer(
                session,
                grant=grant,
                reference=reference,
                queue="fraud",
                priority=Priority.URGENT,
                routing=ROUTING,
                now=NOW,
            ),
        }

        with pytest.raises(AgentOnly):
            attempts[work]()


# Taking


def test_an_agent_takes_a_ticket_and_gives_it_back(database: Database) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        ana = agent(session)

        taken = tickets.take(session, grant=ana, reference=reference, now=NOW)
        back = tickets.assign(session, grant=ana, reference=reference, agent_id=None, now=NOW)

        assert (taken.status, taken.assigned_to) == (TicketStatus.IN_PROGRESS, ana.actor.removeprefix("agent:"))
        assert (back.status, back.assigned_to) == (TicketStatus.OPEN, None)

    with database.reading() as session:
        assert audited(session, reference) == ["ticket.open", "ticket.assign", "ticket.assign"]


def test_taking_a_ticket_twice_is_taking_it_once(database: Database) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        ana = agent(session)

        assert tickets.take(session, grant=ana, reference=reference, now=NOW) == tickets.take(
            session, grant=ana, reference=reference, now=NOW
        )


def test_of_agents_who_take_a_ticket_at_once_one_gets_it(database: Database, race: Callable[..., list[object]]) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        agents = [agent(session) for _ in range(6)]

    def take(grant: Grant) -> Callable[[], object]:
        def job() -> object:
            with database.transaction() as session:
                return tickets.take(session, grant=grant, reference=reference, now=NOW)

        return job

    results = race(*map(take, agents))

    assert sum(isinstance(result, TicketView) for result in results) == 1
    assert sum(isinstance(result, WrongState) for result in results) == 5


def test_an_unknown_agent_gets_no_ticket(database: Database) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference

        with pytest.raises(NotFound):
            tickets.assign(session, grant=agent(session), reference=reference, agent_id="nobody", now=NOW)


def test_a_resolved_ticket_is_not_assigned(database: Database) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        ana = agent(session)
        move(session, ana, reference, TicketStatus.RESOLVED)

        with pytest.raises(WrongState):
            tickets.take(session, grant=ana, reference=reference, now=NOW)


# Handing on


def test_a_transfer_brings_the_deadline_nearer_never_further(database: Database) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        ana = agent(session)
        tickets.take(session, grant=ana, reference=reference, now=NOW)

        def transfer(queue: str, priority: Priority) -> TicketView:
            return tickets.transfer(
                session, grant=ana, reference=reference, queue=queue, priority=priority, routing=ROUTING, now=NOW
            )

        nearer = transfer("fraud", Priority.URGENT)
        not_further = transfer("general", Priority.LOW)

        assert (nearer.queue, nearer.status, nearer.assigned_to) == ("fraud", TicketStatus.OPEN, None)
        assert nearer.due_at == not_further.due_at == NOW + timedelta(minutes=30)
        with pytest.raises(NotFound):
            transfer("golf", Priority.LOW)


def test_a_waiting_ticket_is_transferred_waiting_and_a_closed_one_not_at_all(database: Database) -> None:
    with database.transaction() as session:
        reference = open_ticket(session, opener(session)).reference
        ana = agent(session)

        def transfer(now: datetime) -> TicketView:
            return tickets.transfer(
                session, grant=ana, reference=reference, queue="fraud", priority=Priority.HIGH, routing=ROUTING, now=now
            )

        move(session, ana, reference, TicketStatus.WAITING)
        waiting = transfer(NOW + 20 * HOUR)
        assert (waiting.status, waiting.due_at) == (TicketStatus.WAITING, NOW + HOUR)

        move(session, ana, reference, TicketStatus.CLOSED)
        with pytest.raises(WrongState):
            transfer(NOW)


# Reopening and closing


def test_a_resolved_ticket_is_reopened_with_a_new_deadline(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant).reference
        tickets.take(session, grant=agent(session), reference=reference, now=NOW)
        move(session, grant, reference, TicketStatus.RESOLVED)

        again = tickets.reopen(session, grant=grant, reference=reference, routing=ROUTING, now=NOW + timedelta(days=14))

        assert (again.status, again.assigned_to, again.resolved_at) == (TicketStatus.OPEN, None, None)
        assert again.due_at == DUE + timedelta(days=14)


@pytest.mark.parametrize("late", [timedelta(seconds=1), timedelta(days=400)])
def test_after_fourteen_days_it_stays_closed(database: Database, late: timedelta) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant).reference
        move(session, grant, reference, TicketStatus.RESOLVED)

        with pytest.raises(WrongState) as refused:
            tickets.reopen(
                session, grant=grant, reference=reference, routing=ROUTING, now=NOW + timedelta(days=14) + late
            )

        assert refused.value.facts["state"] == TicketStatus.CLOSED


def test_what_is_not_resolved_is_not_reopened(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        reference = open_ticket(session, grant).reference

        with pytest.raises(WrongState):
            tickets.reopen(session, grant=grant, reference=reference, routing=ROUTING, now=NOW)


def test_resolved_tickets_are_closed_after_fourteen_days(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        old, newer, going_on = (open_ticket(session, grant).reference for _ in range(3))
        move(session, grant, old, TicketStatus.RESOLVED, now=NOW)
        move(session, grant, newer, TicketStatus.RESOLVED, now=NOW + HOUR)

    with database.transaction() as session:
        closed = tickets.close_resolved(session, now=NOW + timedelta(days=14, minutes=1))

    with database.reading() as session:
        assert closed == [old]
        statuses = [
            tickets.ticket_by_reference(session, grant=grant, reference=reference).status
            for reference in (old, newer, going_on)
        ]
        assert statuses == [TicketStatus.CLOSED, TicketStatus.RESOLVED, TicketStatus.OPEN]
        assert audited(session, old)[-1] == "ticket.closed"


# Transactions


def test_further_transactions_join_those_that_are_there(database: Database) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        first, second = (factories.create_transaction(session, account_id=account.id).id for _ in range(2))
        grant = opener(session, account.customer_id)
        ticket = open_ticket(session, grant, transaction_ids=[first])

        more = tickets.attach_transactions(
            session, grant=grant, reference=ticket.reference, transaction_ids=[first, second], now=NOW
        )

        assert more.transaction_ids == (first, second)


def test_nothing_is_attached_to_a_resolved_ticket(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        ticket = open_ticket(session, grant)
        move(session, grant, ticket.reference, TicketStatus.RESOLVED)

        with pytest.raises(WrongState):
            tickets.attach_transactions(session, grant=grant, reference=ticket.reference, transaction_ids=[], now=NOW)
