"""A call centre to play in: customers, agents and their telephones, the gateway, the worker, and a clock that is turned.

The gateway is a real server with a stand-in for Rasa behind it; Twilio is the phone simulator. The worker's jobs are
done by hand, in `work` and, second by second, in `advance`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
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
from wallet_core import accounts, agents, callbacks, conversations, handovers, transactions, transcripts, verification
from wallet_core.callbacks import CallbackReceipt
from wallet_core.database import Database
from wallet_core.models import Agent, AgentRole, Callback, CallbackStatus, HandoverReason, Language, TransactionKind
from wallet_core.money import Money
from wallet_core.phrases import load_phrases
from wallet_core.policy import Action
from wallet_core.routing import load_routing
from wallet_core.schema import migrate
from wallet_core.transcripts import Reply

# A Friday in Shanghai: a quarter past eight in the morning, and three at night.
DAY, NIGHT = datetime(2026, 11, 20, 0, 15, tzinfo=UTC), datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
JOBS = ("offers", "callbacks", "reminders", "send_notices", "surveys", "send_texts", "close_calls")
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
        self._held: list[Phone] = []
        self._stories = 0
        self.jobs = {job.name: job for job in build_jobs(settings, database, self.clock) if job.name in JOBS}

    # Who is there

    def agent(self, *, languages: list[str] | None = None, queues: list[str] | None = None, **more: Any) -> Phone:
        """An agent on duty, at home with a telephone."""
        number = fresh_number()
        with self.database.transaction() as session:
            facts = {"queues": queues or QUEUES, "languages": languages or ["zh", "en"], "phone": number}
            factories.create_agent(session, role=AgentRole.AGENT, seen_at=self.clock.now(), **facts | more)
        return self._hold(number)

    def agent_id(self, name: str) -> str:
        """One agent's id in this story; another story has another of the same name."""
        return f"{name}{self._stories}"

    def customer(self, *, language: str = "en", **more: Any) -> Customer:
        with self.database.transaction() as session:
            facts = {"phone": fresh_number(), "email": None, "secret_key": DEMO_KEY, "language": Language(language)}
            made = factories.create_customer(session, **facts | more)
            factories.create_account(session, customer_id=made.id)
            return Customer(self, made.id, self._hold(str((facts | more)["phone"])))

    def visitor(self) -> Phone:
        """Somebody whose number nobody knows."""
        return self._hold(fresh_number())

    def _hold(self, number: str) -> Phone:
        self._held.append(self.phones.phone(number))
        return self._held[-1]

    def set_duty(self, name: str, *, on: bool) -> None:
        with self.database.transaction() as session:
            agents.set_duty(session, agent_id=self.agent_id(name), on_duty=on, now=self.clock.now())

    def everybody_goes_home(self) -> None:
        """So that the next test meets its own agents, and no call of this one."""
        for phone in self._held:
            for call in phone.calls:
                if call.look().status == "in-progress":
                    call.hang_up()
        self._held.clear()
        self._stories += 1
        with self.database.transaction() as session:
            session.execute(update(Agent).values(on_duty=False))
            pending = (CallbackStatus.REQUESTED, CallbackStatus.CALLING, CallbackStatus.CONNECTED)
            session.execute(
                update(Callback).where(Callback.status.in_(pending)).values(status=CallbackStatus.CANCELLED)
            )
        self.phones.advance(2)
        self.work()
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

    def ask_for_callback(self, conversation_id: str, *, topic: str, language: str, **when: Any) -> CallbackReceipt:
        """As the assistant asks the core in this conversation."""
        now = self.clock.now()
        with self.database.transaction() as session:
            grant = verification.authorise(
                session, conversation_id=conversation_id, action=Action.CALLBACK_ON_FILE, now=now
            )
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

    def hold_payment(self, customer_id: str, *, payee: str) -> None:
        """As the wallet's own system asks the core, which has the customer called."""
        with self.database.transaction() as session:
            transactions.request_payment(
                session,
                account_id=accounts.account_of(session, customer_id=customer_id).id,
                kind=TransactionKind.PAYMENT,
                amount=Money.of("120.50", "USD"),
                counterparty=payee,
                now=self.clock.now(),
                random=Random(next(_numbers)),
                hold=True,
            )

    def wait_at_desk(self, conversation_id: str, *, topic: str) -> bool:
        """As the assistant has a customer wait for an agent; False where none is at the desk."""
        with self.database.transaction() as session:
            joined = handovers.join(
                session,
                conversation_id=conversation_id,
                topic=topic,
                reason=HandoverReason.ASKED,
                routing=ROUTING,
                now=self.clock.now(),
            )
        return joined is not None

    def sit_at_desk(self, name: str) -> None:
        """As if the agent's page were open."""
        with self.database.transaction() as session:
            agents.note_seen(session, agent_id=self.agent_id(name), now=self.clock.now())

    def answer_at_desk(self, conversation_id: str, *, agent: str, text: str) -> None:
        now = self.clock.now()
        with self.database.transaction() as session:
            grant = verification.authorise_agent(
                session, agent_id=self.agent_id(agent), action=Action.ANSWER, customer_id=None, now=now
            )
            language = conversations.get_conversation(session, conversation_id=conversation_id).language
            here = Reply(text=agent, language=language)
            handovers.claim(session, grant=grant, conversation_id=conversation_id, now=now, word=here)
            reply = Reply(text=text, language=language)
            key = str(next(_numbers))
            handovers.say(session, grant=grant, conversation_id=conversation_id, reply=reply, key=key, now=now)

    def finish_at_desk(self, conversation_id: str, *, agent: str) -> None:
        now = self.clock.now()
        with self.database.transaction() as session:
            grant = verification.authorise_agent(
                session, agent_id=self.agent_id(agent), action=Action.ANSWER, customer_id=None, now=now
            )
            view = conversations.get_conversation(session, conversation_id=conversation_id)
            last = transcripts.last_message(session, conversation_id=conversation_id)
            handovers.finish(
                session,
                grant=grant,
                conversation_id=conversation_id,
                seen=last.id if last else 0,
                now=now,
                word=Reply(text=agent, language=view.language),
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
            # Of a machine at work on other things: nothing is slow by itself here.
            "turn_deadline_seconds": 30.0,
            "call_deadline_seconds": 30.0,
            "text_deadline_seconds": 30.0,
            "storage_seconds": 60.0,
            "texts_per_minute": 600,
            "sessions_per_minute": 6000,
            **overrides,
        },
    )
    database = Database(settings.database)
    migrate(database)
    account = telephony_account(settings)
    assert account is not None
    timeline = Timeline(at)
    simulator = Simulator(account, timeline=timeline, patience=60)
    gateway = Served(create_app(settings, clock=timeline), port=here)
    served = Served(create_simulator(simulator), port=there)
    world = World(settings=settings, database=database, simulator=simulator, rasa=rasa, url=gateway.url)
    try:
        yield world
    finally:
        world.close()
        served.stop()
        gateway.stop()
