"""Databases for the core's tests: each test runs on a fresh SQLite file and on an emptied database of PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from random import Random
from threading import Barrier

import pytest

from tests.postgres import PostgreSQL, postgres_server
from tests.wallet_core.challenge_helpers import Desk
from tests.wallet_core.factories import NOW
from wallet_core.database import Database
from wallet_core.schema import migrate

__all__ = ["postgres_server"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "wallet.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_name(postgres_server: PostgreSQL) -> str:
    """The name of a PostgreSQL database with all tables, emptied for each test."""
    name = postgres_server.create_database()
    database = Database(postgres_server.url(name))
    migrate(database)
    database.dispose()
    return name


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty wallet on SQLite."""
    path = shutil.copy(sqlite_template, tmp_path / "wallet.db")
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture
def postgres_database(postgres_server: PostgreSQL, postgres_name: str) -> Iterator[Database]:
    """An empty wallet on PostgreSQL, for what only its row locks can show."""
    postgres_server.empty_database(postgres_name)
    database = Database(postgres_server.url(postgres_name))
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty wallet; the test runs once on each kind of database."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    chosen: Database = request.getfixturevalue(name)
    return chosen


@pytest.fixture
def other_connection(database: Database) -> Iterator[Database]:
    """A second process's view of the same database: an engine of its own."""
    other = Database(database.url.render_as_string(hide_password=False))
    yield other
    other.dispose()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def random() -> Random:
    return Random(20261123)


@pytest.fixture
def desk(database: Database, now: datetime) -> Desk:
    return Desk(database, now)


@pytest.fixture
def race() -> Callable[..., list[object]]:
    return run_together


def run_together(*jobs: Callable[[], object], threads: int = 16) -> list[object]:
    """Run the jobs at the same time and give their results in order; what a job raises is its result.

    As many as there are threads start together; the others follow as threads become free.
    """
    together = min(threads, len(jobs))
    barrier = Barrier(together)

    def run(number: int, job: Callable[[], object]) -> object:
        if number < together:
            barrier.wait(timeout=30)
        try:
            return job()
        except Exception as error:  # noqa: BLE001 (handed to the test, which looks at it)
            return error

    with ThreadPoolExecutor(max_workers=together) as pool:
        return list(pool.map(run, range(len(jobs)), jobs))
