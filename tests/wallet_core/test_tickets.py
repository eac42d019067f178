"""Tickets: opened once, with what they are about, and seen by whom they belong to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random, SystemRandom
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.routings import ROUTING
from tests.wallet_core.ticket_helpers import (
    DUE,
    agent,
    audited,
    move,
    new_customer,
    open_ticket,
    opener,
    viewer,
    visitor,
)
from wallet_core import tickets, verification
from wallet_core.database import Database
from wallet_core.errors import NotAllowed, NotFound, RequestConflict, StorageUnavailable, WrongState
from wallet_core.models import Assurance, AuditEntry, Language, Priority, Ticket, TicketStatus
from wallet_core.policy import Action, Grant
from wallet_core.references import ReferenceKind, new_reference, parse_reference
from wallet_core.tickets import TicketView

HOUR = timedelta(hours=1)


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
