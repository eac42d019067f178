"""Tickets: opened once, seen by whom they belong to, and answered within what the service level promises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import agent_grant, customer_grant
from tests.wallet_core.routings import LEVEL, ROUTING, make_routing
from wallet_core import disputes, tickets, verification
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, NotAllowed, NotFound, RequestConflict, StorageUnavailable, WrongState
from wallet_core.models import Assurance, AuditEntry, Language, Priority, Ticket, TicketStatus
from wallet_core.policy import Action, Grant
from wallet_core.references import ReferenceKind, new_reference, parse_reference
from wallet_core.tickets import TicketView

HOUR = timedelta(hours=1)
# NOW is 17:30 in Shanghai on a Monday; a normal ticket is due after one office day, 540 minutes.
DUE = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def open_ticket(session: Session, grant: Grant, **overrides: Any) -> TicketView:
    wish: dict[str, Any] = {
        "topic": "app_problem",
        "summary": "The app shows a white page.",
        "language": Language.EN,
        "routing": ROUTING,
        "now": NOW,
        "random": SystemRandom(),
    }
    return tickets.open_ticket(session, grant=grant, **{**wish, **overrides})


def new_customer(session: Session) -> str:
    return factories.create_account(session).customer_id


def opener(session: Session, customer_id: str | None = None, **overrides: Any) -> Grant:
    """A grant to open tickets: of a new customer unless one is named."""
    return customer_grant(
        session, customer_id=customer_id or new_customer(session), action=Action.OPEN_TICKET, **overrides
    )


def visitor(session: Session) -> Grant:
    conversation = factories.create_conversation(session)
    return verification.authorise(session, conversation_id=conversation.id, action=Action.OPEN_TICKET, now=NOW)


def viewer(session: Session, customer_id: str) -> Grant:
    return customer_grant(session, customer_id=customer_id, action=Action.VIEW)


def agent(session: Session, customer_id: str | None = None) -> Grant:
    return agent_grant(session, customer_id=customer_id, action=Action.VIEW)


def move(session: Session, grant: Grant, reference: str, to: TicketStatus, now: datetime = NOW) -> TicketView:
    return tickets.move(session, grant=grant, reference=reference, to=to, routing=ROUTING, now=now)


def comment(session: Session, grant: Grant, reference: str, text: str = "Any news?", **overrides: Any) -> TicketView:
    return tickets.add_comment(
        session, grant=grant, reference=reference, text=text, **{"routing": ROUTING, "now": NOW, **overrides}
    )


def audited(session: Session, reference: str) -> list[str]:
    query = select(AuditEntry.action).where(AuditEntry.subject == reference).order_by(AuditEntry.id)
    return list(session.scalars(query))


# Opening


def test_a_ticket_goes_to_the_queue_of_its_topic_with_its_deadline(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)

        ticket = open_ticket(session, grant)

    assert parse_reference(ticket.reference) == ticket.reference
    assert (ticket.queue, ticket.priority, ticket.status) == ("general", Priority.NORMAL, TicketStatus.OPEN)
    assert (ticket.created_at, ticket.due_at) == (NOW, DUE)
    assert (ticket.customer_id, ticket.conversation_id) == (grant.customer_id, grant.conversation_id)


def test_opening_is_audited_in_the_chain_of_the_customer_or_of_the_conversation(database: Database) -> None:
    with database.transaction() as session:
        known, unknown = opener(session), visitor(session)
        first, second = open_ticket(session, known), open_ticket(session, unknown)

    with database.reading() as session:
        chains = {entry.subject: entry.chain for entry in session.scalars(select(AuditEntry))}
    assert chains == {first.reference: known.customer_id, second.reference: unknown.conversation_id}


def test_a_visitors_contact_is_kept(database: Database) -> None:
    with database.transaction() as session:
        ticket = open_ticket(session, visitor(session), contact="mei@example.com")

    assert (ticket.contact, ticket.customer_id) == ("mei@example.com", None)


def test_a_ticket_in_a_claimed_name_is_that_customers_but_seen_in_its_conversation_only(database: Database) -> None:
    with database.transaction() as session:
        claimed = opener(session, assurance=Assurance.CLAIMED)
        other = opener(session, claimed.customer_id, assurance=Assurance.CLAIMED)

        ticket = open_ticket(session, claimed)

        assert ticket.customer_id == claimed.customer_id
        assert tickets.tickets_of(session, grant=claimed) == [ticket]
        assert tickets.tickets_of(session, grant=other) == []
        assert tickets.tickets_of(session, grant=viewer(session, str(claimed.customer_id))) == [ticket]


def test_the_same_request_again_gives_the_first_ticket(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)

        first = open_ticket(session, grant, request_key="message-1")
        again = open_ticket(session, grant, request_key="message-1", now=NOW + HOUR)

        assert again == first
        assert session.scalar(select(func.count(Ticket.id))) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"summary": "Something else"},
        {"topic": "payment_failed"},
        {"language": Language.ZH},
        {"contact": "mei@example.com"},
    ],
)
def test_the_same_key_with_other_content_is_a_conflict(database: Database, other: dict[str, Any]) -> None:
    with database.transaction() as session:
        grant = opener(session)
        open_ticket(session, grant, request_key="message-1")

        with pytest.raises(RequestConflict):
            open_ticket(session, grant, request_key="message-1", **other)


def test_somebody_elses_key_is_a_conflict_and_not_their_ticket(database: Database) -> None:
    with database.transaction() as session:
        open_ticket(session, opener(session), request_key="message-1")

        with pytest.raises(RequestConflict):
            open_ticket(session, opener(session), request_key="message-1")


def test_the_same_request_many_times_at_once_is_one_ticket(
    database: Database, race: Callable[..., list[object]]
) -> None:
    with database.transaction() as session:
        grant = opener(session)

    def ask() -> str:
        with database.transaction() as session:
            return open_ticket(session, grant, request_key="message-1").reference

    references = race(*[ask] * 8)

    assert len(set(references)) == 1
    with database.reading() as session:
        assert session.scalars(select(Ticket.reference)).all() == [references[0]]
        assert audited(session, str(references[0])) == ["ticket.open"]


def test_a_reference_that_is_taken_is_drawn_anew(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)

        first = open_ticket(session, grant, random=Random(5))
        second = open_ticket(session, grant, random=Random(5))

        assert first.reference == new_reference(ReferenceKind.TICKET, Random(5))
        assert second.reference != first.reference
        assert len(tickets.tickets_of(session, grant=grant)) == 2


def test_where_every_reference_drawn_is_taken_nothing_is_opened(database: Database) -> None:
    class Stuck(Random):
        def choice(self, seq: Any) -> Any:
            return seq[0]

    with database.transaction() as session:
        grant = opener(session)
        open_ticket(session, grant, random=Stuck())

        with pytest.raises(StorageUnavailable):
            open_ticket(session, grant, random=Stuck())

        assert len(tickets.tickets_of(session, grant=grant)) == 1


def test_a_mistake_of_the_program_is_not_taken_for_a_clash_of_references(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        nobody = Grant(Action.OPEN_TICKET, "C-none", None, Assurance.SIGNED_IN, grant.channel, None, "customer")

        with pytest.raises(IntegrityError):
            open_ticket(session, nobody)


def test_a_grant_for_something_else_opens_nothing(database: Database) -> None:
    with database.transaction() as session:
        grant = viewer(session, new_customer(session))

        with pytest.raises(WrongState):
            open_ticket(session, grant)


def test_text_that_a_database_would_refuse_is_cleaned(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)

        ticket = open_ticket(session, grant, summary=" a\0b\ud800 " + "长" * 5000, contact="\0x")

        assert ticket.summary.startswith("ab? 长")
        assert len(ticket.summary) == 4000
        assert ticket.contact == "x"


# Transactions


def test_own_transactions_are_attached(database: Database) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        payments = [factories.create_transaction(session, account_id=account.id).id for _ in range(2)]
        grant = opener(session, account.customer_id)

        ticket = open_ticket(session, grant, transaction_ids=payments)

        assert ticket.transaction_ids == tuple(payments)
        assert tickets.ticket_by_reference(session, grant=grant, reference=ticket.reference) == ticket


def test_another_customers_transaction_is_refused_as_an_unknown_one_is_and_nothing_is_opened(
    database: Database,
) -> None:
    with database.transaction() as session:
        theirs = factories.create_transaction(session, account_id=factories.create_account(session).id).id
        grant = opener(session)

    for transaction_id in (theirs, "TX-unknown"):
        with pytest.raises(NotFound) as refused, database.transaction() as session:
            open_ticket(session, grant, transaction_ids=[transaction_id])
        assert refused.value.facts == {}

    with database.reading() as session:
        assert session.scalar(select(func.count(Ticket.id))) == 0


def test_transactions_are_not_attached_below_signed_in(database: Database) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        payment = factories.create_transaction(session, account_id=account.id)
        claimed = opener(session, account.customer_id, assurance=Assurance.CLAIMED)
        ticket = open_ticket(session, claimed)

        with pytest.raises(NotAllowed):
            open_ticket(session, claimed, transaction_ids=[payment.id])
        with pytest.raises(NotAllowed):
            tickets.attach_transactions(
                session, grant=claimed, reference=ticket.reference, transaction_ids=[payment.id], now=NOW
            )


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


# Seeing


def test_a_customer_sees_their_own_tickets_newest_first(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        opened = [open_ticket(session, grant, summary=str(number)) for number in range(6)]
        open_ticket(session, opener(session))

        seen = tickets.tickets_of(session, grant=viewer(session, str(grant.customer_id)))

        assert [ticket.summary for ticket in seen] == ["5", "4", "3", "2", "1"]
        assert seen == opened[:0:-1]


def test_only_open_ones_are_shown_on_wish(database: Database) -> None:
    with database.transaction() as session:
        grant = opener(session)
        done, going_on = open_ticket(session, grant), open_ticket(session, grant)
        move(session, grant, done.reference, TicketStatus.RESOLVED)

        assert tickets.tickets_of(session, grant=grant, open_only=True) == [going_on]


def test_somebody_elses_reference_looks_like_an_unknown_one(database: Database) -> None:
    with database.transaction() as session:
        theirs = open_ticket(session, opener(session))
        stranger = viewer(session, new_customer(session))
        unknown = new_reference(ReferenceKind.TICKET, SystemRandom())

        errors = []
        for reference in (theirs.reference, unknown, "not a reference"):
            with pytest.raises(NotFound) as refused:
                tickets.ticket_by_reference(session, grant=stranger, reference=reference)
            errors.append((type(refused.value), str(refused.value), refused.value.facts))

        assert errors[0] == errors[1] == errors[2]


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


def test_a_visitor_sees_what_was_opened_in_this_conversation_alone(database: Database) -> None:
    with database.transaction() as session:
        here, elsewhere = visitor(session), visitor(session)
        ticket = open_ticket(session, here)
        other = open_ticket(session, elsewhere)

        assert tickets.tickets_of(session, grant=here) == [ticket]
        assert tickets.tickets_of_conversation(session, conversation_id=str(here.conversation_id)) == [ticket]
        assert tickets.ticket_by_reference(session, grant=here, reference=ticket.reference.lower()) == ticket
        with pytest.raises(NotFound):
            tickets.ticket_by_reference(session, grant=here, reference=other.reference)


def test_claiming_another_name_does_not_tell_whether_the_one_before_exists(database: Database) -> None:
    with database.transaction() as session:
        existing, second = new_customer(session), new_customer(session)
        seen = []
        for first in (existing, None):
            conversation = factories.create_conversation(session)
            verification.claim(session, conversation_id=conversation.id, customer_id=first, now=NOW)
            grant = verification.authorise(session, conversation_id=conversation.id, action=Action.OPEN_TICKET, now=NOW)
            ticket = open_ticket(session, grant)
            verification.claim(session, conversation_id=conversation.id, customer_id=second, now=NOW)
            grant = verification.authorise(session, conversation_id=conversation.id, action=Action.OPEN_TICKET, now=NOW)
            seen.append([ticket.reference] == [view.reference for view in tickets.tickets_of(session, grant=grant)])

        assert seen == [True, True]


def test_an_agent_sees_the_customers_tickets_or_all(database: Database) -> None:
    with database.transaction() as session:
        grant, other = opener(session), visitor(session)
        mine, theirs = open_ticket(session, grant), open_ticket(session, other)

        assert tickets.tickets_of(session, grant=agent(session, grant.customer_id)) == [mine]
        assert tickets.tickets_of(session, grant=agent(session)) == [theirs, mine]


def test_who_has_neither_name_nor_conversation_sees_nothing(database: Database) -> None:
    with database.transaction() as session:
        open_ticket(session, visitor(session))
        nobody = Grant(Action.VIEW, None, None, Assurance.ANONYMOUS, None, None, "customer")

        assert tickets.tickets_of(session, grant=nobody) == []


# States


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


@pytest.mark.parametrize("work", ["take", "assign", "transfer", "link"])
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
            "link": lambda: tickets.link_conversation(
                session, grant=grant, reference=reference, conversation_id="x", now=NOW
            ),
        }

        with pytest.raises(AgentOnly):
            attempts[work]()


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


# Comments


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


# Conversations


def test_a_ticket_is_tied_to_the_conversation_in_which_its_customer_is_signed_in(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        ana = agent_grant(session, customer_id=customer_id, action=Action.OPEN_TICKET)
        reference = open_ticket(session, ana).reference
        claimed, signed_in, later = (
            factories.create_conversation(session, customer_id=customer_id, assurance=assurance).id
            for assurance in (Assurance.CLAIMED, Assurance.SIGNED_IN, Assurance.SIGNED_IN)
        )
        elses = factories.create_conversation(session, customer_id=new_customer(session)).id

        def link(conversation_id: str) -> TicketView:
            return tickets.link_conversation(
                session, grant=ana, reference=reference, conversation_id=conversation_id, now=NOW
            )

        for wrong in (claimed, elses, "unknown"):
            with pytest.raises(NotFound):
                link(wrong)
        assert link(signed_in).conversation_id == link(signed_in).conversation_id == signed_in
        with pytest.raises(WrongState):
            link(later)


# Our own


def test_what_happens_by_itself_opens_one_ticket(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)

        def happen() -> TicketView:
            return tickets.open_ticket_ourselves(
                session,
                customer_id=customer_id,
                conversation_id=None,
                topic="unauthorized_transaction",
                summary="CB-2346789: not_requested",
                language=Language.ZH,
                routing=ROUTING,
                now=NOW,
                random=SystemRandom(),
                request_key="callback:1",
            )

        first, again = happen(), happen()

        assert first == again
        assert (first.queue, first.priority) == ("fraud", Priority.URGENT)
        assert tickets.tickets_of(session, grant=viewer(session, customer_id)) == [first]


# Disputes


def dispute(session: Session, grant: Grant, transaction_ids: list[str], **overrides: Any) -> TicketView:
    wish: dict[str, Any] = {
        "summary": "Two payments were not me.",
        "language": Language.EN,
        "routing": ROUTING,
        "now": NOW,
        "random": SystemRandom(),
    }
    return disputes.open_dispute(session, grant=grant, transaction_ids=transaction_ids, **{**wish, **overrides})


def disputer(session: Session) -> tuple[Grant, list[str]]:
    account = factories.create_account(session)
    payments = [factories.create_transaction(session, account_id=account.id).id for _ in range(3)]
    return customer_grant(session, customer_id=account.customer_id, action=Action.DISPUTE), payments


def test_a_dispute_is_an_urgent_fraud_ticket_with_its_transactions(database: Database) -> None:
    with database.transaction() as session:
        grant, payments = disputer(session)

        ticket = dispute(session, grant, payments[:2])

        assert (ticket.queue, ticket.priority) == ("fraud", Priority.URGENT)
        assert ticket.transaction_ids == tuple(payments[:2])


def test_disputing_the_same_transactions_again_gives_the_open_dispute(database: Database) -> None:
    with database.transaction() as session:
        grant, payments = disputer(session)
        first = dispute(session, grant, payments[:2])

        assert dispute(session, grant, payments[:1]) == first
        assert dispute(session, grant, payments[1:]).reference != first.reference

        move(session, agent(session), first.reference, TicketStatus.RESOLVED)
        assert dispute(session, grant, payments[:1]).reference != first.reference


def test_the_same_dispute_many_times_at_once_is_one(database: Database, race: Callable[..., list[object]]) -> None:
    with database.transaction() as session:
        grant, payments = disputer(session)

    def ask() -> str:
        with database.transaction() as session:
            return dispute(session, grant, payments).reference

    assert len(set(race(*[ask] * 8))) == 1


def test_a_dispute_with_a_key_given_before_is_checked_like_any_ticket(database: Database) -> None:
    with database.transaction() as session:
        grant, payments = disputer(session)
        first = dispute(session, grant, payments[:1], request_key="message-1")

        assert dispute(session, grant, payments[:1], request_key="message-1") == first
        with pytest.raises(RequestConflict):
            dispute(session, grant, payments, request_key="message-1")


def test_a_dispute_needs_own_transactions(database: Database) -> None:
    with database.transaction() as session:
        grant, payments = disputer(session)
        _, others = disputer(session)

        for wrong in ([], others[:1], [payments[0], others[0]], ["TX-unknown"]):
            with pytest.raises(NotFound):
                dispute(session, grant, wrong)


def test_a_grant_for_something_else_disputes_nothing(database: Database) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        payment = factories.create_transaction(session, account_id=account.id)

        with pytest.raises(WrongState):
            dispute(session, opener(session, account.customer_id), [payment.id])
