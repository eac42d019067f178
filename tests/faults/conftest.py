"""Worlds of processes to kill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.world import World
from tests.postgres import PostgreSQL, postgres_server
from wallet_core.database import Database
from wallet_core.schema import migrate

__all__ = ["postgres_server"]


@pytest.fixture(scope="module")
def world(postgres_server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On a database of its own; each test has customers of its own, and calls come as fast as somebody wants them."""
    with _world(postgres_server, tmp_path_factory.mktemp("world"), WALLET_CALLS_PER_SECOND="20") as world:
        yield world


@pytest.fixture
def usual_world(postgres_server: PostgreSQL, tmp_path: Path) -> Iterator[World]:
    """With the settings that everybody has."""
    with _world(postgres_server, tmp_path) as world:
        yield world


@contextmanager
def _world(server: PostgreSQL, folder: Path, **settings: str) -> Iterator[World]:
    name = server.create_database()
    database = Database(server.url(name))
    migrate(database)
    database.dispose()
    world = World(server.url(name), folder, **settings)
    try:
        yield world
    finally:
        world.close()
        server.drop_database(name)
