"""Gateways on loopback, on databases of their own, with a stand-in for Rasa.

A busy machine is no broken one: no deadline passes but of a gateway that is `hasty`, or where a test sets one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.gateway.app import create_app
from bot.gateway.identity import issue_demo_token
from bot.settings import Settings
from tests.gateway.calling import Line
from tests.gateway.client import Chat, open_chat
from tests.gateway.rasa_simulator import RasaSimulator
from tests.gateway.serving import Served
from tests.wallet_core.factories import create_account, create_customer
from wallet_core.database import Database
from wallet_core.models import Language
from wallet_core.ports import Clock, SystemClock
from wallet_core.schema import migrate


@dataclass
class Gateway:
    """A running gateway and what it stands on."""

    settings: Settings
    database: Database
    rasa: RasaSimulator
    http: httpx.Client
    stop: Callable[[], None]

    def chat(self, *, customer_id: str | None = None, **wanted: Any) -> Chat:
        """A session: an English visitor's unless told otherwise."""
        wanted = {"locale": "en", **wanted}
        if customer_id is not None:
            wanted["identity_token"] = self.identity_token(customer_id)
        return open_chat(self.http, **wanted)

    def identity_token(self, customer_id: str, *, expires_in: int = 60) -> str:
        return issue_demo_token(self.settings, customer_id, expires_in=expires_in, now=SystemClock().now())

    def customer(self, **overrides: Any) -> str:
        """A customer with a wallet; the id."""
        with self.database.transaction() as session:
            customer = create_customer(session, **{"language": Language.EN, **overrides})
            create_account(session, customer_id=customer.id)
            return customer.id


Start = Callable[..., Gateway]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gateway") / "wallet.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.dispose()
    return path


@pytest.fixture(scope="session")
def simulator() -> Iterator[RasaSimulator]:
    simulator = RasaSimulator()
    yield simulator
    simulator.stop()


@pytest.fixture
def rasa(simulator: RasaSimulator) -> Iterator[RasaSimulator]:
    """The stand-in for Rasa, answering and with nothing asked yet."""
    simulator.forget()
    yield simulator
    simulator.recover()


@pytest.fixture(scope="session")
def shared_gateway(
    empty_database: Path, simulator: RasaSimulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    with running(empty_database, simulator, tmp_path_factory.mktemp("shared")) as gateway:
        yield gateway


@pytest.fixture
def gateway(shared_gateway: Gateway, rasa: RasaSimulator) -> Gateway:
    """A gateway that other tests use too: each test opens sessions of its own."""
    return shared_gateway


@pytest.fixture(scope="session")
def shared_gateway_with_phone(
    empty_database: Path, simulator: RasaSimulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    with running(empty_database, simulator, tmp_path_factory.mktemp("phone"), **phone_settings()) as gateway:
        yield gateway


@pytest.fixture
def with_phone(shared_gateway_with_phone: Gateway, rasa: RasaSimulator) -> Gateway:
    """A gateway that has an account at Twilio, shared as `gateway` is; nobody answers at Twilio."""
    return shared_gateway_with_phone


@pytest.fixture
def line(with_phone: Gateway) -> Line:
    """The way in for callers."""
    return Line(with_phone.http, with_phone.settings)


@pytest.fixture
def start(rasa: RasaSimulator, empty_database: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts gateways on a database of the test's own; settings may be overridden."""
    with ExitStack() as stack:

        def start_gateway(**overrides: Any) -> Gateway:
            return stack.enter_context(running(empty_database, rasa, tmp_path, **overrides))

        yield start_gateway


@pytest.fixture
def hasty(start: Start) -> Gateway:
    """A gateway of the test's own, with an account at Twilio, that soon says that the answer takes longer: hold Rasa first."""
    return start(**phone_settings(turn_deadline_seconds=0.5, text_deadline_seconds=0.5, call_deadline_seconds=0.5))


@contextmanager
def running(
    template: Path, rasa: RasaSimulator, folder: Path, *, clock: Clock | None = None, **overrides: Any
) -> Iterator[Gateway]:
    """A gateway on loopback; a second one in the same folder works on the same database."""
    path = folder / "wallet.db"
    if not path.exists():
        shutil.copy(template, path)
    settings = quick_settings(folder, rasa, **overrides)
    database = Database(f"sqlite:///{path}")
    served = Served(create_app(settings, clock=clock))
    with httpx.Client(base_url=served.url, timeout=60) as http:
        yield Gateway(settings, database, rasa, http, served.stop)
    served.stop()
    database.dispose()


PUBLIC_URL = "https://wallet.example"
_LONG = 30.0


def phone_settings(**overrides: Any) -> dict[str, Any]:
    """The settings of a gateway with the simulator's account."""
    return {
        "simulator_url": "http://127.0.0.1:9",
        "public_base_url": PUBLIC_URL,
        "text_deadline_seconds": _LONG,
        "call_deadline_seconds": _LONG,
        "texts_per_minute": 600,
        **overrides,
    }


def quick_settings(state: Path, rasa: RasaSimulator, **overrides: Any) -> Settings:
    return Settings(
        **{
            "_env_file": None,
            "state_dir": state,
            "rasa_url": rasa.url,
            "turn_deadline_seconds": _LONG,
            "turn_limit_seconds": 2 * _LONG,
            "turn_lease_seconds": _LONG,
            "sweep_seconds": 0.2,
            "storage_seconds": _LONG,  # a database that is locked refuses after 3 s all the same
            **overrides,
        }
    )
