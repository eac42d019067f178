"""Telephones to hold in a test: they text and call us through the phone simulator, and get what we send.

    with network(lambda url, clock: create_app(settings(simulator_url=url), clock=clock)) as phones:
        call = phones.phone("+12025550101").call()
        call.press("1")
        assert "frozen" in call.heard[-1]

The simulator then runs here, with a clock that stands until `advance`, and carries its webhooks straight to the application.
`Network(address)` drives the simulator of a running assistant in the same way.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from bot.settings import Settings
from bot.simulator.app import create_app
from bot.simulator.simulator import Simulator
from bot.simulator.timeline import Timeline
from bot.telephony.account import TelephonyAccount, telephony_account
from tests.gateway.serving import Served, free_port

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_PATIENCE_SECONDS = 60.0
_CODE = re.compile(r"\d{4,10}")

View = dict[str, Any]


class CallOnPhone:
    """One call, held at the ear."""

    def __init__(self, network: Network, view: View) -> None:
        self._network = network
        self._before = 0
        self.view = view

    @property
    def sid(self) -> str:
        return str(self.view["sid"])

    @property
    def status(self) -> str:
        return str(self.view["status"])

    @property
    def heard(self) -> list[str]:
        """All that was said or played so far."""
        return [heard["text"] for heard in self.view["heard"]]

    @property
    def just_heard(self) -> str:
        """What was said since the last key, word, silence or wait."""
        return "\n".join(self.heard[self._before :])

    @property
    def gathering(self) -> View | None:
        """What is asked for: input, numDigits, finishOnKey, language, hints, timeout."""
        return self.view["gathering"]

    def press(self, digits: str) -> CallOnPhone:
        return self._do("keys", digits=digits)

    def say(self, text: str, confidence: float | None = 0.92) -> CallOnPhone:
        return self._do("speech", text=text, confidence=confidence)

    def silence(self) -> CallOnPhone:
        """Say and press nothing until the question's time is up."""
        return self._do("silence")

    def hang_up(self) -> CallOnPhone:
        return self._do("hang-up")

    def answer(self, by: str = "human") -> CallOnPhone:
        """Take a call that rings: human, machine, busy, no-answer, …"""
        return self._do("answer", by=by)

    def wait(self, seconds: float) -> CallOnPhone:
        """Let time pass."""
        self._before = len(self.view["heard"])
        self._network.advance(seconds)
        return self.look()

    def look(self) -> CallOnPhone:
        self.view = self._network.get(f"calls/{self.sid}")
        return self

    def _do(self, what: str, **body: Any) -> CallOnPhone:
        self._before = len(self.view["heard"])
        self.view = self._network.post(f"calls/{self.sid}/{what}", **body)
        return self


class Phone:
    def __init__(self, network: Network, number: str) -> None:
        self._network = network
        self.number = number

    def text(self, body: str) -> str:
        """Text us; the message's SID. What is answered in the webhook's own answer is here then."""
        return str(self._network.post(f"phones/{self.number}/texts", body=body)["sid"])

    def call(self, *, hidden: bool = False, vouched: bool = False) -> CallOnPhone:
        """Call us, and listen until we ask something or hang up."""
        return CallOnPhone(
            self._network, self._network.post(f"phones/{self.number}/calls", hidden=hidden, vouched=vouched)
        )

    @property
    def texts(self) -> list[View]:
        return list(self._network.get(f"phones/{self.number}")["texts"])

    @property
    def received(self) -> list[str]:
        """What was texted to this phone, oldest first."""
        return [text["body"] for text in self.texts if text["direction"] != "inbound"]

    @property
    def mails(self) -> list[View]:
        """For an e-mail address in place of a number."""
        return list(self._network.get(f"phones/{self.number}")["mails"])

    @property
    def calls(self) -> list[CallOnPhone]:
        """Oldest first."""
        calls = self._network.get(f"phones/{self.number}")["calls"]
        return [CallOnPhone(self._network, self._network.get(f"calls/{call['sid']}")) for call in calls]

    @property
    def ringing(self) -> CallOnPhone | None:
        """The call that rings here, if one does."""
        rings = [call for call in self.calls if call.status == "ringing" and call.view["direction"] != "inbound"]
        return rings[-1] if rings else None

    @property
    def code(self) -> str:
        """The newest one-time code that came by text or mail."""
        bodies = self.received + [mail["body"] for mail in self.mails]
        codes = [code for body in bodies for code in _CODE.findall(body)]
        assert codes, "no code came"
        return codes[-1]

    def wait_for_text(self, count: int = 1) -> str:
        """Until so many texts came here altogether; the newest."""
        self._network.until(lambda: len(self.received) >= count, f"{count} texts at {self.number}")
        return self.received[-1]

    def wait_for_call(self) -> CallOnPhone:
        """Until it rings here."""
        self._network.until(lambda: self.ringing is not None, f"a call at {self.number}")
        assert self.ringing is not None
        return self.ringing

    def always(self, answer: str | None) -> None:
        """Do this with every call that comes: human, machine, busy, no-answer, …; None: let it ring."""
        self._network.post(f"phones/{self.number}/habit", answer=answer)


class Network:
    """All telephones of one simulator. `address` is the assistant's, or the simulator's own."""

    def __init__(self, address: str, *, simulator: Simulator | None = None) -> None:
        self.address = address
        self._simulator = simulator
        self._http = httpx.Client(base_url=f"{address}/simulator/api/", timeout=60, trust_env=False)

    @property
    def simulator(self) -> Simulator:
        """The engine, where it runs here."""
        assert self._simulator is not None
        return self._simulator

    @property
    def requests(self) -> list[View]:
        """Every REST request and webhook, newest last."""
        return list(self.get("requests")["requests"])

    @property
    def webhooks(self) -> list[View]:
        return [request for request in self.requests if request["way"] == "webhook"]

    @property
    def warnings(self) -> list[int]:
        """The codes in Twilio's debugger: whatever was wrong with our answers."""
        return [warning["code"] for warning in self.get("requests")["warnings"]]

    def phone(self, number: str) -> Phone:
        return Phone(self, number)

    def advance(self, seconds: float) -> None:
        """Turn the clock on; all that falls due in between has happened then."""
        self.post("clock", advance_seconds=seconds)

    def stop_clock(self) -> None:
        """Let a running assistant's simulator stand still between `advance`s; speech then takes no time."""
        self.post("clock", stands=True)

    def start_clock(self) -> None:
        self.post("clock", stands=False)

    def break_with(self, **faults: Any) -> None:
        """Switch faults: duplicate, reorder, lose_status_events, fail_next, hang_next, undeliverable, advanced_opt_out."""
        self.post("faults", **faults)

    def reset(self) -> None:
        self.post("reset")

    def get(self, path: str) -> View:
        return self._read(self._http.get(path))

    def post(self, path: str, **body: Any) -> View:
        return self._read(self._http.post(path, json=body))

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Until other threads or processes have done it."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < end, f"still waiting for {what}"
            time.sleep(0.02)

    def close(self) -> None:
        self._http.close()

    @staticmethod
    def _read(answer: httpx.Response) -> View:
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return dict(answer.json())


@contextmanager
def network(
    make_gateway: Callable[[str, Timeline], Any], *, at: datetime = MORNING, patience: float = 5.0
) -> Iterator[Network]:
    """A simulator in this process, its clock standing `at`, with our application at the other end.

    `make_gateway` gets the simulator's address (for `simulator_url`) and its clock, and gives the ASGI application;
    `patience` is how many seconds Twilio waits for an answer.
    """
    port = free_port()
    timeline, url = Timeline(at), f"http://127.0.0.1:{port}"
    gateway = make_gateway(url, timeline)
    transport = httpx.ASGITransport(gateway, raise_app_exceptions=False)
    simulator = Simulator(simulated_account(url), timeline=timeline, transport=transport, patience=patience)
    app = create_app(simulator)
    app.mount("", gateway)  # tests may speak to it themselves, as Twilio would
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def both(_: Any) -> Any:
        async with gateway.router.lifespan_context(gateway), lifespan(app):
            yield

    app.router.lifespan_context = both
    served = Served(app, port=port)
    phones = Network(url, simulator=simulator)
    try:
        yield phones
    finally:
        phones.close()
        served.stop()


def simulated_account(url: str) -> TelephonyAccount:
    """The simulator's account, as a gateway with default settings and this `simulator_url` has it."""
    account = telephony_account(Settings(_env_file=None, simulator_url=url))
    assert account is not None
    return account
