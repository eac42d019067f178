"""What is owed by text goes out once and in order; what Twilio reports counts in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise, permutations
from random import Random

import pytest

from wallet_core import outgoing_texts, owed_texts, text_threads, transcripts, turns
from wallet_core.database import Database
from wallet_core.models import Language, Role, TextState, TextStatus
from wallet_core.outgoing_texts import LEASE, MAX_ATTEMPTS, TextView
from wallet_core.transcripts import Reply

Race = Callable[..., list[object]]

THEIRS, OURS = "+16465550100", "+15005550006"
SECOND = timedelta(seconds=1)
REPLY = Reply(text="hello", language=Language.EN)


@pytest.fixture
def conversation_id(database: Database, now: datetime, random: Random) -> str:
    return _begin(database, now, random, THEIRS)


def _begin(database: Database, now: datetime, random: Random, theirs: str) -> str:
    with database.transaction() as session:
        return text_threads.enter_thread(
            session,
            theirs=theirs,
            ours=OURS,
            language=Language.EN,
            idle=timedelta(days=3),
            now=now,
            random=random,
        ).id


def _say(database: Database, conversation_id: str, now: datetime, role: Role = Role.AGENT) -> int:
    with database.transaction() as session:
        return transcripts.append_message(session, conversation_id=conversation_id, role=role, reply=REPLY, now=now).id


def _take(database: Database, conversation_id: str) -> list[int]:
    with database.transaction() as session:
        return owed_texts.take_owed(session, conversation_id=conversation_id)


def _overdue(database: Database, now: datetime) -> list[str]:
    with database.reading() as session:
        return owed_texts.overdue_conversations(session, now=now)


def _store(database: Database, conversation_id: str, now: datetime, *bodies: str) -> list[TextView]:
    with database.transaction() as session:
        return outgoing_texts.store_texts(
            session,
            conversation_id=conversation_id,
            message_id=1,
            theirs=THEIRS,
            bodies=bodies,
            state=TextState.STORED,
            now=now,
        )


def _claim(database: Database, now: datetime) -> list[TextView]:
    with database.transaction() as session:
        return outgoing_texts.claim_due(session, now=now)


# Owed


def test_what_is_said_is_owed_at_once_and_taken_once(database: Database, conversation_id: str, now: datetime) -> None:
    line = _say(database, conversation_id, now)

    due = _overdue(database, now)
    taken, again = _take(database, conversation_id), _take(database, conversation_id)

    assert due == [conversation_id]
    assert (taken, again) == ([line], [])
    assert _overdue(database, now) == []


def test_an_answer_is_left_to_its_webhook_for_a_while(database: Database, conversation_id: str, now: datetime) -> None:
    _answer(database, conversation_id, asked=now, answered=now + SECOND)

    early = _overdue(database, now + owed_texts.REPLY_WINDOW - SECOND)
    late = _overdue(database, now + owed_texts.REPLY_WINDOW)

    assert (early, late) == ([], [conversation_id])


def test_a_late_answer_is_due_at_once(database: Database, conversation_id: str, now: datetime) -> None:
    _answer(database, conversation_id, asked=now, answered=now + timedelta(seconds=30))

    assert _overdue(database, now + timedelta(seconds=30)) == [conversation_id]


def test_when_the_webhook_gave_up_nobody_waits_for_it(database: Database, conversation_id: str, now: datetime) -> None:
    _answer(database, conversation_id, asked=now, answered=now)

    with database.transaction() as session:
        owed_texts.hurry(session, conversation_id=conversation_id, now=now + SECOND)

    assert _overdue(database, now + SECOND) == [conversation_id]


def _answer(database: Database, conversation_id: str, *, asked: datetime, answered: datetime) -> None:
    with database.transaction() as session:
        message = transcripts.receive_message(
            session,
            conversation_id=conversation_id,
            client_message_id="m1",
            content_hash="a" * 64,
            text="hello",
            language=Language.EN,
            now=asked,
        ).message
        turns.answer_message(
            session, conversation_id=conversation_id, message_id=message.id, replies=[REPLY], now=answered
        )


def test_of_many_that_take_one_gets_it(database: Database, conversation_id: str, now: datetime, race: Race) -> None:
    line = _say(database, conversation_id, now)

    results = race(*(lambda: _take(database, conversation_id) for _ in range(6)))

    assert sorted(results) == [[]] * 5 + [[line]]  # type: ignore[type-var]


# Sent


def test_the_texts_of_a_conversation_go_out_one_after_the_other(
    database: Database, conversation_id: str, now: datetime
) -> None:
    first, second = _store(database, conversation_id, now, "one", "two")

    claimed = _claim(database, now)
    meanwhile = _claim(database, now)
    with database.transaction() as session:
        outgoing_texts.mark_sent(session, text_id=first.id, sid="SM1")
    then = _claim(database, now)

    assert [text.body for text in claimed] == ["one"]
    assert meanwhile == []
    assert [(text.id, text.body) for text in then] == [(second.id, "two")]


def test_conversations_do_not_wait_for_each_other(
    database: Database, conversation_id: str, now: datetime, random: Random
) -> None:
    other = _begin(database, now, random, "+16465550101")
    _store(database, conversation_id, now, "one", "two")
    _store(database, other, now, "three")

    assert sorted(text.body for text in _claim(database, now)) == ["one", "three"]


def test_what_a_dead_worker_claimed_is_claimed_again(database: Database, conversation_id: str, now: datetime) -> None:
    _store(database, conversation_id, now, "one")

    first = _claim(database, now)
    early = _claim(database, now + LEASE - SECOND)
    again = _claim(database, now + LEASE)

    assert [text.attempt for text in first + again] == [1, 2]
    assert early == []


def test_what_does_not_go_out_is_tried_again_ever_later_and_then_given_up(
    database: Database, conversation_id: str, now: datetime
) -> None:
    [text] = _store(database, conversation_id, now, "one")

    pauses, at = [], now
    for _ in range(MAX_ATTEMPTS):
        while not (claimed := _claim(database, at)):
            at += timedelta(seconds=30)
        pauses.append(at)
        with database.transaction() as session:
            outgoing_texts.mark_failed(session, text_id=text.id, attempt=claimed[0].attempt, now=at)

    assert [(later - earlier).seconds for earlier, later in pairwise(pauses)] == [30, 60, 120, 240]
    assert _claim(database, at + timedelta(days=1)) == []
    assert _state(database, conversation_id) == (TextState.GIVEN_UP, None)


def test_what_can_never_go_out_is_given_up_at_once_and_the_next_follows(
    database: Database, conversation_id: str, now: datetime
) -> None:
    _store(database, conversation_id, now, "one", "two")
    [text] = _claim(database, now)

    with database.transaction() as session:
        outgoing_texts.mark_failed(session, text_id=text.id, attempt=text.attempt, now=now, final=True)

    assert [text.body for text in _claim(database, now)] == ["two"]


def test_an_old_claim_says_nothing_about_a_newer_one(database: Database, conversation_id: str, now: datetime) -> None:
    [text] = _store(database, conversation_id, now, "one")
    _claim(database, now)
    _claim(database, now + LEASE)

    with database.transaction() as session:
        outgoing_texts.mark_failed(session, text_id=text.id, attempt=1, now=now + LEASE, final=True)

    assert _state(database, conversation_id) == (TextState.STORED, None)


# Reported


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])), ids="-".join)
def test_reports_count_in_any_order(
    database: Database, conversation_id: str, now: datetime, order: tuple[str, ...]
) -> None:
    [text] = _store(database, conversation_id, now, "one")

    for status in order:
        with database.transaction() as session:
            outgoing_texts.report(
                session, sid="SM1", status=TextStatus(status), error_code=None, now=now, text_id=text.id
            )

    assert _state(database, conversation_id) == (TextState.SENT, TextStatus.DELIVERED)


def test_the_first_end_is_the_end(database: Database, conversation_id: str, now: datetime) -> None:
    [text] = _store(database, conversation_id, now, "one")

    for status, code in ((TextStatus.UNDELIVERED, 30003), (TextStatus.DELIVERED, None), (TextStatus.SENT, None)):
        with database.transaction() as session:
            outgoing_texts.report(session, sid="SM1", status=status, error_code=code, now=now, text_id=text.id)

    with database.reading() as session:
        [delivery] = outgoing_texts.deliveries(session, conversation_id=conversation_id)
    assert (delivery.status, delivery.error_code) == (TextStatus.UNDELIVERED, 30003)


def test_a_report_may_come_before_we_know_the_name(database: Database, conversation_id: str, now: datetime) -> None:
    [text] = _store(database, conversation_id, now, "one")

    with database.transaction() as session:
        outgoing_texts.report(session, sid="SM1", status=TextStatus.SENT, error_code=None, now=now)
        outgoing_texts.mark_sent(session, text_id=text.id, sid="SM1")

    assert _state(database, conversation_id) == (TextState.SENT, TextStatus.SENT)


def test_a_text_that_twilio_took_though_its_answer_got_lost_is_not_sent_again(
    database: Database, conversation_id: str, now: datetime
) -> None:
    [text] = _store(database, conversation_id, now, "one")
    _claim(database, now)

    with database.transaction() as session:
        outgoing_texts.report(session, sid="SM1", status=TextStatus.SENT, error_code=None, now=now, text_id=text.id)

    assert _claim(database, now + LEASE) == []


def test_reports_of_one_text_may_come_all_at_once(
    database: Database, conversation_id: str, now: datetime, race: Race
) -> None:
    [text] = _store(database, conversation_id, now, "one")

    def report(status: TextStatus) -> None:
        with database.transaction() as session:
            outgoing_texts.report(session, sid="SM1", status=status, error_code=None, now=now, text_id=text.id)

    results = race(
        *(
            lambda status=status: report(status)
            for status in (TextStatus.SENT, TextStatus.DELIVERED, TextStatus.QUEUED) * 3
        )
    )

    assert set(results) == {None}
    assert _state(database, conversation_id) == (TextState.SENT, TextStatus.DELIVERED)


def _state(database: Database, conversation_id: str) -> tuple[TextState, TextStatus | None]:
    with database.reading() as session:
        [delivery] = outgoing_texts.deliveries(session, conversation_id=conversation_id)
    return delivery.state, delivery.status
