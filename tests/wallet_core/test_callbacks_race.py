"""Workers in real processes, some of them killed: every callback is handled, and no two ever hold the same one.

What is asserted is read from the records: the callbacks, their attempts, the audit trail, and the workers' diary.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from tests.wallet_core.callback_helpers import NIGHT_AND_DAY
from tests.wallet_core.callback_worker import BATCH, DIARY
from wallet_core.database import Database
from wallet_core.models import (
    AuditEntry,
    Callback,
    CallbackAttempt,
    CallbackStatus,
    Customer,
    Language,
    Priority,
)

ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 240


@pytest.mark.parametrize(
    ("kind", "callbacks", "workers", "killed"), [("postgresql", 1000, 8, 2), ("sqlite", 120, 4, 1)]
)
def test_every_callback_is_handled_and_none_is_held_by_two(
    request: pytest.FixtureRequest, kind: str, callbacks: int, workers: int, killed: int
) -> None:
    database: Database = request.getfixturevalue("postgres_database" if kind == "postgresql" else "sqlite_database")
    ids = make_due(database, callbacks)
    victims = [start_worker(database, f"victim-{number}", hang_after=10) for number in range(killed)]

    begun = [wait_until_it_hangs(victim) for victim in victims]
    others = [start_worker(database, f"worker-{number}") for number in range(workers - killed)]
    for victim in victims:
        victim.kill()
    for worker in others:
        assert worker.wait(timeout=LIMIT_SECONDS) == 0

    assert_every_one_is_handled(database, ids)
    assert_nobody_held_what_another_had(database, ids)
    assert_the_killed_ones_work_was_taken_up(database, begun, killed)


def make_due(database: Database, count: int) -> list[str]:
    """So many customers, each with a callback that is due now and stays so."""
    now = datetime.now(UTC)
    customers = [
        {
            "id": f"C{number:06}",
            "name": "Lin Mei",
            "language": Language.EN,
            "time_zone": "UTC",
            "country": "US",
            "identity_verified": True,
            "created_at": now,
        }
        for number in range(count)
    ]
    rows = [
        {
            "id": f"CB{number:06}",
            "reference": f"CB-{number:06}",
            "customer_id": f"C{number:06}",
            "number": f"+1202555{number:04}",
            "topic": NIGHT_AND_DAY,
            "language": Language.EN,
            "priority": Priority.NORMAL,
            "status": CallbackStatus.REQUESTED,
            "window_start": now,
            "window_end": now + timedelta(hours=2),
            "due_at": now,
            "attempts_count": 0,
            "phrase": "maple lantern",
            "created_at": now,
        }
        for number in range(count)
    ]
    DIARY.create(database.engine)
    with database.transaction() as session:
        session.execute(insert(Customer), customers)
        session.execute(insert(Callback), rows)
    return [str(row["id"]) for row in rows]


def start_worker(database: Database, name: str, hang_after: int | None = None) -> subprocess.Popen[str]:
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.wallet_core.callback_worker", url, name]
    if hang_after is not None:
        command.append(str(hang_after))
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def wait_until_it_hangs(victim: subprocess.Popen[str]) -> str:
    """The callback in the middle of whose call the worker is."""
    assert victim.stdout is not None
    return victim.stdout.readline().strip()


def assert_every_one_is_handled(database: Database, ids: list[str]) -> None:
    with database.reading() as session:
        ended = {row.id: (row.status, row.outcome) for row in session.scalars(select(Callback))}
        attempts = Counter(session.scalars(select(CallbackAttempt.callback_id)))
        connected = session.scalars(select(CallbackAttempt.outcome)).all()
        completed = Counter(session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "callback.complete")))

    assert ended == dict.fromkeys(ids, (CallbackStatus.COMPLETED, "talked"))
    assert attempts == dict.fromkeys(ids, 1)
    assert set(connected) == {"connected"}
    assert set(completed.values()) == {1} and len(completed) == len(ids)


def assert_nobody_held_what_another_had(database: Database, ids: list[str]) -> None:
    with database.reading() as session:
        diary = session.execute(select(DIARY).order_by(DIARY.c.at)).all()
    taken, given_up = defaultdict(list), {}
    for entry in diary:
        if entry.event == "taken":
            taken[entry.callback_id].append(entry)
        else:
            assert (entry.callback_id, entry.holder) not in given_up
            given_up[entry.callback_id, entry.holder] = entry.at
    assert set(taken) == set(ids)
    for callback_id, holds in taken.items():
        for hold, following in pairwise(holds):
            end = min(given_up.get((callback_id, hold.holder), hold.until), hold.until)
            assert following.at >= end, (callback_id, hold, following)


def assert_the_killed_ones_work_was_taken_up(database: Database, begun: list[str], killed: int) -> None:
    with database.reading() as session:
        holders = defaultdict(list)
        for entry in session.execute(select(DIARY).where(DIARY.c.event == "taken").order_by(DIARY.c.at)):
            holders[entry.callback_id].append(entry.holder)
        attempt_holders = {attempt.callback_id: attempt.holder for attempt in session.scalars(select(CallbackAttempt))}
    handed_over = {id_ for id_, names in holders.items() if names[0].startswith("victim") and len(names) > 1}

    assert len(set(begun)) == killed
    assert set(begun) <= handed_over
    assert len(handed_over) <= killed * BATCH
    for callback_id in begun:
        assert attempt_holders[callback_id].startswith("victim")  # its call was not placed again
        assert holders[callback_id][-1].startswith("worker")
