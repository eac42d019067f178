"""Turns: leases, answers once and in order, and what the sender of a message is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.wallet_core.factories import create_conversation
from wallet_core import transcripts, turns
from wallet_core.database import Database
from wallet_core.errors import NotFound, TurnLost
from wallet_core.models import Language, Role
from wallet_core.transcripts import MessageView, Reply

Race = Callable[..., list[object]]

SECOND = timedelta(seconds=1)


@pytest.fixture
def conversation_id(database: Database) -> str:
    with database.transaction() as session:
        return create_conversation(session).id


def _ask(session: Session, conversation_id: str, now: datetime, text: str = "hello") -> int:
    received = transcripts.receive_message(
        session,
        conversation_id=conversation_id,
        client_message_id=text,
        content_hash="a" * 64,
        text=text,
        language=Language.EN,
        now=now,
    )
    return received.message.id


def _answer(session: Session, conversation_id: str, message_id: int, now: datetime, **more: Any) -> list[MessageView]:
    replies = more.pop("replies", [Reply(text=f"answer to {message_id}", language=Language.EN)])
    return turns.answer_message(
        session, conversation_id=conversation_id, message_id=message_id, replies=replies, now=now, **more
    )


def _take(session: Session, conversation_id: str, now: datetime, holder: str = "me") -> bool:
    return turns.take_turn(session, conversation_id=conversation_id, holder=holder, now=now, until=now + 10 * SECOND)


def _meanwhile(session: Session, conversation_id: str, message_id: int, now: datetime) -> bool:
    word = Reply(text="still working", language=Language.EN)
    return turns.say_meanwhile(session, conversation_id=conversation_id, message_id=message_id, reply=word, now=now)


def _told(session: Session, conversation_id: str, message_id: int) -> list[str] | None:
    answer = turns.first_answer(session, conversation_id=conversation_id, message_id=message_id)
    return None if answer is None else [line.text for line in answer]


# Leases


def test_a_lease_is_held_by_one_until_it_runs_out(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        assert _take(session, conversation_id, now)
        assert _take(session, conversation_id, now)  # the holder may take it again
        assert not _take(session, conversation_id, now + 9 * SECOND, "other")
        assert _take(session, conversation_id, now + 10 * SECOND, "other")
        assert not turns.renew_turn(session, conversation_id=conversation_id, holder="me", until=now + 99 * SECOND)


def test_a_renewed_lease_lasts(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        _take(session, conversation_id, now)

        assert turns.renew_turn(session, conversation_id=conversation_id, holder="me", until=now + 60 * SECOND)
        assert not _take(session, conversation_id, now + 30 * SECOND, "other")


def test_only_its_holder_gives_a_lease_back(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        _take(session, conversation_id, now)
        turns.release_turn(session, conversation_id=conversation_id, holder="other")
        assert not _take(session, conversation_id, now, "other")

        turns.release_turn(session, conversation_id=conversation_id, holder="me")
        assert _take(session, conversation_id, now, "other")


def test_of_many_at_once_one_gets_the_lease(
    database: Database, conversation_id: str, now: datetime, race: Race
) -> None:
    def take(holder: str) -> Callable[[], bool]:
        def run() -> bool:
            with database.transaction() as session:
                return _take(session, conversation_id, now, holder)

        return run

    assert sorted(map(str, race(*[take(f"holder {number}") for number in range(8)]))) == ["False"] * 7 + ["True"]


def test_no_lease_on_what_does_not_exist(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        assert not _take(session, "nobody", now)


# Answering


def test_the_oldest_unanswered_message_is_next(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        first, second = _ask(session, conversation_id, now, "one"), _ask(session, conversation_id, now, "two")

        for expected in (first, second):
            found = turns.next_unanswered(session, conversation_id=conversation_id)
            assert found is not None
            assert found.id == expected
            _answer(session, conversation_id, expected, now)
        assert turns.next_unanswered(session, conversation_id=conversation_id) is None


def test_a_message_is_answered_once(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        message = _ask(session, conversation_id, now)
        first = _answer(session, conversation_id, message, now)
        again = _answer(session, conversation_id, message, now, replies=[Reply(text="other", language=Language.EN)])

        assert again == first
        assert len(transcripts.messages_after(session, conversation_id=conversation_id)) == 2


def test_who_lost_the_lease_answers_nothing(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        message = _ask(session, conversation_id, now)
        _take(session, conversation_id, now)
        _take(session, conversation_id, now + 11 * SECOND, "other")

        with pytest.raises(TurnLost):
            _answer(session, conversation_id, message, now + 12 * SECOND, holder="me")
        assert _answer(session, conversation_id, message, now + 12 * SECOND, holder="other")


def test_only_customers_messages_are_answered(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        [reply] = _answer(session, conversation_id, _ask(session, conversation_id, now), now)

        for message_id in (reply.id, 99):
            with pytest.raises(NotFound):
                _answer(session, conversation_id, message_id, now)


def test_an_answer_may_change_the_language(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        _answer(session, conversation_id, _ask(session, conversation_id, now), now, language=Language.ZH)
        received = transcripts.press_button(
            session,
            conversation_id=conversation_id,
            client_message_id="b",
            content_hash="b" * 64,
            button_id="x",
            now=now,
            always=[transcripts.Button(id="x", title="x", payload="/x")],
        )

    assert received.message.language is Language.ZH


def test_conversations_nobody_works_on_are_found(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        orphaned, worked_on, answered, fresh = (create_conversation(session).id for _ in range(4))
        for conversation in (orphaned, worked_on, answered):
            message = _ask(session, conversation, now)
            _take(session, conversation, now)
        _answer(session, answered, message, now)
        later = now + 10 * SECOND
        turns.renew_turn(session, conversation_id=worked_on, holder="me", until=later + SECOND)

        assert turns.waiting_conversations(session, now=now) == []
        assert turns.waiting_conversations(session, now=later) == [orphaned]
    assert fresh


# What the sender is told


def test_nothing_is_told_until_there_is_an_answer(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        message = _ask(session, conversation_id, now)
        assert _told(session, conversation_id, message) is None

        _answer(session, conversation_id, message, now)
        assert _told(session, conversation_id, message) == [f"answer to {message}"]


def test_the_word_that_it_takes_longer_is_said_once(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        message = _ask(session, conversation_id, now)

        assert _meanwhile(session, conversation_id, message, now)
        assert not _meanwhile(session, conversation_id, message, now)
        assert _told(session, conversation_id, message) == ["still working"]


def test_it_is_not_said_after_the_answer(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        message = _ask(session, conversation_id, now)
        _answer(session, conversation_id, message, now)

        assert not _meanwhile(session, conversation_id, message, now)


def test_a_late_answer_comes_with_the_next_and_the_first_stays_as_it_was_told(
    database: Database, conversation_id: str, now: datetime
) -> None:
    with database.transaction() as session:
        slow = _ask(session, conversation_id, now, "slow")
        _meanwhile(session, conversation_id, slow, now)
        quick = _ask(session, conversation_id, now, "quick")
        for message in (slow, quick):
            _answer(session, conversation_id, message, now)

        assert _told(session, conversation_id, slow) == ["still working"]
        assert _told(session, conversation_id, quick) == [f"answer to {slow}", f"answer to {quick}"]


def test_what_an_agent_said_in_between_comes_with_the_next_answer(
    database: Database, conversation_id: str, now: datetime
) -> None:
    with database.transaction() as session:
        _answer(session, conversation_id, _ask(session, conversation_id, now, "one"), now)
        word = Reply(text="Ana here", language=Language.EN)
        transcripts.append_message(session, conversation_id=conversation_id, role=Role.AGENT, reply=word, now=now)
        second = _ask(session, conversation_id, now, "two")
        _answer(session, conversation_id, second, now)

        assert _told(session, conversation_id, second) == ["Ana here", f"answer to {second}"]


def test_each_of_two_at_once_is_told_their_own_answer(database: Database, conversation_id: str, now: datetime) -> None:
    with database.transaction() as session:
        one, two = _ask(session, conversation_id, now, "one"), _ask(session, conversation_id, now, "two")
        for message in (one, two):
            _answer(session, conversation_id, message, now)

        assert _told(session, conversation_id, one) == [f"answer to {one}"]
        assert _told(session, conversation_id, two) == [f"answer to {two}"]


def test_what_was_answered_out_of_order_is_told_to_its_sender(
    database: Database, conversation_id: str, now: datetime
) -> None:
    with database.transaction() as session:
        stuck, urgent = _ask(session, conversation_id, now, "stuck"), _ask(session, conversation_id, now, "urgent")
        _answer(session, conversation_id, urgent, now)
        assert _told(session, conversation_id, urgent) == [f"answer to {urgent}"]

        _answer(session, conversation_id, stuck, now)
        assert _told(session, conversation_id, urgent) == [f"answer to {urgent}"]


def test_an_agent_s_conversation_is_answered_with_nothing(
    database: Database, conversation_id: str, now: datetime
) -> None:
    with database.transaction() as session:
        message = _ask(session, conversation_id, now)
        _answer(session, conversation_id, message, now, replies=[])

        assert _told(session, conversation_id, message) == []
