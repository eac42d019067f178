"""The simulator with an application at the other end that answers what the test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.base.exceptions import TwilioRestException
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.rest import Client

from tests.browser import browser, pages
from tests.telephony.phone import Network, Phone, network

__all__ = ["browser", "pages"]

CUSTOMER = "+12025550101"
AGENT = "+12025550191"
NUMBER = "+15005550006"


@dataclass(frozen=True)
class Hook:
    """A request that came to us from Twilio."""

    path: str
    method: str
    form: dict[str, str]
    signature: str
    token: str


@dataclass
class OurSide:
    """What we answer by path: XML, a status, or an exception."""

    answers: dict[str, str | int | list[str]] = field(default_factory=dict)
    hooks: list[Hook] = field(default_factory=list)
    slow: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.app = Starlette(routes=[Route("/{path:path}", self._hear, methods=["GET", "POST"])])

    def to(self, path: str) -> list[dict[str, str]]:
        """The forms that came there."""
        return [hook.form for hook in self.hooks if hook.path == path]

    async def _hear(self, request: Request) -> Response:
        fields = await request.form() if request.method == "POST" else request.query_params
        form = {name: str(value) for name, value in fields.items()}
        headers = request.headers
        self.hooks.append(
            Hook(
                request.url.path,
                request.method,
                form,
                headers["x-twilio-signature"],
                headers["i-twilio-idempotency-token"],
            )
        )
        if request.url.path in self.slow:
            await asyncio.sleep(5)
        answer = self.answers.get(request.url.path, "<Response/>")
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, int):
            return Response(status_code=answer)
        xml = answer if answer.startswith("<Response") else f"<Response>{answer}</Response>"
        return Response(xml, media_type="application/xml")


class ToSimulator(TwilioHttpClient):
    """twilio-python's own client, with Twilio's hosts replaced by the simulator."""

    def __init__(self, address: str) -> None:
        super().__init__(timeout=10)
        self.session.trust_env = False
        self._address = address

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> TwilioResponse:
        path = url.split("/", 3)[3]
        return super().request(method, f"{self._address}/{path}", *args, **kwargs)


@pytest.fixture
def ours() -> OurSide:
    return OurSide()


@pytest.fixture
def patience() -> float:
    """How many seconds Twilio waits for an answer of ours; shorter for tests in which none comes."""
    return 10.0


@pytest.fixture
def phones(ours: OurSide, patience: float) -> Iterator[Network]:
    with network(lambda _url, _clock: ours.app, patience=patience) as phones:
        yield phones


@pytest.fixture
def customer(phones: Network) -> Phone:
    return phones.phone(CUSTOMER)


@pytest.fixture
def twilio(phones: Network) -> Client:
    line = phones.simulator.line
    http: HttpClient = ToSimulator(phones.address)
    return Client(line.account_sid, line.auth_token, http_client=http)


def refusal(error: pytest.ExceptionInfo[TwilioRestException]) -> tuple[int, int]:
    """The HTTP status and Twilio's code."""
    return error.value.status, error.value.code
