"""One slot at a time, over all processes, and no drift."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.wallet_core.factories import NOW
from wallet_core.database import Database
from wallet_core.paces import take_slot

SECOND = timedelta(seconds=1)


def take(database: Database, after: float) -> bool:
    with database.transaction() as session:
        return take_slot(session, name="calls", every=SECOND, now=NOW + after * SECOND)


def test_a_slot_is_free_again_when_its_time_is_over(database: Database) -> None:
    assert take(database, 0)
    assert not take(database, 0.9)
    assert take(database, 1)


def test_who_looks_a_little_late_does_not_slow_the_pace_down(database: Database) -> None:
    taken = [tick / 5 for tick in range(301) if take(database, tick / 5 + 0.13)]

    assert len(taken) == 61


def test_what_was_not_used_is_gone(database: Database) -> None:
    take(database, 0)

    taken = [take(database, 100), take(database, 100.01), take(database, 100.02), take(database, 101.01)]

    assert sum(taken) <= 3
    assert taken[0]


def test_of_many_at_once_one_has_the_slot(postgres_database: Database, race: Callable[..., list[object]]) -> None:
    first = race(*[lambda: take(postgres_database, 0)] * 8)
    second = race(*[lambda: take(postgres_database, 2)] * 8)

    assert first.count(True) == 1
    assert second.count(True) <= 2
