"""How callbacks end, and what follows: a note on the ticket, a text, a number that we leave alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from tests.wallet_core.callback_helpers import (
    RANDOM,
    asker,
    create_callback,
    finish,
    new_customer,
    report,
    request,
    ring,
    status_of,
    take,
    texts,
    try_once,
    viewer,
)
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import customer_grant
from tests.wallet_core.routings import ROUTING
from wallet_core import callbacks, tickets
from wallet_core.callbacks import AttemptOutcome, CallbackView, CallOutcome
from wallet_core.database import Database
from wallet_core.errors import NotFound, RequestConflict, WrongState
from wallet_core.models import CallbackBlock, CallbackStatus, Language, Ticket, TicketComment
from wallet_core.policy import Action

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


# Finished


@pytest.mark.parametrize(
    ("outcome", "tickets_opened"),
    [(CallOutcome.TALKED, 0), (CallOutcome.HUNG_UP, 0), (CallOutcome.NOBODY_FREE, 1)],
)
def test_a_connected_callback_ends_with_its_outcome(
    database: Database, outcome: CallOutcome, tickets_opened: int
) -> None:
    with database.transaction() as session:
        callback_id = create_callback(session).id
        try_once(session, AttemptOutcome.CONNECTED)

        view = finish(session, callback_id, outcome)

        assert (view.status, view.outcome) == (CallbackStatus.COMPLETED, outcome)
        assert session.scalar(select(func.count(Ticket.id))) == tickets_opened
        assert finish(session, callback_id, outcome, now=NOW + HOUR) == view
        with pytest.raises(RequestConflict):
            finish(session, callback_id, CallOutcome.UNKNOWN)


def test_what_was_never_connected_cannot_be_finished(database: Database) -> None:
    with database.transaction() as session:
        callback_id = create_callback(session).id

        with pytest.raises(WrongState):
            finish(session, callback_id, CallOutcome.TALKED)
        with pytest.raises(NotFound):
            finish(session, "unknown", CallOutcome.TALKED)


def test_a_note_goes_to_the_ticket_that_it_is_about(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        ticket = tickets.open_ticket(
            session,
            grant=customer_grant(session, customer_id=customer_id, action=Action.OPEN_TICKET),
            topic="app_problem",
            summary="It hangs.",
            language=Language.EN,
            routing=ROUTING,
            now=NOW,
            random=Random(),
        )
        receipt = request(session, asker(session, customer_id), ticket_reference=ticket.reference)
        claimed = take(session)
        report(session, ring(session, claimed.id).id, AttemptOutcome.CONNECTED)

        view = finish(session, claimed.id, CallOutcome.TALKED)

        assert view.ticket_reference == ticket.reference
        note = session.scalars(select(TicketComment)).one()
        assert (note.text, note.internal, note.author) == (f"{receipt.reference}: completed, talked", True, "system")
        assert session.scalar(select(func.count(Ticket.id))) == 1


# Key 9


def test_key_nine_blocks_the_number_and_opens_a_fraud_ticket(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session, number="+12025550123", topic="app_problem")

        view = try_once(session, AttemptOutcome.NOT_REQUESTED)

        assert view.status is CallbackStatus.NOT_REQUESTED
        ticket = tickets.ticket_by_reference(
            session, grant=viewer(session, str(callback.customer_id)), reference=str(view.ticket_reference)
        )
        assert (ticket.topic, ticket.queue) == ("report_scam", "fraud")
        assert texts(session) == ["utter_notice_callback_not_requested"]
        day = timedelta(hours=24)
        assert callbacks.blocked_until(session, number="+12025550123", now=NOW) == NOW + day
        assert callbacks.blocked_until(session, number="+12025550123", now=NOW + day) is None


def test_key_nine_calls_off_what_else_would_ring_that_number(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, number="+12025550123", due_at=NOW - MINUTE)
        waiting = create_callback(session, number="+12025550123", due_at=NOW + MINUTE).id
        held = create_callback(session, number="+12025550123").id
        ringing = create_callback(session, number="+12025550123").id
        elsewhere = create_callback(session, number="+12025550124", due_at=NOW + MINUTE).id
        claimed = take(session)
        others = callbacks.claim_due(session, holder="worker-2", now=NOW)
        assert {due.id for due in others} == {held, ringing}
        ring(session, ringing, holder="worker-2")

        report(session, ring(session, claimed.id).id, AttemptOutcome.NOT_REQUESTED)

        assert status_of(session, waiting) is CallbackStatus.CANCELLED
        assert status_of(session, held) is CallbackStatus.CANCELLED
        assert status_of(session, ringing) is CallbackStatus.CALLING
        assert status_of(session, elsewhere) is CallbackStatus.REQUESTED


@pytest.mark.parametrize("before", [-HOUR, HOUR])
def test_key_nine_again_makes_the_block_longer(database: Database, before: timedelta) -> None:
    with database.transaction() as session:
        create_callback(session, number="+12025550123")
        attempt = ring(session, take(session).id)
        session.add(CallbackBlock(number="+12025550123", until=NOW + before))
        session.flush()

        report(session, attempt.id, AttemptOutcome.NOT_REQUESTED)

        assert callbacks.blocked_until(session, number="+12025550123", now=NOW) == NOW + timedelta(hours=24)


def test_key_nine_in_two_calls_at_once_is_one_block(database: Database, race: Callable[..., list[object]]) -> None:
    with database.transaction() as session:
        for _ in range(4):
            create_callback(session, number="+12025550123")
        attempts = [
            ring(session, due.id).id for due in callbacks.claim_due(session, holder="worker-1", now=NOW, limit=4)
        ]

    def press(attempt_id: str) -> Callable[[], object]:
        def job() -> object:
            with database.transaction() as session:
                return report(session, attempt_id, AttemptOutcome.NOT_REQUESTED)

        return job

    results = race(*map(press, attempts))

    assert [type(result) for result in results] == [CallbackView] * 4
    with database.reading() as session:
        assert session.scalars(select(CallbackBlock.until)).all() == [NOW + timedelta(hours=24)]
        assert session.scalar(select(func.count(Ticket.id))) == 4


def test_key_nine_leaves_a_note_on_the_ticket_it_was_about_beside_the_fraud_ticket(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        about = tickets.open_ticket_ourselves(
            session,
            customer_id=customer_id,
            conversation_id=None,
            topic="app_problem",
            summary="It hangs.",
            language=Language.EN,
            routing=ROUTING,
            now=NOW,
            random=RANDOM,
            request_key="x",
        )
        ticket_id = session.scalar(select(Ticket.id).where(Ticket.reference == about.reference))
        create_callback(session, customer_id=customer_id, ticket_id=ticket_id)

        view = try_once(session, AttemptOutcome.NOT_REQUESTED)

        assert view.ticket_reference == about.reference
        topics = session.scalars(select(Ticket.topic).order_by(Ticket.id)).all()
        assert topics == ["app_problem", "report_scam"]
        assert session.scalars(select(TicketComment.ticket_id)).all() == [ticket_id]
