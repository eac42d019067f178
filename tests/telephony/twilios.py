"""What the ports are tried on: Twilio's own specification, and the simulator. Neither needs a network."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.rest import Client

from bot.telephony.account import TelephonyAccount
from bot.telephony.client import build_client
from tests.telephony.accounts import client_on, make_account
from tests.telephony.phone import Network, network, simulated_account

_JUDGE = "WALLET_TWILIO_JUDGE"


class Twilio(Protocol):
    """Something that takes our requests as Twilio does."""

    account: TelephonyAccount

    def client(self) -> Client: ...

    def refuse_next(self, status: int, code: int) -> None: ...

    def complaints(self) -> list[str]:
        """What was wrong with the requests so far."""


class SpecifiedTwilio:
    """Judges each request by Twilio's OpenAPI documents; answers with their examples, and remembers nothing."""

    def __init__(self, **overrides: Any) -> None:
        self.account = make_account(**overrides)
        self.judge = _load_judge().SpecJudge()

    def client(self) -> Client:
        return client_on(self.judge, self.account)

    def refuse_next(self, status: int, code: int) -> None:
        self.judge.script(status, code=code, message="refused", more_info="")

    def complaints(self) -> list[str]:
        return [f"{call.method} {call.url}: {wrong}" for call in self.judge.calls for wrong in call.complaints]


def _load_judge() -> Any:
    folder = os.environ.get(_JUDGE)
    if not folder:
        pytest.skip(f"{_JUDGE} names no folder with spec_judge.py: requests are not checked against the specification")
    spec = importlib.util.spec_from_file_location("spec_judge", Path(folder) / "spec_judge.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class SimulatedTwilio:
    """The phone simulator on loopback, its clock standing until it is turned. Our side takes whatever it sends."""

    def __init__(self, phones: Network) -> None:
        self.account = simulated_account(phones.address)
        self.phones = phones

    def client(self, **options: Any) -> Client:
        return build_client(self.account, sleep=lambda _: None, **options)

    def refuse_next(self, status: int, code: int) -> None:
        self.phones.break_with(fail_next={"status": status, "code": code})

    def complaints(self) -> list[str]:
        asked = [request for request in self.phones.requests if request["way"] == "rest"]
        return [note for request in asked for note in request["notes"]]

    def codes_at(self, destination: str) -> list[str]:
        """The one-time codes that were texted or mailed there, oldest first."""
        phone = self.phones.phone(destination)
        bodies = phone.received + [mail["body"] for mail in phone.mails]
        return [code for body in bodies for code in re.findall(r"\b\d{6}\b", body)]


@contextmanager
def simulated_twilio() -> Iterator[SimulatedTwilio]:
    async def take(_: Request) -> Response:
        return Response(status_code=204)

    ours = Starlette(routes=[Route("/{path:path}", take, methods=["GET", "POST"])])
    with network(lambda _url, _clock: ours) as phones:
        yield SimulatedTwilio(phones)
