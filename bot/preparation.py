"""Before anything serves: the database at this version's tables, our official numbers, and on a first start the demo world.

A process of its own (`python -m bot.preparation`), so that the supervisor need not carry the database's libraries.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from bot.failures import CannotGoOn, explain, require_space
from bot.settings import PROJECT, Environment, Settings
from wallet_core import contacts, demo, schema
from wallet_core.database import Database
from wallet_core.errors import BrokenFile, StorageUnavailable
from wallet_core.ports import Clock, SystemClock

_NEEDED_MEGABYTES = 100
_LOCK_TIMEOUT_MS = 60_000  # another assistant may be making the same demo world at this moment


def prepare(settings: Settings, clock: Clock, say: Callable[[str], None]) -> None:
    """Migrate, make the register of official numbers what its file says, and seed the demo world where there is no customer
    yet. Several may do so at once.

    Raises:
        CannotGoOn: the database cannot be reached or written, or the file is broken.
    """
    with migrated_database(settings, say) as database:
        with database.transaction() as session:
            contacts.seed_official_numbers(session, numbers=_official_numbers())
        if settings.env is Environment.DEMO:
            with database.transaction() as session:
                made = demo.seed(session, now=clock.now(), secret_key=settings.secret_key.get_secret_value())
            if made:
                say("the demo world is there")


def _official_numbers() -> contacts.OfficialNumbers:
    try:
        return contacts.load_official_numbers(PROJECT / "data" / "official_numbers.yml")
    except BrokenFile as error:
        raise CannotGoOn(str(error)) from error


@contextmanager
def migrated_database(settings: Settings, say: Callable[[str], None]) -> Iterator[Database]:
    """The database at this version's tables; what keeps it from being used is raised as `CannotGoOn`."""
    if settings.database_url is None:
        require_space(settings.state_dir, megabytes=_NEEDED_MEGABYTES, what="the database")
    database = Database(settings.database, lock_timeout_ms=_LOCK_TIMEOUT_MS)
    try:
        before = schema.current_revision(database)
        schema.migrate(database)
        if before != schema.newest_revision():
            say(f"the database is at version {schema.newest_revision()}")
        yield database
    except (StorageUnavailable, DBAPIError) as error:
        raise CannotGoOn(f"the database cannot be used ({database.url!r}): {_reason(error)}") from error
    except OSError as error:
        raise CannotGoOn(explain(error)) from error
    finally:
        database.dispose()


def _reason(error: BaseException) -> str:
    """The driver's own words, which are the first cause of the core's error."""
    inner = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    inner = getattr(inner, "orig", inner)
    return " ".join(str(inner).split()) or type(inner).__name__


def main() -> None:
    try:
        prepare(Settings(), SystemClock(), print)
    except CannotGoOn as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
