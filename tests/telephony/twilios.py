"""What the ports are tried on: Twilio's own specification, and the simulator. Neither needs a network."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from requests.exceptions import ReadTimeout
from starlette.testclient import TestClient
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.telephony.account import TelephonyAccount
from tests.telephony.accounts import client_on, make_account
from tests.wallet_core.factories import NOW

_JUDGE = "WALLET_TWILIO_JUDGE"
_BASE = "http://twilio.test"


class Twilio(Protocol):
    """Something that takes our requests as Twilio does."""

    account: TelephonyAccount
    transport: HttpClient

    def refuse_next(self, status: int, code: int) -> None: ...

    def complaints(self) -> list[str]:
        """What was wrong with the requests so far."""


def client_of(twilio: Twilio) -> Client:
    return client_on(twilio.transport, twilio.account)


class SpecifiedTwilio:
    """Judges each request by Twilio's OpenAPI documents; answers with their examples, and remembers nothing."""

    def __init__(self, **overrides: Any) -> None:
        self.account = make_account(**overrides)
        self.transport = _load_judge().SpecJudge()

    def refuse_next(self, status: int, code: int) -> None:
        self.transport.script(status, code=code, message="refused", more_info="")

    def complaints(self) -> list[str]:
        return [f"{call.method} {call.url}: {wrong}" for call in self.transport.calls for wrong in call.complaints]


def _load_judge() -> Any:
    folder = os.environ.get(_JUDGE)
    if not folder:
        pytest.skip(f"{_JUDGE} names no folder with spec_judge.py: requests are not checked against the specification")
    spec = importlib.util.spec_from_file_location("spec_judge", Path(folder) / "spec_judge.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class SimulatedTwilio:
    """The phone simulator, in this process, on a clock that stands until it is turned."""

    account: TelephonyAccount
    transport: HttpClient
    web: TestClient
    codes: list[tuple[str, str]]

    def refuse_next(self, status: int, code: int) -> None:
        self._post("faults", {"fail_next": {"status": status, "code": code}})

    def complaints(self) -> list[str]:
        requests = self.web.get("/simulator/api/requests").json()["requests"]
        return [note for request in requests if request["kind"] == "rest" for note in request["notes"]]

    def advance(self, seconds: float) -> None:
        self._post("clock", {"advance_seconds": seconds})

    def phone(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.web.get(f"/simulator/api/phones/{number}").json()
        return found

    def call(self, sid: str) -> dict[str, Any]:
        found: dict[str, Any] = self.web.get(f"/simulator/api/calls/{sid}").json()
        return found

    def answer(self, sid: str, by: str = "human") -> None:
        self._post(f"calls/{sid}/answer", {"by": by})

    def _post(self, path: str, body: dict[str, Any]) -> None:
        assert self.web.post(f"/simulator/api/{path}", json=body).status_code < 300


@contextmanager
def simulated_twilio(**overrides: Any) -> Iterator[SimulatedTwilio]:
    from bot.simulator.app import create_app  # noqa: PLC0415
    from bot.simulator.simulator import Simulator  # noqa: PLC0415
    from bot.simulator.timeline import Timeline  # noqa: PLC0415

    account = make_account(api_base=_BASE, **overrides)
    codes = list[tuple[str, str]]()

    def deliver(to: str, kind: str, content: str) -> None:
        if kind == "code":
            codes.append((to, content))

    gateway = httpx.MockTransport(lambda _: httpx.Response(204))
    simulator = Simulator(account, timeline=Timeline(stands_at=NOW), transport=gateway, deliver=deliver)
    with TestClient(create_app(simulator), base_url=_BASE) as web:
        yield SimulatedTwilio(account, OverAsgi(web), web, codes)


class OverAsgi(HttpClient):
    """Carries the library's requests to an application in this process."""

    def __init__(self, web: TestClient) -> None:
        super().__init__(None, is_async=False)
        self._web = web

    def request(
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: Any = None,
        allow_redirects: bool = False,
    ) -> Response:
        answer = self._web.request(
            method, uri, params=params, data=data, headers=headers, auth=auth, follow_redirects=allow_redirects
        )
        return Response(answer.status_code, answer.text)


class Losing(HttpClient):
    """Carries requests, and loses the answers to those that change something, while `losing` says so."""

    def __init__(self, transport: HttpClient) -> None:
        super().__init__(None, is_async=False)
        self._transport = transport
        self.losing = True

    def request(self, method: str, uri: str, *args: Any, **options: Any) -> Response:
        answer = self._transport.request(method, uri, *args, **options)
        if self.losing and method == "POST":
            raise ReadTimeout
        return answer
