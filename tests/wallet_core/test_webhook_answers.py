"""Webhooks: each is answered once, also where two come together or somebody dies in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from wallet_core import webhook_answers
from wallet_core.database import Database
from wallet_core.webhook_answers import StoredAnswer, Taken

Race = Callable[..., list[object]]

KEY = "messages:SM1"
FIRST, SECOND = StoredAnswer(status=200, body="first"), StoredAnswer(status=200, body="second")


def _take(database: Database, holder: str, now: datetime, *, seconds: float = 15) -> Taken:
    with database.transaction() as session:
        return webhook_answers.take(session, key=KEY, holder=holder, now=now, until=now + timedelta(seconds=seconds))


def _keep(database: Database, holder: str, answer: StoredAnswer) -> StoredAnswer | None:
    with database.transaction() as session:
        return webhook_answers.keep_answer(session, key=KEY, holder=holder, answer=answer)


def test_the_same_webhook_again_gets_the_first_answer(database: Database, now: datetime) -> None:
    assert _take(database, "one", now) == Taken(mine=True)

    _keep(database, "one", FIRST)

    assert _take(database, "two", now) == Taken(mine=False, answer=FIRST)
    assert _take(database, "two", now + timedelta(days=1)) == Taken(mine=False, answer=FIRST)


def test_while_one_is_at_it_another_has_to_wait(database: Database, now: datetime) -> None:
    _take(database, "one", now)

    assert _take(database, "two", now + timedelta(seconds=14)) == Taken(mine=False)


def test_what_a_dead_process_left_is_taken_up_and_its_late_answer_does_not_count(
    database: Database, now: datetime
) -> None:
    _take(database, "dead", now)

    taken_up = _take(database, "two", now + timedelta(seconds=15))
    kept = _keep(database, "two", SECOND)
    late = _keep(database, "dead", FIRST)

    assert taken_up == Taken(mine=True)
    assert kept == late == SECOND


def test_what_could_not_be_done_is_left_to_the_next_at_once(database: Database, now: datetime) -> None:
    _take(database, "one", now)

    with database.transaction() as session:
        webhook_answers.let_go(session, key=KEY, holder="one")

    assert _take(database, "two", now) == Taken(mine=True)


def test_an_answer_that_was_given_is_not_let_go(database: Database, now: datetime) -> None:
    _take(database, "one", now)
    _keep(database, "one", FIRST)

    with database.transaction() as session:
        webhook_answers.let_go(session, key=KEY, holder="one")

    assert _take(database, "two", now).answer == FIRST


def test_of_many_at_once_one_does_the_work(database: Database, now: datetime, race: Race) -> None:
    results = race(*(lambda n=n: _take(database, f"holder{n}", now) for n in range(8)))

    assert sorted(result.mine for result in results) == [False] * 7 + [True]  # type: ignore[attr-defined]
