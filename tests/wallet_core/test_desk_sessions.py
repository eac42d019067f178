"""Signing in to the desk: wrong passwords close the way that they came, by name and by address."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.wallet_core.factories import SECRET_KEY, create_agent
from wallet_core import desk_sessions
from wallet_core.attempts import LIMITS
from wallet_core.database import Database
from wallet_core.desk_sessions import SignIn
from wallet_core.models import AgentRole

HERE, THERE = "8.8.8.8", "9.9.9.9"


@pytest.fixture
def desk(database: Database) -> Database:
    """With ana and tom, who have passwords."""
    with database.transaction() as session:
        for name in ("ana", "tom"):
            create_agent(session, id=name, role=AgentRole.AGENT, password_hash="x")
    return database


def begin(desk: Database, name: str, address: str | None, now: datetime) -> SignIn:
    with desk.transaction() as session:
        return desk_sessions.begin_sign_in(session, name=name, address=address, secret_key=SECRET_KEY, now=now)


def test_five_wrong_ones_close_the_name_wherever_they_come_from(desk: Database, now: datetime) -> None:
    for number in range(LIMITS.attempts):
        begin(desk, "ana", f"8.8.8.{number}", now)

    closed = begin(desk, "ana", THERE, now)

    assert closed.closed and closed.password_hash is None
    assert not begin(desk, "tom", THERE, now).closed


def test_five_wrong_ones_close_the_address_for_every_name(desk: Database, now: datetime) -> None:
    for number in range(LIMITS.attempts):
        begin(desk, f"guess-{number}", HERE, now)

    assert begin(desk, "ana", HERE, now).closed
    assert not begin(desk, "ana", THERE, now).closed


def test_a_name_that_nobody_has_closes_alike(desk: Database, now: datetime) -> None:
    for number in range(LIMITS.attempts):
        begin(desk, "nobody", f"8.8.8.{number}", now)

    assert begin(desk, "nobody", THERE, now) == begin_closed()


def test_a_closed_way_opens_again(desk: Database, now: datetime) -> None:
    for number in range(LIMITS.attempts):
        begin(desk, "ana", f"8.8.8.{number}", now)

    assert begin(desk, "ana", THERE, now + LIMITS.closed_for).password_hash == "x"


def test_many_at_once_are_not_more_than_five(desk: Database, now: datetime) -> None:
    begun = [begin(desk, "ana", None, now) for _ in range(LIMITS.attempts + 3)]

    assert [one.closed for one in begun] == [False] * LIMITS.attempts + [True] * 3


def test_a_right_one_is_not_counted_and_lasts_as_long_as_it_may(desk: Database, now: datetime) -> None:
    for number in range(LIMITS.attempts + 1):
        sign_in = begin(desk, "ana", HERE, now)
        with desk.transaction() as session:
            assert desk_sessions.finish_sign_in(
                session, sign_in=sign_in, right=True, token_hash=f"hash-{number}", now=now
            )

    with desk.transaction() as session:
        last = now + desk_sessions.IDLE_FOR - timedelta(seconds=1)
        seen = desk_sessions.signed_in(session, token_hash="hash-0", now=last)
        assert seen is not None and seen.id == "ana"
        assert desk_sessions.signed_in(session, token_hash="hash-0", now=now + desk_sessions.IDLE_FOR) is None
        assert desk_sessions.signed_in(session, token_hash="another", now=now) is None


def begin_closed() -> SignIn:
    return SignIn(agent_id=None, password_hash=None, attempt=(), closed=True)
