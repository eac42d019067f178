"""Bringing a database to the tables of this version, from the installed package alone.

Migrations lie in `wallet_core/migrations/versions`, dated, each the step from the one before. `new_revision` writes the
next one by comparing a migrated database with the models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from wallet_core.database import Database
from wallet_core.errors import StorageUnavailable
from wallet_core.models import Base

_MIGRATIONS = Path(__file__).parent / "migrations"
_WAIT_SECONDS = 60  # for another process that migrates the same database
_ADVISORY_LOCK = 7_203_145_881  # any number, the same in every version


def migrate(database: Database) -> None:
    """Bring the database to the newest revision; does nothing where it is there already.

    All steps are one transaction. Processes that start at the same time take turns, and the second finds it done.

    Raises:
        StorageUnavailable: the database is out of reach, or another process did not finish within a minute.
    """
    try:
        with _exclusively(database) as connection:
            command.upgrade(_config(connection), "head")
    except OperationalError as error:
        raise StorageUnavailable() from error


def current_revision(database: Database) -> str | None:
    """The revision that the database is at, None before the first."""
    try:
        with database.engine.execution_options(wallet_writing=False).connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        raise StorageUnavailable() from error


def newest_revision() -> str:
    """The revision that this version of the program works with."""
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    assert head is not None  # the first tables are a revision
    return head


def differences(database: Database) -> list[object]:
    """What the tables of a database have otherwise than the models; nothing where both are equal."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": Base.metadata}
        )
        return list(compare_metadata(context, Base.metadata))


def new_revision(database: Database, *, message: str, today: date, folder: Path | None = None) -> Path:
    """Write the next migration, from a database at the newest revision to the models; to be read before it is kept."""
    number = len(list(ScriptDirectory(str(_MIGRATIONS)).walk_revisions())) + 1
    revision = f"{today:%Y_%m_%d}_{number:04}"
    with database.engine.connect() as connection:
        written = command.revision(
            _config(connection), message, autogenerate=True, rev_id=revision, version_path=folder and str(folder)
        )
    assert written is not None and not isinstance(written, list)
    return Path(written.path)


@contextmanager
def without_guards(connection: Connection) -> Iterator[None]:
    """Let the rows that may only be added be changed until the block ends, in the same transaction.

    For starting the demo world anew, and for tests that tamper. Whoever can do this owns the tables.
    """
    restore = _drop_triggers(connection) if connection.dialect.name == "sqlite" else _disable_triggers(connection)
    yield
    restore()


def _drop_triggers(connection: Connection) -> Callable[[], None]:
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = connection.execute(query).all()
    for trigger in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{trigger.name}"')

    def restore() -> None:
        for trigger in triggers:
            connection.exec_driver_sql(trigger.sql)

    return restore


def _disable_triggers(connection: Connection) -> Callable[[], None]:
    query = text(
        "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal"
    )
    tables = connection.scalars(query).all()

    def switch(word: str) -> None:
        for table in tables:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" {word} TRIGGER USER')

    switch("DISABLE")
    return lambda: switch("ENABLE")


@contextmanager
def _exclusively(database: Database) -> Iterator[Connection]:
    """A connection in a transaction that only one process at a time has."""
    with (
        database.engine.connect() as connection,
        _sqlite_ready(connection) if database.is_sqlite else nullcontext(),
        connection.begin(),
    ):
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        yield connection


@contextmanager
def _sqlite_ready(connection: Connection) -> Iterator[None]:
    driver = connection.connection.dbapi_connection
    assert driver is not None
    # The transaction begins with the write lock; this is how long it is waited for.
    driver.execute(f"PRAGMA busy_timeout = {_WAIT_SECONDS * 1000}")
    # A table is changed by putting a copy in its place: meanwhile what refers to it refers to nothing.
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
