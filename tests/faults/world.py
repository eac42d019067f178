"""Everything that a callback needs, in processes that can be killed: workers, gateways, the action server and Twilio's
stand-in, on PostgreSQL. No Rasa: it has no part in calling back.

Where a process is at when it dies is settled from outside: a lock in the database that it waits for, or Twilio's side
that does not answer. Nothing in the product knows of it.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select, text, update

from tests.faults import parts
from tests.faults.parts import TurnedClock
from tests.gateway.serving import free_port
from tests.telephony.phone import CallOnPhone, Network, Phone, simulated_account
from tests.wallet_core.callback_helpers import NIGHT_AND_DAY, PHRASES, RANDOM
from tests.wallet_core.factories import create_customer
from tests.wallet_core.grants import customer_grant
from tests.wallet_core.routings import ROUTING
from wallet_core import callbacks
from wallet_core.callback_windows import USUAL
from wallet_core.database import Database
from wallet_core.models import Callback, CallbackAttempt, CallbackStatus, Language, Notice, NoticeStatus
from wallet_core.policy import Action

_PATIENCE = 90.0
_LOOK_SECONDS = 0.02
_PAGE = 1000
_LONGEST_RING = 40.0
_WAITS_FOR_A_LOCK = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = :name AND wait_event_type = 'Lock' AND query ILIKE :words"
)


class World:
    """`settings` are `WALLET_…` variables of all processes; in `real_time` the clock goes by itself."""

    def __init__(self, url: str, folder: Path, *, real_time: bool = False, **settings: str) -> None:
        self.clock = TurnedClock(stands=not real_time)
        self.database = Database(url)
        self._folder = folder
        self._public = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.actions_port, self._simulator_port = free_port(), free_port()
        address = f"http://127.0.0.1:{self._simulator_port}"
        self.account = simulated_account(address)
        self._environment = {
            "PORT": str(self._public.getsockname()[1]),
            "WALLET_STATE_DIR": str(folder),
            "WALLET_SIMULATOR_URL": address,
            **settings,
        }
        self._running: dict[str, BaseProcess] = {}
        self._numbers = iter(range(1, 10_000))
        self.simulator = self._start("simulator", parts.simulate, self.clock, self._simulator_port)
        self.phones = Network(address)
        self._twilio = httpx.Client(
            base_url=f"{address}/2010-04-01/Accounts/{self.account.account_sid}",
            auth=(self.account.account_sid, self.account.auth_token.get_secret_value()),
            timeout=120,
            trust_env=False,
        )
        self.until(lambda: _answers(f"{address}/healthz"), "the simulator")

    # Processes

    def run(self, name: str) -> BaseProcess:
        """Start "worker-1", "gateway-2", "actions", …, anew where it ran before."""
        kind, clock = name.partition("-")[0], self.clock
        given: dict[str, tuple[Any, ...]] = {
            "worker": (parts.work, clock),
            "gateway": (parts.serve_gateway, clock, self._public),
            "actions": (parts.serve_actions, clock, self.actions_port),
        }
        return self._start(name, *given[kind])

    def wait_for_gateway(self) -> None:
        """Until one answers."""
        self.until(self.gateway_answers, "a gateway")

    def gateway_answers(self) -> bool:
        return _answers(f"http://127.0.0.1:{self._public.getsockname()[1]}/healthz")

    @property
    def names(self) -> list[str]:
        """Of the processes that run."""
        return list(self._running)

    def kill(self, *names: str) -> None:
        """As the kernel kills: no goodbye."""
        for name in names:
            process = self._running.pop(name)
            process.kill()
            process.join(10)

    def close(self) -> None:
        self.kill(*self.names)
        self.phones.close()
        self._twilio.close()
        self._public.close()
        self.database.dispose()

    def _start(self, name: str, *work: Any) -> BaseProcess:
        # The database knows each by its name.
        url = self.database.url.update_query_dict({"application_name": name}).render_as_string(hide_password=False)
        environment = {**self._environment, "WALLET_DATABASE_URL": url}
        log = self._folder / f"{name}.log"
        self._running[name] = parts.start(*work, log=log, environment=environment)
        return self._running[name]

    # Time

    def turn(self, seconds: float) -> None:
        """The clock of all, Twilio's too."""
        self.clock.turn(seconds)

    def until(self, condition: Callable[[], object], what: str, *, patience: float = _PATIENCE) -> None:
        """Until the processes have done it; a clock that stands goes on a little each time one looks."""
        end = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < end, f"still waiting for {what}"
            time.sleep(_LOOK_SECONDS)
            if self.clock.stands:
                self.turn(_LOOK_SECONDS)

    # Where a process is to be when it dies

    @contextmanager
    def locked(self, table: str) -> Iterator[Callable[[str], None]]:
        """Nobody writes into the table meanwhile; gives what waits until that process wants to."""
        with self.database.engine.connect() as connection:
            connection.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
            yield lambda name: self.until(lambda: self._waits_for(name, table), f"{name} to write into {table}")
            connection.rollback()

    @contextmanager
    def twilio_asleep(self) -> Iterator[Callable[[], None]]:
        """Twilio does not run meanwhile; gives what waits until a request of ours lies at its door."""
        os.kill(int(self.simulator.pid or 0), signal.SIGSTOP)
        yield lambda: self.until(self._lies_at_the_door, "a request")
        self.wake_twilio()

    def wake_twilio(self) -> None:
        os.kill(int(self.simulator.pid or 0), signal.SIGCONT)

    def _lies_at_the_door(self) -> bool:
        """Whether bytes wait in the kernel for the simulator: see proc(5), /proc/net/tcp."""
        here = f"0100007F:{self._simulator_port:04X}"
        lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        queued = [
            line.split()[4].split(":")[1] for line in lines if line.split()[1] == here and line.split()[3] == "01"
        ]
        return any(int(waiting, 16) > 0 for waiting in queued)

    def _waits_for(self, name: str, table: str) -> bool:
        with self.database.engine.connect() as connection:
            return bool(connection.scalar(_WAITS_FOR_A_LOCK, {"name": name, "words": f"%{table}%"}))

    def wait_for_request(self, phone: Phone) -> None:
        """Until Twilio has our request for a call there, and does not answer it."""

        def pending() -> bool:
            return any(
                (one["purpose"], one["params"].get("To"), one["status"]) == ("create_call", phone.number, None)
                for one in self.phones.requests
            )

        self.until(pending, f"a request to call {phone.number}")

    def calls(self, **wanted: str) -> list[dict[str, Any]]:
        """Twilio's list of our calls, newest first."""
        answer = self._twilio.get("/Calls.json", params={"PageSize": str(_PAGE), **wanted})
        found: list[dict[str, Any]] = answer.raise_for_status().json()["calls"]
        assert len(found) < _PAGE
        return found

    # Customers and their callbacks

    def customer(self) -> tuple[str, Phone]:
        """A new one, and their telephone."""
        number = f"+1202555{next(self._numbers):04}"
        with self.database.transaction() as session:
            return create_customer(session, phone=number).id, self.phones.phone(number)

    def rings(self, phone: Phone) -> CallOnPhone:
        """The call that rings there, once it does."""
        self.until(lambda: phone.ringing, f"a call at {phone.number}")
        return phone.wait_for_call()

    def rings_in_vain(self, phone: Phone) -> CallOnPhone:
        """The call that nobody takes, when it is over."""
        call = self.rings(phone)
        self.turn(_LONGEST_RING)
        self.until(lambda: call.look().status == "no-answer", f"the call at {phone.number} to end")
        return call

    def ask(self, customer_id: str, *, ahead: timedelta | None = None) -> str:
        """Have the customer ask to be called, now or in so long; the callback's id."""
        now = self.clock.now()
        start = now + ahead if ahead else None
        with self.database.transaction() as session:
            receipt = callbacks.request_callback(
                session,
                grant=customer_grant(session, customer_id=customer_id, action=Action.CALLBACK_ON_FILE, now=now),
                topic=NIGHT_AND_DAY,
                language=Language.EN,
                routing=ROUTING,
                phrases=PHRASES,
                now=now,
                random=RANDOM,
                start=start,
                end=start + USUAL if start else None,
            )
            return str(callbacks.id_of(session, reference=receipt.reference))

    def status(self, callback_id: str) -> CallbackStatus:
        with self.database.reading() as session:
            return session.get_one(Callback, callback_id).status

    def attempts(self, callback_id: str) -> list[CallbackAttempt]:
        with self.database.reading() as session:
            query = select(CallbackAttempt).where(CallbackAttempt.callback_id == callback_id)
            return list(session.scalars(query.order_by(CallbackAttempt.number)))

    def forget_texts(self) -> None:
        """Let the texts that are owed be: else they meet the faults that are meant for calls."""
        with self.database.transaction() as session:
            session.execute(update(Notice).values(status=NoticeStatus.SENT))

    def outcomes(self, callback_id: str) -> list[str | None]:
        """What each try came to."""
        return [attempt.outcome for attempt in self.attempts(callback_id)]


def _answers(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(url, trust_env=False).is_success
    return False
