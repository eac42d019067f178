"""The desk of the demo world, in a gateway on loopback. One world serves all tests that can share it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.settings import DEMO_KEY
from tests.browser import browser, pages
from tests.desk.client import DeskClient
from tests.desk.world import World
from tests.gateway.conftest import rasa, running, simulator
from tests.gateway.rasa_simulator import RasaSimulator
from wallet_core import demo, schema
from wallet_core.database import Database
from wallet_core.ports import SystemClock

__all__ = ["browser", "pages", "rasa", "simulator"]


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "wallet.db"
    database = Database(f"sqlite:///{path}")
    schema.migrate(database)
    with database.transaction() as session:
        demo.seed(session, now=SystemClock().now(), secret_key=DEMO_KEY)
    database.dispose()
    return path


@pytest.fixture
def start(rasa: RasaSimulator, demo_database: Path, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Starts gateways on one copy of the demo world; settings may be overridden."""
    shutil.copy(demo_database, tmp_path / "wallet.db")
    with ExitStack() as stack:

        def start_world(**overrides: Any) -> World:
            return World(stack.enter_context(running(demo_database, rasa, tmp_path, **overrides)))

        yield start_world


@pytest.fixture(scope="session")
def shared_world(
    demo_database: Path, simulator: RasaSimulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with running(demo_database, simulator, tmp_path_factory.mktemp("shared")) as gateway:
        yield World(gateway)


@pytest.fixture
def world(shared_world: World, rasa: RasaSimulator) -> World:
    """Other tests use it too: each brings its own chats, tickets and callbacks."""
    return shared_world


@pytest.fixture
def own_world(start: Callable[..., World]) -> World:
    """A copy of the demo world that no other test uses."""
    return start()


@pytest.fixture
def ana(world: World) -> Iterator[DeskClient]:
    """Signed in, as an agent."""
    with world.desk("ana") as client:
        yield client


@pytest.fixture
def sue(world: World) -> Iterator[DeskClient]:
    """Signed in, as a supervisor."""
    with world.desk("sue") as client:
        yield client
