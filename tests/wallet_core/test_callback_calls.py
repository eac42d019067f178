"""Calling back: one holder at a time, three tries with pauses, words for people only, and a written end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.wallet_core.callback_helpers import (
    RANDOM,
    asker,
    create_callback,
    new_customer,
    report,
    request,
    ring,
    take,
)
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import agent_grant, customer_grant
from tests.wallet_core.routings import ROUTING
from wallet_core import callbacks, tickets
from wallet_core.callbacks import AttemptOutcome, CallbackView, CallOutcome, ClaimedCallback
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, LimitReached, NotFound, RequestConflict, WrongState
from wallet_core.models import (
    AuditEntry,
    Callback,
    CallbackAttempt,
    CallbackBlock,
    CallbackStatus,
    Language,
    Notice,
    Priority,
    Ticket,
    TicketComment,
)
from wallet_core.policy import Action, Grant

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=2)


def viewer(session: Session, customer_id: str) -> Grant:
    return customer_grant(session, customer_id=customer_id, action=Action.VIEW)


def status_of(session: Session, callback_id: str) -> CallbackStatus:
    return session.get_one(Callback, callback_id, populate_existing=True).status


def try_once(session: Session, outcome: AttemptOutcome, now: datetime = NOW) -> CallbackView:
    """Claim the one that is due, call, and tell what came of it."""
    claimed = take(session, now=now)
    return report(session, ring(session, claimed.id, now=now).id, outcome, now=now, holder="worker-1")


def expire(session: Session, now: datetime) -> list[str]:
    return callbacks.expire_overdue(session, routing=ROUTING, now=now, random=RANDOM)


def finish(session: Session, callback_id: str, outcome: CallOutcome, now: datetime = NOW) -> CallbackView:
    return callbacks.finish_callback(
        session,
        callback_id=callback_id,
        outcome=outcome,
        actor="agent:ana",
        routing=ROUTING,
        now=now,
        random=RANDOM,
    )


def texts(session: Session) -> list[str]:
    return list(session.scalars(select(Notice.name).order_by(Notice.id)))


# Claiming


def test_due_callbacks_are_claimed_by_due_time_then_priority(database: Database) -> None:
    with database.transaction() as session:
        late = create_callback(session, due_at=NOW, window_start=NOW, priority=Priority.URGENT).id
        first_low = create_callback(session, due_at=NOW - MINUTE, priority=Priority.LOW).id
        first_high = create_callback(session, due_at=NOW - MINUTE, priority=Priority.HIGH).id
        create_callback(session, due_at=NOW + MINUTE)

    with database.transaction() as session:
        claimed = callbacks.claim_due(session, holder="worker-1", now=NOW)

        assert [due.id for due in claimed] == [first_high, first_low, late]
        assert {due.held_until for due in claimed} == {NOW + LEASE}
        assert {status_of(session, due.id) for due in claimed} == {CallbackStatus.CALLING}


def test_no_more_are_claimed_than_wanted(database: Database) -> None:
    with database.transaction() as session:
        for _ in range(3):
            create_callback(session)

        assert len(callbacks.claim_due(session, holder="worker-1", now=NOW, limit=2)) == 2
        assert len(callbacks.claim_due(session, holder="worker-2", now=NOW, limit=2)) == 1


@pytest.mark.parametrize("status", sorted(set(CallbackStatus) - {CallbackStatus.REQUESTED}))
def test_what_is_over_or_in_hand_is_not_claimed(sqlite_database: Database, status: CallbackStatus) -> None:
    with sqlite_database.transaction() as session:
        create_callback(session, status=status, holder="worker-9", held_until=NOW + MINUTE)

        assert callbacks.claim_due(session, holder="worker-1", now=NOW) == []


def test_nothing_is_claimed_after_its_window(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, due_at=NOW - HOUR, window_start=NOW - HOUR, window_end=NOW)

        assert callbacks.claim_due(session, holder="worker-1", now=NOW) == []


def test_while_one_worker_is_claiming_another_passes_over_its_rows(postgres_database: Database) -> None:
    with postgres_database.transaction() as session:
        expected = {create_callback(session).id for _ in range(4)}

    with postgres_database.transaction() as one, postgres_database.transaction() as other:
        first = callbacks.claim_due(one, holder="worker-1", now=NOW, limit=2)
        second = callbacks.claim_due(other, holder="worker-2", now=NOW, limit=4)

    assert (len(first), len(second)) == (2, 2)
    assert {due.id for due in first + second} == expected


def test_workers_that_claim_together_never_get_the_same_one(
    database: Database, race: Callable[..., list[object]]
) -> None:
    with database.transaction() as session:
        for _ in range(40):
            create_callback(session)

    def claim(number: int) -> Callable[[], object]:
        def job() -> object:
            taken: list[ClaimedCallback] = []
            while True:
                with database.transaction() as session:
                    more = callbacks.claim_due(session, holder=f"worker-{number}", now=NOW, limit=3)
                if not more:
                    return [due.id for due in taken]
                taken += more

        return job

    results = race(*[claim(number) for number in range(8)])

    taken = [id_ for ids in results if isinstance(ids, list) for id_ in ids]
    assert len(taken) == len(set(taken)) == 40


def test_what_a_lost_worker_held_is_taken_up_after_its_lease(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session)
        lost = take(session, holder="worker-1")

        assert callbacks.claim_due(session, holder="worker-2", now=NOW + LEASE - MINUTE) == []
        found = take(session, holder="worker-2", now=NOW + LEASE)

        assert (found.id, found.holder, found.open_attempt) == (lost.id, "worker-2", None)


def test_a_call_that_a_lost_worker_began_comes_with_it_even_after_the_window(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, window_end=NOW + MINUTE)
        attempt = ring(session, take(session).id)

        found = take(session, holder="worker-2", now=NOW + HOUR)

        assert found.open_attempt is not None
        assert (found.open_attempt.id, found.open_attempt.holder) == (attempt.id, "worker-1")
        with pytest.raises(WrongState) as refused:
            ring(session, found.id, holder="worker-2", now=NOW + HOUR)
        assert refused.value.facts["state"] == "attempt_open"
        assert (
            report(session, attempt.id, AttemptOutcome.UNKNOWN, now=NOW + HOUR, holder="worker-2").status
            is CallbackStatus.EXPIRED
        )


def test_a_lease_is_renewed_by_who_holds_it(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session)
        claimed = take(session)

        until = callbacks.renew_lease(session, callback_id=claimed.id, holder="worker-1", now=NOW + MINUTE)

        assert until == NOW + MINUTE + LEASE
        assert callbacks.claim_due(session, holder="worker-2", now=NOW + LEASE) == []


@pytest.mark.parametrize("work", ["renew", "release", "start", "outcome"])
def test_who_lost_the_lease_is_refused_even_before_another_has_it(database: Database, work: str) -> None:
    with database.transaction() as session:
        create_callback(session)
        claimed = take(session)
        attempt = ring(session, claimed.id) if work == "outcome" else None
        late = NOW + LEASE
        attempts: dict[str, Callable[[], object]] = {
            "renew": lambda: callbacks.renew_lease(session, callback_id=claimed.id, holder="worker-1", now=late),
            "release": lambda: callbacks.release(session, callback_id=claimed.id, holder="worker-1", now=late),
            "start": lambda: ring(session, claimed.id, now=late),
            "outcome": lambda: report(
                session, attempt.id if attempt else "", AttemptOutcome.BUSY, now=late, holder="worker-1"
            ),
        }

        with pytest.raises(WrongState) as refused:
            attempts[work]()

        assert refused.value.facts["state"] == "lease_lost"


def test_who_never_had_it_is_refused(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session)
        claimed = take(session)

        with pytest.raises(WrongState):
            ring(session, claimed.id, holder="worker-2")
        with pytest.raises(NotFound):
            ring(session, "unknown")


def test_a_worker_that_stops_gives_back_what_it_has_not_begun(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session)
        claimed = take(session)

        callbacks.release(session, callback_id=claimed.id, holder="worker-1", now=NOW)
        again = take(session, holder="worker-2")
        ring(session, again.id, holder="worker-2")

        with pytest.raises(WrongState):
            callbacks.release(session, callback_id=again.id, holder="worker-2", now=NOW)


def test_an_agent_takes_a_callback_ahead_of_its_turn(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session, due_at=NOW + HOUR)
        ana, ben = (agent_grant(session, customer_id=None, action=Action.CALLBACK_ON_FILE) for _ in range(2))

        claimed = callbacks.claim(session, grant=ana, reference=callback.reference, now=NOW)

        assert claimed.holder == ana.actor
        with pytest.raises(WrongState):
            callbacks.claim(session, grant=ben, reference=callback.reference, now=NOW)
        assert callbacks.claim(session, grant=ben, reference=callback.reference, now=NOW + LEASE).holder == ben.actor


def test_only_agents_take_callbacks_and_only_those_that_are_called(database: Database) -> None:
    with database.transaction() as session:
        mine = create_callback(session)
        nobodys = create_callback(session)
        nobodys.customer_id = nobodys.number = None
        session.flush()
        ana = agent_grant(session, customer_id=None, action=Action.CALLBACK_ON_FILE)

        with pytest.raises(AgentOnly):
            callbacks.claim(session, grant=asker(session, str(mine.customer_id)), reference=mine.reference, now=NOW)
        with pytest.raises(NotFound):
            callbacks.claim(session, grant=ana, reference=nobodys.reference, now=NOW)
        with pytest.raises(WrongState):
            callbacks.claim(session, grant=ana, reference=mine.reference, now=NOW + 3 * HOUR)


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


def test_what_is_due_to_a_blocked_number_is_not_claimed(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session, number="+12025550123")
        session.add(CallbackBlock(number="+12025550123", until=NOW + HOUR))
        session.flush()

        assert callbacks.claim_due(session, holder="worker-1", now=NOW) == []
        assert expire(session, NOW) == [callback.reference]


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
    "outcome",
    [
        AttemptOutcome.NO_ANSWER,
        AttemptOutcome.BUSY,
        AttemptOutcome.MACHINE,
        AttemptOutcome.NO_KEY,
        AttemptOutcome.UNREACHABLE,
        AttemptOutcome.UNKNOWN,
    ],
)
def test_three_tries_with_growing_pauses_then_a_text_and_a_note(database: Database, outcome: AttemptOutcome) -> None:
    with database.transaction() as session:
        callback = create_callback(session)

        first = try_once(session, outcome)
        assert first.status is CallbackStatus.REQUESTED
        assert callbacks.claim_due(session, holder="worker-1", now=NOW + 5 * MINUTE - MINUTE / 60) == []
        second = try_once(session, outcome, now=NOW + 5 * MINUTE)
        assert second.status is CallbackStatus.REQUESTED
        assert callbacks.claim_due(session, holder="worker-1", now=NOW + 24 * MINUTE) == []
        assert texts(session) == []
        third = try_once(session, outcome, now=NOW + 25 * MINUTE)

        assert (third.status, third.outcome, third.attempts_count) == (CallbackStatus.FAILED, outcome, 3)
        assert callbacks.claim_due(session, holder="worker-1", now=NOW + HOUR) == []
        assert texts(session) == ["utter_notice_callback_missed"]
        ticket = tickets.ticket_by_reference(
            session, grant=viewer(session, str(callback.customer_id)), reference=str(third.ticket_reference)
        )
        assert ticket.summary == f"{callback.reference}: failed, {outcome}"
        notice = session.scalars(select(Notice)).one()
        assert (notice.destination, notice.facts) == (
            callback.number,
            {"reference": callback.reference, "ticket": ticket.reference},
        )


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


def test_a_try_that_would_come_after_the_window_is_not_made(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, window_end=NOW + 5 * MINUTE)

        view = try_once(session, AttemptOutcome.NO_ANSWER)

        assert (view.status, view.outcome) == (CallbackStatus.EXPIRED, AttemptOutcome.NO_ANSWER)
        assert texts(session) == ["utter_notice_callback_missed"]


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


# Endings


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


def test_a_window_that_passed_ends_the_callback_with_a_text_and_a_note(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session, window_end=NOW + MINUTE)
        create_callback(session, window_end=NOW + HOUR)

        assert expire(session, NOW + MINUTE) == [callback.reference]
        assert expire(session, NOW + MINUTE) == []

        assert (callback.status, callback.outcome) == (CallbackStatus.EXPIRED, "expired")
        assert texts(session) == ["utter_notice_callback_missed"]
        assert session.scalars(select(Ticket.summary)).all() == [f"{callback.reference}: expired, expired"]


def test_a_request_in_an_unknown_name_ends_quietly(database: Database) -> None:
    with database.transaction() as session:
        nobodys = create_callback(session, window_end=NOW + MINUTE)
        nobodys.customer_id = nobodys.number = None
        nobodys.conversation_id = asker(session, new_customer(session)).conversation_id
        session.flush()

        assert expire(session, NOW + MINUTE) == [nobodys.reference]

        assert (texts(session), session.scalar(select(func.count(Ticket.id)))) == ([], 0)


def test_what_a_lost_worker_never_began_expires_and_what_it_began_does_not(database: Database) -> None:
    with database.transaction() as session:
        held, begun = (create_callback(session, window_end=NOW + MINUTE) for _ in range(2))
        callbacks.claim_due(session, holder="worker-1", now=NOW)
        ring(session, begun.id)

        assert expire(session, NOW + MINUTE) == []
        assert expire(session, NOW + LEASE) == [held.reference]
        assert status_of(session, begun.id) is CallbackStatus.CALLING


def test_a_connected_call_of_whose_end_nobody_told_us_is_over_after_four_hours(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session)
        try_once(session, AttemptOutcome.CONNECTED)

        assert expire(session, NOW + 4 * HOUR - MINUTE) == []
        assert expire(session, NOW + 4 * HOUR) == [callback.reference]

        assert (callback.status, callback.outcome) == (CallbackStatus.COMPLETED, "unknown")


def test_workers_that_sweep_together_tell_the_customer_once(
    database: Database, race: Callable[..., list[object]]
) -> None:
    with database.transaction() as session:
        for _ in range(10):
            create_callback(session, window_end=NOW + MINUTE)

    def sweep() -> list[str]:
        with database.transaction() as session:
            return expire(session, NOW + HOUR)

    swept: list[Any] = race(*[sweep] * 4)

    assert sorted(len(set(references)) for references in swept)[-1] <= 10
    assert sum(len(references) for references in swept) == 10
    with database.reading() as session:
        assert len(texts(session)) == 10
