"""How fast a queue of callbacks is called, in which order, and whether any too late: `python -m tests.load.callbacks_bench`.

Two workers, a gateway and the phone simulator as processes on PostgreSQL, in real time, at the one call a second that
Twilio starts for an account. To be met: 95 of 100 of the calls that this allows, by due time and priority, none after
its window.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from tests.faults.world import World
from tests.load.speed import report
from tests.postgres import start_postgresql
from tests.wallet_core.callback_helpers import create_callback
from wallet_core.database import Database
from wallet_core.models import Callback, CallbackAttempt, CallbackStatus, Priority
from wallet_core.schema import migrate

QUEUED, QUICK_QUEUED = 60, 12
A_SECOND = 1.0
RATE_AT_LEAST = 0.95
# Of every so many the window ends before its turn can come.
SHORT_EVERY = 10


@dataclass(frozen=True)
class Queued:
    id: str
    number: str
    window_end: datetime


def main() -> int:
    asked = report.arguments(__doc__)
    server = start_postgresql()
    url = server.url(server.create_database())
    database = Database(url)
    migrate(database)
    database.dispose()
    with tempfile.TemporaryDirectory(prefix="wallet-bench-") as folder:
        world = World(url, Path(folder), real_time=True)
        try:
            figures = measure(world, QUICK_QUEUED if asked.quick else QUEUED)
        finally:
            world.close()
    report.keep(asked.out, "callbacks_bench", {"quick": asked.quick, **figures, "rate_at_least": RATE_AT_LEAST})
    print(
        f"callbacks_bench: {figures['begun']} of {figures['queued']} callbacks begun, {figures['calls_per_second']} a second"
        f" of {A_SECOND:g} that may be; out of order {figures['out_of_order']}, after their window {figures['too_late']},"
        f" expired in the queue {figures['expired']}"
    )
    missed = [what for what in ("out_of_order", "too_late") if figures[what]]
    if figures["calls_per_second"] < RATE_AT_LEAST * A_SECOND and not asked.quick:
        missed.append("calls_per_second")
    if missed:
        print(f"callbacks_bench: missed: {', '.join(missed)}", file=sys.stderr)
    return int(bool(missed))


def measure(world: World, count: int) -> dict[str, Any]:
    """Calls by the second, and how many of them at the wrong time."""
    queued = _queue(world, count)
    for name in ("gateway-1", "worker-1", "worker-2"):
        world.run(name)
    world.until(lambda: not _waiting(world), "the queue to be empty", patience=3 * count + 60)
    with world.database.reading() as session:
        begun = {
            attempt.callback_id: attempt.started_at
            for attempt in session.scalars(select(CallbackAttempt).order_by(CallbackAttempt.started_at))
        }
        expired = select(func.count()).where(Callback.status == CallbackStatus.EXPIRED, Callback.attempts_count == 0)
        in_the_queue = session.scalar(expired)
    wanted = [one.id for one in queued if one.id in begun]
    took = (max(begun.values()) - min(begun.values())).total_seconds()
    return {
        "queued": count,
        "begun": len(begun),
        "calls_per_second": round((len(begun) - 1) / took, 3),
        "out_of_order": sum(one != other for one, other in zip(wanted, begun, strict=True)),
        "too_late": sum(begun[one.id] >= one.window_end for one in queued if one.id in begun),
        "expired": in_the_queue,
    }


def _queue(world: World, count: int) -> list[Queued]:
    """Callbacks that are due by now, in the order in which they are to be called."""
    dice, now = Random(count), world.clock.now()
    with world.database.transaction() as session:
        rows = [
            create_callback(
                session,
                number=f"+1202555{place:04}",
                window_start=now,
                due_at=now - timedelta(minutes=dice.randrange(10)),
                priority=dice.choice(list(Priority)),
                window_end=now
                + (timedelta(seconds=dice.uniform(1, count)) if place % SHORT_EVERY == 0 else timedelta(hours=2)),
            )
            for place in range(count)
        ]
    for row in rows:
        world.phones.phone(row.number or "").always("busy")
    return [
        Queued(row.id, row.number or "", row.window_end)
        for row in sorted(rows, key=lambda row: (row.due_at, row.priority, row.id))
    ]


def _waiting(world: World) -> bool:
    """Whether anybody waits for a first call."""
    first = select(Callback.id).where(Callback.status == CallbackStatus.REQUESTED, Callback.attempts_count == 0)
    with world.database.reading() as session:
        return session.scalar(first.limit(1)) is not None


if __name__ == "__main__":
    sys.exit(main())
