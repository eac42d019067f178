"""300 callbacks in the queue, at Twilio's one call a second: in order, as fast as may be, and none too late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from bot.callbacks.placing import CallbackCaller
from bot.telephony.calls import PlacedCall
from tests.callbacks.conftest import ROUTING
from tests.postgres import postgres_server
from tests.wallet_core.callback_helpers import RANDOM, create_callback, report
from tests.wallet_core.conftest import database, postgres_database, postgres_name, sqlite_database, sqlite_template
from tests.wallet_core.factories import NOW
from wallet_core.callbacks import AttemptOutcome
from wallet_core.database import Database
from wallet_core.models import Callback, CallbackStatus, Priority

__all__ = ["database", "postgres_database", "postgres_name", "postgres_server", "sqlite_database", "sqlite_template"]

QUEUED = 300
A_SECOND = timedelta(seconds=1)
# How often the worker looks, with what else it does in between: never just when a second is over.
ROUND = timedelta(seconds=0.9)
SLOWER_AT_MOST = 1.05


@dataclass
class Clock:
    time: datetime = NOW

    def now(self) -> datetime:
        return self.time


@dataclass
class Wire:
    """Stands where Twilio stands: takes every call, keeps whom it was for and when, and the customer presses 1 at once."""

    database: Database
    clock: Clock
    placed: list[tuple[str, datetime]] = field(default_factory=list)

    def place(self, *, to: str, url: str, status_url: str, detect_machine: bool, ring_seconds: int) -> str:
        self.placed.append((to, self.clock.time))
        with self.database.transaction() as session:
            report(session, url.split("/")[-2], AttemptOutcome.CONNECTED, now=self.clock.time)
        return f"CA{len(self.placed):032x}"

    def find(self, *, to: str, since: datetime) -> list[PlacedCall]:
        return []


@dataclass
class Line:
    """Two workers that take turns, on one clock."""

    database: Database
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.wire = Wire(self.database, self.clock)
        self._workers = [self._worker(name) for name in ("one", "two")]

    def queue(self, count: int) -> list[Callback]:
        """So many that are due by now, in no order; of every tenth the window ends before its turn can come."""
        dice = Random(3)
        with self.database.transaction() as session:
            rows = [
                create_callback(
                    session,
                    number=f"+1202555{place:04}",
                    due_at=NOW - timedelta(minutes=dice.randrange(10)),
                    priority=dice.choice(list(Priority)),
                    window_end=NOW + timedelta(seconds=dice.uniform(1, count))
                    if place % 10 == 0
                    else NOW + timedelta(hours=2),
                )
                for place in range(count)
            ]
        return sorted(rows, key=lambda row: (row.due_at, row.priority, row.id))

    def work(self, *, until: datetime) -> None:
        turn = 0
        while self.clock.time < until:
            self._workers[turn % 2].work()
            turn += 1
            self.clock.time += ROUND

    def _worker(self, name: str) -> CallbackCaller:
        return CallbackCaller(
            self.database,
            self.wire,
            public_base_url="https://wallet.example",
            number="+15005550006",
            routing=ROUTING,
            clock=self.clock,
            random=RANDOM,
            holder=name,
            every=A_SECOND,
        )


def test_a_long_queue_is_called_in_order_at_the_full_rate_and_never_after_its_window(database: Database) -> None:
    line = Line(database)
    queued = line.queue(QUEUED)

    line.work(until=NOW + QUEUED * A_SECOND * SLOWER_AT_MOST)

    begun = dict(line.wire.placed)
    assert [number for number, _ in line.wire.placed] == [row.number for row in queued if row.number in begun]
    assert all(begun[row.number] < row.window_end for row in queued if row.number in begun)
    times = sorted(begun.values())
    assert times[-1] - times[0] <= (len(times) - 1) * A_SECOND * SLOWER_AT_MOST
    assert all(times[place + 10] - times[place] > 9 * A_SECOND for place in range(len(times) - 10))
    with database.reading() as session:
        ends = {row.number: session.get_one(Callback, row.id).status for row in queued}
    assert {number for number, status in ends.items() if status is CallbackStatus.CONNECTED} == set(begun)
    assert {status for number, status in ends.items() if number not in begun} <= {CallbackStatus.EXPIRED}
