"""Telephones of the phone simulator: one running assistant for all scripts, and one whose Rasa is away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bot.gateway.app import create_app
from bot.settings import Settings
from tests.assistant import Assistant
from tests.telephony.phone import Network, network
from wallet_core.database import Database
from wallet_core.schema import migrate


@dataclass(frozen=True)
class World:
    """The telephones, and what stands in the core."""

    phones: Network
    database: Database


@pytest.fixture
def phones(assistant: Assistant) -> Iterator[Network]:
    """The telephones, with nothing broken and nothing on record."""
    network = Network(assistant.url)
    network.reset()
    yield network
    network.close()


@pytest.fixture
def whole(assistant: Assistant, phones: Network) -> Iterator[World]:
    """The whole assistant as `make run` starts it, with the simulator in Twilio's place."""
    phones.stop_clock()  # speech takes no time
    yield World(phones, assistant.database)
    phones.start_clock()


@pytest.fixture(scope="session")
def without_rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The gateway alone: nobody answers where Rasa should be."""
    state = tmp_path_factory.mktemp("without_rasa")
    settings = Settings(_env_file=None, state_dir=state, rasa_url="http://127.0.0.1:9", storage_seconds=60)
    database = Database(settings.database)
    migrate(database)

    def gateway(simulator_url: str, _clock: object) -> object:
        return create_app(
            Settings(
                _env_file=None,
                **settings.model_dump(exclude={"simulator_url", "_env_file"}) | {"simulator_url": simulator_url},
            )
        )

    with network(gateway, patience=60) as phones:
        yield World(phones, database)
    database.dispose()
