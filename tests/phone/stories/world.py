"""A call centre to play in: customers, agents and their telephones, the gateway, the worker, and a clock that is turned.

The gateway is a real server with a stand-in for Rasa behind it; Twilio is the phone simulator. The worker's jobs are
done by hand, in `work` and, second by second, in `advance`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import httpx
from sqlalchemy import select, update

from bot.gateway.app import create_app
from bot.gateway.identity import issue_demo_token
from bot.jobs import build_jobs
from bot.settings import DEMO_KEY, PROJECT, Settings
from bot.simulator.app import create_app as create_simulator
from bot.simulator.simulator import Simulator
from bot.simulator.timeline import Timeline
from bot.telephony.account import telephony_account
from tests.gateway.client import Chat, open_chat
from tests.gateway.rasa_simulator import RasaSimulator
from tests.gateway.serving import Served, free_port
from tests.telephony.phone import Network, Phone
from tests.wallet_core import factories
from wallet_core import callbacks, verification
from wallet_core.callbacks import CallbackReceipt
from wallet_core.database import Database
from wallet_core.models import Agent, Callback, CallbackStatus, Language
from wallet_core.phrases import load_phrases
from wallet_core.policy import Action
from wallet_core.routing import load_routing
from wallet_core.schema import migrate

# A Friday: five in the afternoon in Shanghai, and three at night.
DAY, NIGHT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC), datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
JOBS = ("offers", "callbacks", "send_notices", "send_texts", "close_calls")
QUEUES = ["general", "payments", "account", "fraud"]
ROUTING = load_routing(PROJECT / "data" / "routing.yml")
_PHRASES = load_phrases(PROJECT / "data" / "phrases.yml")

_numbers = count(1000)


def fresh_number() -> str:
    return f"+1646558{next(_numbers)}"


class World:
    def __init__(
        self, *, settings: Settings, database: Database, simulator: Simulator, rasa: RasaSimulator, url: str
    ) -> None:
        self.settings, self.database, self.rasa = settings, database, rasa
        self.simulator, self.clock = simulator, simulator.timeline
        self.phones = Network(str(settings.simulator_url).rstrip("/"), simulator=simulator)
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self.jobs = {job.name: job for job in build_jobs(settings, database, self.clock) if job.name in JOBS}

    # Who is there

    def agent(self, *, languages: list[str] | None = None, queues: list[str] | None = None, **more: Any) -> Phone:
        """An agent on duty, at home with a telephone."""
        number = fresh_number()
        with self.database.transaction() as session:
            facts = {"queues": queues or QUEUES, "languages": languages or ["zh", "en"], "phone": number}
            factories.create_agent(session, **facts | more)
        return self.phones.phone(number)

    def customer(self, *, language: str = "en", **more: Any) -> Customer:
        with self.database.transaction() as session:
            facts = {"phone": fresh_number(), "email": None, "secret_key": DEMO_KEY, "language": Language(language)}
            made = factories.create_customer(session, **facts | more)
            factories.create_account(session, customer_id=made.id)
            return Customer(self, made.id, self.phones.phone(str((facts | more)["phone"])))

    def visitor(self) -> Phone:
        """Somebody whose number nobody knows."""
        return self.phones.phone(fresh_number())

    def everybody_goes_home(self) -> None:
        """So that the next test meets its own agents, and no call of this one."""
        for view in self.phones.get("phones")["phones"]:
            for call in self.phones.phone(view["number"] if isinstance(view, dict) else view).calls:
                if call.status == "in-progress":
                    call.hang_up()
        with self.database.transaction() as session:
            session.execute(update(Agent).values(on_duty=False))
            pending = (CallbackStatus.REQUESTED, CallbackStatus.CALLING, CallbackStatus.CONNECTED)
            session.execute(
                update(Callback).where(Callback.status.in_(pending)).values(status=CallbackStatus.CANCELLED)
            )
        self.advance(2)
        self.rasa.forget()

    # Time

    def work(self) -> None:
        """What the worker does within one moment."""
        for job in self.jobs.values():
            job.work()
        self.phones.advance(0)

    def advance(self, seconds: float) -> None:
        """Time goes on, and the worker with it."""
        self.work()
        for _ in range(round(seconds)):
            self.phones.advance(1)
            self.work()

    # What the stand-in for Rasa cannot do

    def ask_for_callback(self, chat: Chat, *, topic: str, language: str, **when: Any) -> CallbackReceipt:
        """As the assistant asks the core in this conversation."""
        now = self.clock.now()
        with self.database.transaction() as session:
            grant = verification.authorise(session, conversation_id=chat.id, action=Action.CALLBACK_ON_FILE, now=now)
            return callbacks.request_callback(
                session,
                grant=grant,
                topic=topic,
                language=Language(language),
                routing=ROUTING,
                phrases=_PHRASES,
                now=now,
                random=Random(next(_numbers)),
                **when,
            )

    def rows(self, query: Any) -> list[Any]:
        with self.database.reading() as session:
            found = list(session.scalars(query))
            session.expunge_all()
            return found

    def callback(self, reference: str) -> Callback:
        (found,) = self.rows(select(Callback).where(Callback.reference == reference))
        return found

    def close(self) -> None:
        self.phones.close()
        self.http.close()
        self.database.dispose()


class Customer:
    def __init__(self, world: World, id: str, phone: Phone) -> None:
        self.id, self.phone, self._world = id, phone, world

    def chat(self, language: str) -> Chat:
        """Signed in."""
        now = self._world.clock.now()
        token = issue_demo_token(self._world.settings, self.id, expires_in=60, now=now)
        return open_chat(self._world.http, locale=language, identity_token=token)


@contextmanager
def call_centre(folder: Path, rasa: RasaSimulator, *, at: datetime = DAY, **overrides: Any) -> Iterator[World]:
    """A world of its own, its clock standing `at`."""
    here, there = free_port(), free_port()
    settings = Settings(
        _env_file=None,
        **{
            "state_dir": folder,
            "rasa_url": rasa.url,
            "simulator_url": f"http://127.0.0.1:{there}",
            "public_base_url": f"http://127.0.0.1:{here}",
            "turn_deadline_seconds": 1.0,
            "call_deadline_seconds": 1.0,
            "text_deadline_seconds": 1.0,
            "texts_per_minute": 600,
            "sessions_per_minute": 6000,
            "storage_seconds": 10.0,
            **overrides,
        },
    )
    database = Database(settings.database)
    migrate(database)
    account = telephony_account(settings)
    assert account is not None
    timeline = Timeline(at)
    simulator = Simulator(account, timeline=timeline)
    gateway = Served(create_app(settings, clock=timeline), port=here)
    served = Served(create_simulator(simulator), port=there)
    world = World(settings=settings, database=database, simulator=simulator, rasa=rasa, url=gateway.url)
    try:
        yield world
    finally:
        world.close()
        served.stop()
        gateway.stop()


def moments(start: datetime, minutes: float) -> datetime:
    return start + timedelta(minutes=minutes)
