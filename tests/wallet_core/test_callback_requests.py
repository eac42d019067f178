"""Asking for a callback: words for the owner alone, one neutral answer to strangers, and time to think again."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.callback_helpers import (
    NEW_NUMBER,
    NIGHT_AND_DAY,
    PHRASES,
    asker,
    is_called,
    neutral,
    new_customer,
    request,
    ring,
    stored,
    stranger,
    take,
)
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import agent_grant, customer_grant
from tests.wallet_core.routings import ROUTING
from wallet_core import callbacks, tickets
from wallet_core.database import Database
from wallet_core.errors import InvalidTime, NotFound, RequestConflict, WrongState
from wallet_core.models import Assurance, AuditEntry, CallbackBlock, CallbackStatus, Language
from wallet_core.policy import Action, Grant
from wallet_core.references import parse_reference

HOUR = timedelta(hours=1)


# Signed in


def test_a_signed_in_customer_is_called_on_file_and_shown_a_phrase(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session, phone="+8613800138000"))

        receipt = request(session, grant, language=Language.ZH)

        assert parse_reference(receipt.reference) == receipt.reference
        assert receipt.masked_number == "+86 •••••••••00"
        assert set(str(receipt.phrase).split()) <= set(PHRASES.zh)
        assert (receipt.window_start, receipt.window_end) == (NOW, NOW + 2 * HOUR)
        row = stored(session, receipt.reference)
        assert (row.number, row.status, row.due_at) == ("+8613800138000", CallbackStatus.REQUESTED, NOW)


def test_the_request_is_audited_for_the_customer(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)

    with database.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.chain, entry.action, entry.subject) == (
            grant.customer_id,
            "callback.request",
            receipt.reference,
        )


def test_the_same_request_again_gives_the_first_receipt(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        wish = {"request_key": "message-1", "start": NOW + HOUR, "end": NOW + 2 * HOUR}

        first = request(session, grant, **wish)

        assert request(session, grant, **wish) == first
        assert request(session, grant, request_key="message-1") == first


@pytest.mark.parametrize(
    "other",
    [
        {"topic": "app_problem"},
        {"language": Language.ZH},
        {"start": NOW + 3 * HOUR},
        {"start": NOW + HOUR, "end": NOW + 3 * HOUR},
        {"number": NEW_NUMBER},
    ],
)
def test_the_same_key_with_other_content_is_a_conflict(database: Database, other: dict[str, Any]) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        grant = asker(session, customer_id, assurance=Assurance.PROVEN, action=Action.CALLBACK_NEW_NUMBER)
        request(session, grant, request_key="message-1", start=NOW + HOUR, end=NOW + 2 * HOUR)

        with pytest.raises(RequestConflict):
            request(session, grant, request_key="message-1", **other)


def test_somebody_elses_key_is_a_conflict(database: Database) -> None:
    with database.transaction() as session:
        request(session, asker(session, new_customer(session)), request_key="message-1")

        with pytest.raises(RequestConflict):
            request(session, asker(session, new_customer(session)), request_key="message-1")


def test_a_callback_may_be_about_an_own_ticket(database: Database) -> None:
    with database.transaction() as session:
        customer_id, other_id = new_customer(session), new_customer(session)
        mine, theirs = (
            tickets.open_ticket(
                session,
                grant=customer_grant(session, customer_id=owner, action=Action.OPEN_TICKET),
                topic="app_problem",
                summary="It hangs.",
                language=Language.EN,
                routing=ROUTING,
                now=NOW,
                random=Random(),
            )
            for owner in (customer_id, other_id)
        )
        grant = asker(session, customer_id)

        with pytest.raises(NotFound):
            request(session, grant, ticket_reference=theirs.reference)
        receipt = request(session, grant, ticket_reference=mine.reference.lower())

        view = callbacks.callback_by_reference(session, grant=grant, reference=receipt.reference)
        assert view.ticket_reference == mine.reference


def test_a_window_out_of_hours_is_refused(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))

        with pytest.raises(InvalidTime):
            request(session, grant, topic="app_problem", start=NOW + HOUR)


def test_the_topics_queue_decides_the_priority(database: Database) -> None:
    with database.transaction() as session:
        receipt = request(session, asker(session, new_customer(session)), topic=NIGHT_AND_DAY)

        assert stored(session, receipt.reference).priority == 2


# Strangers


def test_strangers_hear_the_same_whether_the_name_is_known_or_not(database: Database) -> None:
    with database.transaction() as session:
        blocked = new_customer(session, phone="+12025550150")
        session.add(CallbackBlock(number="+12025550150", until=NOW + HOUR))
        names = {
            "known": new_customer(session),
            "unknown": None,
            "without number": new_customer(session, phone=None),
            "premium rate": new_customer(session, phone="+19005551234"),
            "blocked": blocked,
        }
        pending = new_customer(session)
        request(session, asker(session, pending))
        names["pending"] = pending

        grants = {name: stranger(session, id_) for name, id_ in names.items()}
        grants["nobody named"] = asker_without_name(session)
        receipts = {name: request(session, grant) for name, grant in grants.items()}

        assert {repr(neutral(receipt)) for receipt in receipts.values()} == {
            repr({"window_start": NOW, "window_end": NOW + 2 * HOUR, "phrase": None, "masked_number": None})
        }
        called = {name for name, receipt in receipts.items() if is_called(session, receipt.reference)}
        assert called == {"known"}


def asker_without_name(session: Session) -> Grant:
    conversation = factories.create_conversation(session)
    return Grant(
        Action.CALLBACK_ON_FILE, None, None, Assurance.ANONYMOUS, conversation.channel, conversation.id, "customer"
    )


def test_a_request_key_is_answered_alike_to_strangers(database: Database) -> None:
    with database.transaction() as session:
        for number, name in enumerate((new_customer(session), None)):
            grant = stranger(session, name)

            first = request(session, grant, request_key=f"message-{number}")

            assert request(session, grant, request_key=f"message-{number}") == first


def test_a_conversation_that_is_proven_no_more_is_not_told_the_phrase_again(database: Database) -> None:
    with database.transaction() as session:
        proven = asker(session, new_customer(session), assurance=Assurance.PROVEN)
        assert request(session, proven, request_key="message-1").phrase
        fallen = Grant(
            proven.action,
            proven.customer_id,
            None,
            Assurance.CLAIMED,
            proven.channel,
            proven.conversation_id,
            proven.actor,
        )

        again = request(session, fallen, request_key="message-1")

        assert (again.phrase, again.masked_number) == (None, None)


def test_requests_in_unknown_names_are_never_claimed(database: Database) -> None:
    with database.transaction() as session:
        request(session, stranger(session, None))

        assert callbacks.claim_due(session, holder="worker-1", now=NOW + HOUR) == []


def test_known_and_unknown_names_cost_the_same_statements(database: Database) -> None:
    with database.transaction() as session:
        grants = [stranger(session, new_customer(session)), stranger(session, None)]
    counted = []
    for grant in grants:
        statements: list[str] = []

        def count(*arguments: Any, seen: list[str] = statements) -> None:
            seen.append(arguments[2])

        event.listen(database.engine, "before_cursor_execute", count)
        with database.transaction() as session:
            request(session, grant)
        event.remove(database.engine, "before_cursor_execute", count)
        counted.append(statements)

    assert counted[0] == counted[1]


# Agents


def test_an_agent_asks_for_a_customer_and_learns_no_phrase(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        grant = agent_grant(session, customer_id=customer_id, action=Action.CALLBACK_ON_FILE)

        receipt = request(session, grant)

        assert receipt.phrase is None
        view = callbacks.callback_by_reference(session, grant=grant, reference=receipt.reference)
        assert (view.status, view.phrase_given) == (CallbackStatus.REQUESTED, False)


# Changing one's mind


def test_a_callback_is_called_off(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)

        view = callbacks.cancel_callback(session, grant=grant, reference=receipt.reference, now=NOW)

        assert (view.status, view.outcome) == (CallbackStatus.CANCELLED, "cancelled")
        assert callbacks.claim_due(session, holder="worker-1", now=NOW) == []
        assert callbacks.pending_callback(session, grant=grant, now=NOW) is None
        with pytest.raises(WrongState):
            callbacks.cancel_callback(session, grant=grant, reference=receipt.reference, now=NOW)


def test_a_claimed_callback_can_be_called_off_until_it_rings(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)
        claimed = take(session)

        callbacks.cancel_callback(session, grant=grant, reference=receipt.reference, now=NOW)

        with pytest.raises(WrongState):
            ring(session, claimed.id)


@pytest.mark.parametrize("change", ["cancel", "change"])
def test_a_callback_that_rings_is_neither_called_off_nor_moved(database: Database, change: str) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        reference = request(session, grant).reference
        ring(session, take(session).id)

        with pytest.raises(WrongState):
            if change == "cancel":
                callbacks.cancel_callback(session, grant=grant, reference=reference, now=NOW)
            else:
                callbacks.change_window(session, grant=grant, reference=reference, routing=ROUTING, now=NOW)


def test_another_time_takes_it_from_whoever_was_about_to_call(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)
        claimed = take(session)

        view = callbacks.change_window(
            session,
            grant=grant,
            reference=receipt.reference,
            routing=ROUTING,
            now=NOW,
            start=NOW + 5 * HOUR,
            end=NOW + 6 * HOUR,
        )

        assert (view.window_start, view.window_end) == (NOW + 5 * HOUR, NOW + 6 * HOUR)
        assert callbacks.claim_due(session, holder="worker-2", now=NOW + 4 * HOUR) == []
        assert [due.id for due in callbacks.claim_due(session, holder="worker-2", now=NOW + 5 * HOUR)] == [claimed.id]


def test_another_time_has_to_be_one_that_can_be_kept(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)

        with pytest.raises(InvalidTime):
            callbacks.change_window(
                session, grant=grant, reference=receipt.reference, routing=ROUTING, now=NOW, start=NOW - HOUR
            )
