"""A worker in a process of its own, for the race: calls what is due until nothing is left, and keeps a diary.

    python -m tests.wallet_core.callback_worker URL NAME [HANG_AFTER]

With HANG_AFTER it stops in mid-work after so many callbacks, one call begun, says so and waits to be killed.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, DateTime, MetaData, String, Table, func, insert, select
from sqlalchemy.orm import Session

from tests.wallet_core.callback_helpers import RANDOM, report
from tests.wallet_core.routings import ROUTING
from wallet_core import callbacks
from wallet_core.callbacks import AttemptOutcome, CallOutcome, ClaimedCallback
from wallet_core.database import Database
from wallet_core.errors import StorageUnavailable, WrongState
from wallet_core.models import Callback, CallbackStatus

LEASE = timedelta(seconds=2)
BATCH = 5

# The diary that proves the race: written in the transactions that take and give up a callback.
DIARY = Table(
    "diary",
    MetaData(),
    Column("callback_id", String(32)),
    Column("holder", String(64)),
    Column("event", String(16)),  # "taken" or "given_up"
    Column("at", DateTime(timezone=True)),
    Column("until", DateTime(timezone=True)),
)


def main(url: str, name: str, hang_after: int | None) -> None:
    database = Database(url)
    handled = 0
    while True:
        try:
            batch = take(database, name)
            for claimed in batch:
                if hang_after is not None and handled >= hang_after:
                    hang(database, claimed, name)
                handled += handle(database, claimed, name)
            if not batch and is_done(database):
                return
        except StorageUnavailable:
            continue
        if not batch:
            time.sleep(0.05)


def take(database: Database, name: str) -> list[ClaimedCallback]:
    now = datetime.now(UTC)
    with database.transaction() as session:
        batch = callbacks.claim_due(session, holder=name, now=now, limit=BATCH, lease=LEASE)
        for claimed in batch:
            write(session, claimed.id, name, "taken", at=now, until=claimed.held_until)
    return batch


def handle(database: Database, claimed: ClaimedCallback, name: str) -> bool:
    """Call, connect, finish; False where the lease was lost on the way."""
    try:
        attempt = claimed.open_attempt
        if attempt is None:
            with database.transaction() as session:
                attempt = callbacks.start_attempt(
                    session, callback_id=claimed.id, holder=name, now=datetime.now(UTC), random=RANDOM
                )
        now = datetime.now(UTC)
        with database.transaction() as session:
            report(session, attempt.id, AttemptOutcome.CONNECTED, now=now, holder=name)
            write(session, claimed.id, name, "given_up", at=now, until=now)
    except WrongState:
        return False
    with database.transaction() as session:
        callbacks.finish_callback(
            session,
            callback_id=claimed.id,
            outcome=CallOutcome.TALKED,
            actor=f"agent:{name}",
            routing=ROUTING,
            now=datetime.now(UTC),
            random=RANDOM,
        )
    return True


def hang(database: Database, claimed: ClaimedCallback, name: str) -> None:
    with database.transaction() as session:
        callbacks.start_attempt(session, callback_id=claimed.id, holder=name, now=datetime.now(UTC), random=RANDOM)
    sys.stdout.write(f"{claimed.id}\n")
    sys.stdout.flush()
    sys.stdin.read()


def is_done(database: Database) -> bool:
    going_on = (CallbackStatus.REQUESTED, CallbackStatus.CALLING, CallbackStatus.CONNECTED)
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Callback.status.in_(going_on))) == 0


def write(session: Session, callback_id: str, holder: str, event: str, *, at: datetime, until: datetime) -> None:
    session.execute(insert(DIARY).values(callback_id=callback_id, holder=holder, event=event, at=at, until=until))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None)
