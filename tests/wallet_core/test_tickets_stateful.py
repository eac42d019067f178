"""Any order of work on one ticket, against a model that knows its state and counts its clock, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import agent_grant, customer_grant
from tests.wallet_core.routings import LEVEL, ROUTING
from wallet_core import tickets
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, WrongState
from wallet_core.models import AuditEntry, Priority, TicketStatus
from wallet_core.models import TicketStatus as S
from wallet_core.policy import Action, Grant
from wallet_core.tickets import TicketView

OFFICE = ROUTING.hours_of("general")
# From where an agent's `move` leads; to where it was is no move.
WAYS = {
    S.OPEN: {S.WAITING, S.RESOLVED, S.CLOSED},
    S.IN_PROGRESS: {S.WAITING, S.RESOLVED, S.CLOSED},
    S.WAITING: {S.OPEN, S.IN_PROGRESS, S.RESOLVED, S.CLOSED},
    S.RESOLVED: {S.CLOSED},
    S.CLOSED: set(),
}


class Working(RuleBasedStateMachine):
    """One ticket of the office queue; its promise is 540 minutes of office time that is not spent waiting."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.status = S.OPEN
        self.assigned: str | None = None
        self.priority = Priority.NORMAL
        self.due_at = OFFICE.after(NOW, self.promise())
        self.stopped_at = NOW  # when the clock stopped last
        self.resolved_at: datetime | None = None
        self.changes = 1
        self.written = 0

    @initialize()
    def open(self) -> None:
        with self.database.transaction() as session:
            customer_id = factories.create_customer(session).id
            opener = customer_grant(session, customer_id=customer_id, action=Action.OPEN_TICKET)
            self.customer = customer_grant(session, customer_id=customer_id, action=Action.VIEW)
            self.agents = [agent_grant(session, customer_id=None, action=Action.VIEW) for _ in range(2)]
            ticket = tickets.open_ticket(
                session,
                grant=opener,
                topic="app_problem",
                summary="It hangs.",
                language=factories.Language.EN,
                routing=ROUTING,
                now=self.now,
                random=SystemRandom(),
            )
            self.reference = ticket.reference

    @rule(hours=st.sampled_from([0, 1, 5, 26, 170]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(agent=st.sampled_from([0, 1]))
    def take(self, agent: int) -> None:
        grant = self.agents[agent]
        agent_id = grant.actor.removeprefix("agent:")
        free = self.assigned in (None, agent_id) and self.status in (S.OPEN, S.IN_PROGRESS, S.WAITING)

        view = self.attempt(free, lambda s: tickets.take(s, grant=grant, reference=self.reference, now=self.now))

        if view is not None:
            self.give(agent_id)

    @rule(agent=st.sampled_from([0, 1, None]))
    def assign(self, agent: int | None) -> None:
        agent_id = None if agent is None else self.agents[agent].actor.removeprefix("agent:")
        workable = self.status in (S.OPEN, S.IN_PROGRESS, S.WAITING)

        view = self.attempt(
            workable,
            lambda s: tickets.assign(
                s, grant=self.agents[0], reference=self.reference, agent_id=agent_id, now=self.now
            ),
        )

        if view is not None:
            self.give(agent_id)

    @rule(to=st.sampled_from(TicketStatus))
    def move(self, to: TicketStatus) -> None:
        if self.status is S.WAITING and to in (S.OPEN, S.IN_PROGRESS):
            to = self.working()
        possible = to is self.status or to in WAYS[self.status]

        view = self.attempt(possible, lambda s: self.moved(s, self.agents[0], to))

        if view is not None and to is not self.status:
            self.reach(to)

    @rule(to=st.sampled_from(TicketStatus))
    def customer_moves(self, to: TicketStatus) -> None:
        if to is not S.RESOLVED:
            with pytest.raises(AgentOnly), self.database.transaction() as session:
                self.moved(session, self.customer, to)
            return
        possible = self.status is S.RESOLVED or S.RESOLVED in WAYS[self.status]

        view = self.attempt(possible, lambda s: self.moved(s, self.customer, to))

        if view is not None and self.status is not S.RESOLVED:
            self.reach(S.RESOLVED)

    @rule(by_customer=st.booleans(), internal=st.booleans())
    def comment(self, by_customer: bool, internal: bool) -> None:
        grant = self.customer if by_customer else self.agents[1]
        internal = internal and not by_customer

        view = self.attempt(
            self.status is not S.CLOSED,
            lambda s: tickets.add_comment(
                s,
                grant=grant,
                reference=self.reference,
                text="Hello?",
                routing=ROUTING,
                now=self.now,
                internal=internal,
            ),
        )

        if view is not None:
            self.changes += 1
            self.written += not internal
            if by_customer and self.status is S.WAITING:
                self.reach(self.working())

    @rule()
    def reopen(self) -> None:
        in_time = self.resolved_at is not None and self.now <= self.resolved_at + timedelta(days=14)

        view = self.attempt(
            self.status is S.RESOLVED and in_time,
            lambda s: tickets.reopen(s, grant=self.customer, reference=self.reference, routing=ROUTING, now=self.now),
        )

        if view is not None:
            self.assigned = None
            self.reach(S.OPEN)
            self.due_at = OFFICE.after(self.now, self.promise())

    @rule(priority=st.sampled_from([Priority.HIGH, Priority.LOW]))
    def transfer(self, priority: Priority) -> None:
        view = self.attempt(
            self.status in (S.OPEN, S.IN_PROGRESS, S.WAITING),
            lambda s: tickets.transfer(
                s,
                grant=self.agents[0],
                reference=self.reference,
                queue="general",
                priority=priority,
                routing=ROUTING,
                now=self.now,
            ),
        )

        if view is not None:
            self.changes += 1
            self.assigned = None
            if self.status is not S.WAITING:
                self.status = S.OPEN
            self.priority = priority
            clock = self.stopped_at if self.status is S.WAITING else self.now
            self.due_at = min(self.due_at, OFFICE.after(clock, self.promise()))

    @rule()
    def sweep(self) -> None:
        old = (
            self.status is S.RESOLVED
            and self.resolved_at is not None
            and self.now > self.resolved_at + timedelta(days=14)
        )

        with self.database.transaction() as session:
            closed = tickets.close_resolved(session, now=self.now, limit=10_000)

        assert (self.reference in closed) == old  # earlier runs left tickets too
        if old:
            self.changes += 1
            self.status = S.CLOSED

    @invariant()
    def the_ticket_is_as_the_model_says(self) -> None:
        with self.database.reading() as session:
            view = tickets.ticket_by_reference(session, grant=self.customer, reference=self.reference)
            comments = tickets.comments(session, grant=self.customer, reference=self.reference)
            audited = session.scalar(select(func.count()).where(AuditEntry.subject == self.reference))

            assert (view.status, view.assigned_to) == (self.status, self.assigned)
            assert view.due_at == self.due_at
            assert (view.waiting_since is not None) == (self.status is S.WAITING)
            assert view.resolved_at == self.resolved_at
            assert len(comments) == self.written
            assert audited == self.changes
            assert len(tickets.tickets_of(session, grant=self.customer)) == 1

    def attempt(self, possible: bool, work: Callable[[Any], TicketView]) -> TicketView | None:
        """Do it in a transaction of its own; where it is not possible it is refused and nothing is written."""
        if not possible:
            with pytest.raises(WrongState), self.database.transaction() as session:
                work(session)
            return None
        with self.database.transaction() as session:
            return work(session)

    def moved(self, session: Any, grant: Grant, to: TicketStatus) -> TicketView:
        return tickets.move(session, grant=grant, reference=self.reference, to=to, routing=ROUTING, now=self.now)

    def promise(self) -> timedelta:
        return timedelta(minutes=LEVEL[self.priority.name.lower()])

    def working(self) -> TicketStatus:
        return S.IN_PROGRESS if self.assigned else S.OPEN

    def give(self, agent_id: str | None) -> None:
        if self.assigned != agent_id:
            self.changes += 1
            self.assigned = agent_id
            if self.status is not S.WAITING:
                self.status = self.working()

    def reach(self, to: TicketStatus) -> None:
        self.changes += 1
        if self.status is S.WAITING and self.due_at > self.stopped_at:
            self.due_at = OFFICE.after(self.now, OFFICE.open_time(self.stopped_at, self.due_at))
        if to is S.WAITING:
            self.stopped_at = self.now
        if to is S.RESOLVED:
            self.resolved_at = self.now
        elif to is not S.CLOSED:
            self.resolved_at = None
        self.status = to


def test_any_order_of_work_keeps_state_clock_and_trail_right(database: Database) -> None:
    machine = type("Working", (Working,), {"database": database})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25 if database.is_sqlite else 12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
