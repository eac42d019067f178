"""Engines, sessions and transactions. The only module of the core that opens a connection.

SQLite runs in WAL mode with foreign keys on; a writing transaction takes the write lock at once (BEGIN IMMEDIATE), so
that a read followed by a write in it is safe there as row locks make it on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from wallet_core.errors import StorageUnavailable

LOCK_TIMEOUT_MS = 3000

# PostgreSQL states in which nothing was written and the same request may be made again: serialisation failure, deadlock,
# lock not available, query cancelled by timeout, shutdown, too many connections (Appendix A of its manual).
_RETRYABLE_STATES = {"40001", "40P01", "55P03", "57014", "57P01", "57P03", "53300"}


class Database:
    """One engine. `transaction()` commits at its end, `reading()` never does.

    Raises:
        StorageUnavailable: the connection was lost or a lock was not had within `lock_timeout_ms`.
    """

    def __init__(self, url: str, *, lock_timeout_ms: int = LOCK_TIMEOUT_MS, pool_size: int = 10) -> None:
        self.url = make_url(url)
        if self.is_sqlite:
            if self.url.database and self.url.database != ":memory:":
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(
                self.url, connect_args={"timeout": lock_timeout_ms / 1000}, hide_parameters=True
            )
            _prepare_sqlite(self.engine)
        else:
            options = f"-c lock_timeout={lock_timeout_ms} -c statement_timeout={lock_timeout_ms * 10} -c timezone=UTC"
            self.engine = create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={"options": options, "connect_timeout": 3},
            )

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits when the block ends and rolls back when it raises."""
        with self._session(writing=True) as session:
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; what is written in it is thrown away."""
        with self._session(writing=False) as session:
            yield session

    def check(self) -> None:
        """Raise `StorageUnavailable` unless the database answers."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def dispose(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _session(self, *, writing: bool) -> Iterator[Session]:
        session = Session(self.engine.execution_options(wallet_writing=writing), expire_on_commit=False)
        try:
            yield session
        except (OperationalError, InterfaceError) as error:
            raise StorageUnavailable() from error
        except DBAPIError as error:
            if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _RETRYABLE_STATES:
                raise StorageUnavailable() from error
            raise
        finally:
            session.close()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN comes too late (before the first write), so it is told to leave transactions to us.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("wallet_writing", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
