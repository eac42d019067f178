"""Calling back: three tries with pauses, words for people only, and each outcome told once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.wallet_core.callback_helpers import (
    asker,
    create_callback,
    expire,
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
from wallet_core import callbacks, tickets
from wallet_core.callbacks import AttemptOutcome, CallbackView, CallOutcome
from wallet_core.database import Database
from wallet_core.errors import LimitReached, NotFound, RequestConflict, WrongState
from wallet_core.models import (
    AuditEntry,
    Callback,
    CallbackAttempt,
    CallbackBlock,
    CallbackStatus,
    Language,
    Notice,
    Ticket,
    TicketComment,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=2)


# Attempts


def test_an_attempt_is_written_down_before_the_call(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, number="+12025550123", language=Language.ZH)

        attempt = ring(session, take(session).id)

        assert (attempt.number, attempt.destination, attempt.language) == (1, "+12025550123", Language.ZH)
        assert (attempt.holder, attempt.call_sid, attempt.has_phrase) == ("worker-1", None, True)
        assert callbacks.attempt_by_id(session, attempt_id=attempt.id) == attempt


def test_nothing_is_started_after_the_window(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, window_end=NOW + MINUTE)
        claimed = take(session)

        with pytest.raises(WrongState) as refused:
            ring(session, claimed.id, now=NOW + MINUTE)

        assert refused.value.facts["state"] == CallbackStatus.EXPIRED


def test_nobody_is_called_who_blocked_us_meanwhile(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, number="+12025550123")
        claimed = take(session)
        session.add(CallbackBlock(number="+12025550123", until=NOW + HOUR))
        session.flush()

        with pytest.raises(LimitReached):
            ring(session, claimed.id)
        assert expire(session, NOW) == []
        assert callbacks.claim_due(session, holder="worker-2", now=NOW + LEASE) == []
        assert expire(session, NOW + LEASE) == [claimed.reference]

        assert status_of(session, claimed.id) is CallbackStatus.CANCELLED
        assert texts(session) == []


def test_the_providers_number_of_a_call_is_kept(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session)
        attempt = ring(session, take(session).id)

        callbacks.note_call(session, attempt_id=attempt.id, call_sid="CA1")
        callbacks.note_call(session, attempt_id=attempt.id, call_sid="CA1")

        assert callbacks.attempt_by_id(session, attempt_id=attempt.id).call_sid == "CA1"
        with pytest.raises(RequestConflict):
            callbacks.note_call(session, attempt_id=attempt.id, call_sid="CA2")


@pytest.mark.parametrize("work", ["note", "view", "phrase", "outcome"])
def test_an_unknown_attempt_is_not_found(sqlite_database: Database, work: str) -> None:
    with sqlite_database.transaction() as session:
        attempts: dict[str, Callable[[], object]] = {
            "note": lambda: callbacks.note_call(session, attempt_id="unknown", call_sid="CA1"),
            "view": lambda: callbacks.attempt_by_id(session, attempt_id="unknown"),
            "phrase": lambda: callbacks.phrase_for_call(session, attempt_id="unknown", machine=False),
            "outcome": lambda: report(session, "unknown", AttemptOutcome.BUSY),
        }

        with pytest.raises(NotFound):
            attempts[work]()


# The phrase


def test_the_phrase_is_told_to_a_person_and_never_to_a_machine(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, phrase="maple lantern")
        attempt = ring(session, take(session).id)

        assert callbacks.phrase_for_call(session, attempt_id=attempt.id, machine=False) == "maple lantern"
        assert callbacks.phrase_for_call(session, attempt_id=attempt.id, machine=True) is None


def test_a_callback_without_a_phrase_says_none(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, phrase=None)
        attempt = ring(session, take(session).id)

        assert not attempt.has_phrase
        assert callbacks.phrase_for_call(session, attempt_id=attempt.id, machine=False) is None


@pytest.mark.parametrize("key", [AttemptOutcome.CONNECTED, AttemptOutcome.NOT_REQUESTED, AttemptOutcome.LATER])
def test_the_phrase_is_used_up_when_a_key_is_pressed(database: Database, key: AttemptOutcome) -> None:
    with database.transaction() as session:
        callback = create_callback(session)
        attempt = ring(session, take(session).id)

        report(session, attempt.id, key)

        assert callbacks.phrase_for_call(session, attempt_id=attempt.id, machine=False) is None
        assert session.get_one(Callback, callback.id).phrase_used_at == NOW


def test_the_phrase_waits_for_the_next_try_where_no_key_was_pressed(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, phrase="maple lantern")
        try_once(session, AttemptOutcome.NO_KEY)

        attempt = ring(session, take(session, now=NOW + 5 * MINUTE).id, now=NOW + 5 * MINUTE)

        assert callbacks.phrase_for_call(session, attempt_id=attempt.id, machine=False) == "maple lantern"


def test_a_used_phrase_is_not_in_a_receipt_that_is_given_again(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        assert request(session, grant, request_key="message-1").phrase
        try_once(session, AttemptOutcome.CONNECTED)

        assert request(session, grant, request_key="message-1").phrase is None


# Outcomes


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (AttemptOutcome.NO_ANSWER, "utter_notice_callback_missed"),
        (AttemptOutcome.BUSY, "utter_notice_callback_missed"),
        (AttemptOutcome.MACHINE, "utter_notice_callback_missed"),
        (AttemptOutcome.NO_KEY, "utter_notice_callback_missed"),
        (AttemptOutcome.UNREACHABLE, "utter_notice_callback_not_called"),
        (AttemptOutcome.UNKNOWN, "utter_notice_callback_not_called"),
    ],
)
def test_three_tries_with_growing_pauses_then_a_text_and_a_note(
    database: Database, outcome: AttemptOutcome, text: str
) -> None:
    with database.transaction() as session:
        callback = create_callback(session)

        first = try_once(session, outcome)
        assert (first.status, first.due_at) == (CallbackStatus.REQUESTED, NOW + 5 * MINUTE)
        assert callbacks.claim_due(session, holder="worker-1", now=NOW + 5 * MINUTE - MINUTE / 60) == []
        second = try_once(session, outcome, now=NOW + 5 * MINUTE)
        assert second.status is CallbackStatus.REQUESTED
        assert callbacks.claim_due(session, holder="worker-1", now=NOW + 24 * MINUTE) == []
        assert texts(session) == []
        third = try_once(session, outcome, now=NOW + 25 * MINUTE)

        assert (third.status, third.outcome, third.attempts_count) == (CallbackStatus.FAILED, outcome, 3)
        assert third.due_at is None
        assert callbacks.claim_due(session, holder="worker-1", now=NOW + HOUR) == []
        assert texts(session) == [text]
        ticket = tickets.ticket_by_reference(
            session, grant=viewer(session, str(callback.customer_id)), reference=str(third.ticket_reference)
        )
        assert ticket.summary == f"{callback.reference}: failed, {outcome}"
        notice = session.scalars(select(Notice)).one()
        assert (notice.destination, notice.facts) == (
            callback.number,
            {"reference": callback.reference, "ticket": ticket.reference},
        )


@pytest.mark.parametrize(("phrase", "how"), [("maple lantern", "signed in"), (None, "not proven")])
def test_what_it_is_about_is_noted_for_agents_alone_on_the_ticket_that_is_left(
    database: Database, phrase: str | None, how: str
) -> None:
    with database.transaction() as session:
        callback = create_callback(session, about="my refund", phrase=phrase, window_end=NOW + 5 * MINUTE)

        view = try_once(session, AttemptOutcome.NO_ANSWER)

        ticket = session.scalars(select(Ticket)).one()
        first, _ = session.scalars(select(TicketComment).order_by(TicketComment.id))
        assert (ticket.reference, "my refund" in ticket.summary) == (view.ticket_reference, False)
        assert (first.text, first.internal) == (
            f"{callback.reference}, said when it was asked for ({how}): my refund",
            True,
        )


def test_a_try_that_would_come_after_the_window_is_not_made(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, window_end=NOW + 5 * MINUTE)

        view = try_once(session, AttemptOutcome.NO_ANSWER)

        assert (view.status, view.outcome) == (CallbackStatus.EXPIRED, AttemptOutcome.NO_ANSWER)
        assert texts(session) == ["utter_notice_callback_missed"]


@pytest.mark.parametrize("window", [20 * MINUTE, 2 * HOUR])
def test_who_says_not_now_the_last_time_is_told_in_the_call_and_not_by_text(
    database: Database, window: timedelta
) -> None:
    with database.transaction() as session:
        create_callback(session, window_end=NOW + window)
        now, view = NOW, try_once(session, AttemptOutcome.LATER)
        while view.due_at is not None:
            now = view.due_at
            view = try_once(session, AttemptOutcome.LATER, now=now)

        assert view.status in (CallbackStatus.EXPIRED, CallbackStatus.FAILED)
        assert texts(session) == []
        assert view.ticket_reference is not None


def test_later_is_half_an_hour_later(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session)

        view = try_once(session, AttemptOutcome.LATER)

        assert view.status is CallbackStatus.REQUESTED
        assert callback.due_at == NOW + 30 * MINUTE


def test_the_next_try_never_comes_before_a_changed_window(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session)
        attempt = ring(session, take(session).id)
        callback.window_start, callback.window_end = NOW + HOUR, NOW + 3 * HOUR
        session.flush()

        report(session, attempt.id, AttemptOutcome.NO_ANSWER)

        assert callback.due_at == NOW + HOUR


def test_an_outcome_that_is_told_twice_counts_once(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session)
        attempt = ring(session, take(session).id)

        first = report(session, attempt.id, AttemptOutcome.NO_ANSWER)
        again = report(session, attempt.id, AttemptOutcome.NO_ANSWER, now=NOW + MINUTE)

        assert again == first
        with pytest.raises(RequestConflict):
            report(session, attempt.id, AttemptOutcome.CONNECTED)


def test_a_key_after_the_call_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session)
        attempt = ring(session, take(session).id)
        report(session, attempt.id, AttemptOutcome.NO_KEY)

        with pytest.raises(RequestConflict):
            report(session, attempt.id, AttemptOutcome.NOT_REQUESTED)

        assert status_of(session, callback.id) is CallbackStatus.REQUESTED


def test_of_two_outcomes_told_at_once_one_counts(database: Database, race: Callable[..., list[object]]) -> None:
    with database.transaction() as session:
        callback_id = create_callback(session).id
        attempt = ring(session, take(session).id)

    def tell(outcome: AttemptOutcome) -> Callable[[], object]:
        def job() -> object:
            with database.transaction() as session:
                return report(session, attempt.id, outcome)

        return job

    results = race(*map(tell, [AttemptOutcome.CONNECTED, AttemptOutcome.NO_ANSWER] * 3))

    told = {result.outcome for result in results if isinstance(result, CallbackView)}
    assert len(told) == 1
    assert sum(isinstance(result, RequestConflict) for result in results) == 3
    with database.reading() as session:
        ended = session.scalars(select(CallbackAttempt.outcome)).one()
        assert {ended} == told
        assert session.get_one(Callback, callback_id).outcome == ended


def test_what_the_network_tells_needs_no_holder(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session)
        attempt = ring(session, take(session).id)

        report(session, attempt.id, AttemptOutcome.CONNECTED, now=NOW + HOUR)

        assert status_of(session, callback.id) is CallbackStatus.CONNECTED


def test_every_change_is_audited(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session)
        try_once(session, AttemptOutcome.CONNECTED)
        finish(session, callback.id, CallOutcome.TALKED)

    with database.reading() as session:
        written = session.execute(select(AuditEntry.action, AuditEntry.actor).order_by(AuditEntry.id)).all()
        assert [tuple(entry) for entry in written] == [
            ("callback.attempt", "system"),
            ("callback.outcome", "system"),
            ("callback.complete", "agent:ana"),
        ]
