"""Call centres, shared by the tests of this folder; each test leaves an empty one behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.rasa_simulator import RasaSimulator
from tests.phone.stories.world import NIGHT, World, call_centre


@pytest.fixture(scope="session")
def rasa() -> Iterator[RasaSimulator]:
    rasa = RasaSimulator()
    yield rasa
    rasa.stop()


@pytest.fixture(scope="session")
def day_centre(rasa: RasaSimulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with call_centre(tmp_path_factory.mktemp("day"), rasa, calls_waiting_max=3) as world:
        yield world


@pytest.fixture(scope="session")
def night_centre(rasa: RasaSimulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with call_centre(tmp_path_factory.mktemp("night"), rasa, at=NIGHT) as world:
        yield world


@pytest.fixture
def by_day(day_centre: World) -> Iterator[World]:
    yield day_centre
    day_centre.everybody_goes_home()


@pytest.fixture
def by_night(night_centre: World) -> Iterator[World]:
    yield night_centre
    night_centre.everybody_goes_home()
