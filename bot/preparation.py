"""Before anything serves: the database at this version's tables, and on a first start the demo world in it.

A process of its own (`python -m bot.preparation`), so that the supervisor need not carry the database's libraries.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from sqlalchemy import select

from bot.failures import CannotGoOn, explain, require_space
from bot.locks import file_lock
from bot.settings import Environment, Settings
from wallet_core import demo, schema
from wallet_core.database import Database
from wallet_core.errors import StorageUnavailable
from wallet_core.models import Customer
from wallet_core.ports import Clock, SystemClock

_NEEDED_MEGABYTES = 100


def prepare(settings: Settings, clock: Clock, say: Callable[[str], None]) -> None:
    """Migrate, and seed the demo world where there is no customer yet. Safe to be done by several at once.

    Raises:
        CannotGoOn: the database cannot be reached or written.
    """
    require_space(settings.state_dir, megabytes=_NEEDED_MEGABYTES, what="the database")
    database = Database(settings.database)
    try:
        with file_lock(settings.state_dir / "prepare.lock"):
            before = schema.current_revision(database)
            schema.migrate(database)
            if before != schema.newest_revision():
                say(f"the database is at version {schema.newest_revision()}")
            if settings.env is Environment.DEMO and seed_if_empty(settings, database, clock):
                say("the demo world is there")
    except StorageUnavailable as error:
        raise CannotGoOn(f"the database cannot be used ({database.url}): {_reason(error)}") from error
    except OSError as error:
        raise CannotGoOn(explain(error)) from error
    finally:
        database.dispose()


def seed_if_empty(settings: Settings, database: Database, clock: Clock) -> bool:
    """Put the demo world into a database without customers; whether that was done."""
    with database.transaction() as session:
        if session.scalars(select(Customer.id).limit(1)).first() is not None:
            return False
        demo.seed(session, now=clock.now(), secret_key=settings.secret_key.get_secret_value())
        return True


def _reason(error: BaseException) -> str:
    """The driver's own words, which the core's error carries as its cause."""
    inner = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    return " ".join(str(inner).split()) or type(inner).__name__


def main() -> None:
    try:
        prepare(Settings(), SystemClock(), print)
    except CannotGoOn as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
