"""An agent's word reaches who opened the ticket, and tells nobody else anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.ticket_helpers import agent, comment, new_customer, open_ticket, opener, visitor
from wallet_core import conversations, owed_texts, text_opt_outs, text_threads, tickets, transcripts, verification
from wallet_core.database import Database
from wallet_core.models import Channel, ContactKind, ContactPoint, Language, Notice, Role
from wallet_core.policy import Action
from wallet_core.tickets import TicketView
from wallet_core.transcripts import Reply

THEIRS, OURS = "+16465550100", "+15005550006"


def tell(session: Session, ticket: TicketView, *, minutes: int = 0) -> str | None:
    """What an agent writes is told, and put on the ticket."""
    now = NOW + timedelta(minutes=minutes)
    told = tickets.tell_customer(
        session, ticket=ticket, word=lambda _: Reply(text="we asked the shop", language=Language.EN), now=now
    )
    comment(session, agent(session), ticket.reference, "we asked the shop", now=now)
    return told


def noticed(session: Session) -> list[tuple[ContactKind, str]]:
    rows = session.scalars(select(Notice).order_by(Notice.id)).all()
    assert {row.name for row in rows} <= {"utter_notice_ticket_answered"}
    assert all(set(row.facts) == {"reference"} for row in rows)
    return [(row.contact_kind, row.destination) for row in rows]


def contacts_of(session: Session, customer_id: str) -> list[tuple[ContactKind, str]]:
    points = select(ContactPoint).where(ContactPoint.customer_id == customer_id).order_by(ContactPoint.id)
    return [(point.kind, point.value) for point in session.scalars(points)]


def texting(session: Session, **owner: Any) -> str:
    """The conversation by text of a number; the number's ticket is opened in it."""
    if owner:
        factories.create_customer(session, phone=THEIRS, **owner)
    return text_threads.enter_thread(
        session, theirs=THEIRS, ours=OURS, language=Language.EN, idle=timedelta(days=3), now=NOW, random=Random(1)
    ).id


def ticket_in(session: Session, conversation_id: str, **facts: Any) -> TicketView:
    grant = verification.authorise(session, conversation_id=conversation_id, action=Action.OPEN_TICKET, now=NOW)
    return open_ticket(session, grant, **facts)


def test_a_signed_in_customer_reads_it_in_the_chat_and_is_sent_word_to_what_is_on_file(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        ticket = open_ticket(session, opener(session, customer_id))

        assert tell(session, ticket) == ticket.conversation_id

        [line] = transcripts.messages_after(session, conversation_id=str(ticket.conversation_id))
        assert (line.role, line.text) == (Role.SYSTEM, "we asked the shop")
        assert noticed(session) == contacts_of(session, customer_id)


def test_one_answer_is_one_notice_however_many_words_it_has(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        grant = opener(session, customer_id)
        ticket = open_ticket(session, grant)
        each = len(contacts_of(session, customer_id))

        counted = []
        for minutes in (0, 9, 20):
            tell(session, ticket, minutes=minutes)
            counted.append(len(noticed(session)))
        comment(session, grant, ticket.reference, "which shop?", now=NOW + timedelta(minutes=21))
        tell(session, ticket, minutes=22)

        assert [*counted, len(noticed(session))] == [each, each, 2 * each, 3 * each]


@pytest.mark.parametrize(
    ("contact", "sent"),
    [
        ("me@example.com", [(ContactKind.EMAIL, "me@example.com")]),
        ("+12125550123", [(ContactKind.PHONE, "+12125550123")]),
        ("+19005550123", []),
        (None, []),
    ],
)
def test_a_visitor_is_told_where_they_can_be_reached(
    database: Database, contact: str | None, sent: list[tuple[ContactKind, str]]
) -> None:
    with database.transaction() as session:
        ticket = open_ticket(session, visitor(session), contact=contact)

        assert tell(session, ticket) is not None
        assert noticed(session) == sent


def test_of_contacts_on_file_a_lost_one_is_left_out_though_it_was_left_with_the_ticket(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        (kind, phone), *others = contacts_of(session, customer_id)
        ticket = open_ticket(session, opener(session, customer_id), contact=phone)
        session.scalars(select(ContactPoint).where(ContactPoint.value == phone)).one().reported_lost_at = NOW

        tell(session, ticket)

        assert kind is ContactKind.PHONE
        assert noticed(session) == others


@pytest.mark.parametrize("owner", [{}, {"language": Language.EN}])
def test_who_texts_is_texted_the_word_itself_and_nothing_besides(database: Database, owner: dict[str, Any]) -> None:
    with database.transaction() as session:
        conversation_id = texting(session, **owner)
        ticket = ticket_in(session, conversation_id, contact=THEIRS)

        assert tell(session, ticket) == conversation_id
        [line] = transcripts.messages_after(session, conversation_id=conversation_id)
        assert owed_texts.take_owed(session, conversation_id=conversation_id) == [line.id]
        assert noticed(session) == []


def change_owner(session: Session, _: str) -> None:
    session.scalars(select(ContactPoint).where(ContactPoint.value == THEIRS)).one().ended_at = NOW
    factories.create_customer(session, phone=THEIRS)


def lose(session: Session, _: str) -> None:
    session.scalars(select(ContactPoint).where(ContactPoint.value == THEIRS)).one().reported_lost_at = NOW


def opt_out(session: Session, _: str) -> None:
    text_opt_outs.opt_out(session, number=THEIRS, now=NOW)


def end(session: Session, conversation_id: str) -> None:
    conversations.end_conversation(session, conversation_id=conversation_id, now=NOW)


@pytest.mark.parametrize("happened", [change_owner, lose, opt_out, end])
def test_no_answer_is_texted_where_somebody_else_may_read_it_or_nobody(
    database: Database, happened: Callable[[Session, str], None]
) -> None:
    with database.transaction() as session:
        conversation_id = texting(session, language=Language.EN)
        ticket = ticket_in(session, conversation_id, contact=THEIRS)
        happened(session, conversation_id)

        assert tell(session, ticket) is None
        assert transcripts.messages_after(session, conversation_id=conversation_id) == []
        assert noticed(session)


def test_in_a_call_and_in_an_ended_chat_no_line_is_written(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        called = open_ticket(session, opener(session, customer_id, channel=Channel.VOICE))
        ended = open_ticket(session, opener(session, customer_id))
        end(session, str(ended.conversation_id))

        assert (tell(session, called), tell(session, ended)) == (None, None)
        assert len(noticed(session)) == 2 * len(contacts_of(session, customer_id))


def test_another_conversation_of_the_same_number_is_told_nothing(database: Database) -> None:
    """The number is a claim; only the conversation that opened the ticket knows of it."""
    with database.transaction() as session:
        ticket = ticket_in(session, texting(session), contact=THEIRS)
        later = text_threads.enter_thread(
            session,
            theirs=THEIRS,
            ours=OURS,
            language=Language.EN,
            idle=timedelta(days=3),
            now=NOW + timedelta(days=4),
            random=Random(2),
        ).id

        assert tell(session, ticket) is None
        assert transcripts.messages_after(session, conversation_id=later) == []
        assert noticed(session) == [(ContactKind.PHONE, THEIRS)]
