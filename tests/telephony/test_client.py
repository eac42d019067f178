"""Requests leave for one place, wait no longer than they may, and are repeated only where surely nothing was done."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ConnectTimeout, ReadTimeout
from twilio.base.exceptions import TwilioRestException
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from bot.telephony.client import WrongPlace, build_client
from bot.telephony.errors import OutcomeUnknown, asking
from tests.telephony.accounts import Wire, client_on, make_account, refused
from wallet_core.errors import ServiceUnavailable

DONE = (201, {"sid": "SM" + "1" * 32, "status": "queued"})
TEXT = {"to": "+12025550101", "from_": "+12025550190", "body": "hello"}


def no_connection() -> NoConnection:
    return NoConnection(MaxRetryError(None, "/", NewConnectionError(None, "refused")))  # type: ignore[arg-type]


def broken_off() -> NoConnection:
    return NoConnection(ProtocolError("Connection aborted.", ConnectionResetError()))


def test_requests_go_to_twilio_over_https() -> None:
    wire = Wire(DONE, DONE)

    client = client_on(wire)
    client.messages.create(**TEXT)
    client.verify.v2.services("VA" + "1" * 32).verifications.create(to="+12025550101", channel="sms")

    assert [uri.partition("/2010")[0].partition("/v2")[0] for _, uri, _ in wire.sent] == [
        "https://api.twilio.com",
        "https://verify.twilio.com",
    ]


def test_with_a_base_everything_goes_there_and_keeps_its_path_and_query() -> None:
    account = make_account(api_base="http://127.0.0.1:4010/twilio")
    next_page = {"messages": [], "next_page_uri": f"/2010-04-01/Accounts/{account.account_sid}/Messages.json?Page=1"}
    wire = Wire((200, next_page), (200, {"messages": []}))

    client_on(wire, account).messages.list(to="+12025550101", page_size=1)

    home = f"http://127.0.0.1:4010/twilio/2010-04-01/Accounts/{account.account_sid}/Messages.json"
    assert [uri for _, uri, _ in wire.sent] == [home, f"{home}?Page=1"]


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/v2/Services", "http://verify.twilio.com/v2/Services", "https://xtwilio.com/"]
)
def test_no_answer_can_send_the_next_request_elsewhere(elsewhere: str) -> None:
    page = {"services": [], "meta": {"key": "services", "next_page_url": elsewhere}}
    wire = Wire((200, page), (200, page))

    with pytest.raises(WrongPlace):
        client_on(wire).verify.v2.services.list()

    assert len(wire.sent) == 1


def test_the_environment_of_the_process_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin", "HTTPS_PROXY": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    wire = Wire(DONE)

    client_on(wire).messages.create(**TEXT)
    real = build_client(make_account())

    assert wire.sent[0][1].startswith("https://api.twilio.com/")
    assert real.http_client._transport.session.trust_env is False


def test_too_many_requests_is_asked_again_after_growing_pauses() -> None:
    pauses = list[float]()
    wire = Wire(refused(429, 20429), refused(429, 20429), DONE)

    sent = client_on(wire, pauses=pauses).messages.create(**TEXT)

    assert sent.sid == "SM" + "1" * 32
    assert len(wire.sent) == 3 and pauses == sorted(pauses)


def test_it_is_not_asked_for_ever() -> None:
    wire = Wire(*[refused(429, 20429)] * 3)

    with pytest.raises(ServiceUnavailable) as refusal, asking("texts"):
        client_on(wire).messages.create(**TEXT)

    assert not isinstance(refusal.value, OutcomeUnknown)
    assert len(wire.sent) == 3


@pytest.mark.parametrize(
    "answer", [refused(429, 60203), refused(429, 60202), (429, "slow down"), refused(500, 20500), (503, "")]
)
def test_nothing_else_that_is_answered_is_repeated(answer: Any) -> None:
    wire = Wire(answer)

    with pytest.raises(TwilioRestException):
        client_on(wire).messages.create(**TEXT)

    assert len(wire.sent) == 1


@pytest.mark.parametrize("error", [no_connection(), ConnectTimeout()])
def test_a_request_that_found_no_connection_is_repeated_and_then_was_not_done(error: Exception) -> None:
    once, never = Wire(error, DONE), Wire(error, error, error)

    assert client_on(once).messages.create(**TEXT).sid
    with pytest.raises(ServiceUnavailable) as refusal, asking("texts"):
        client_on(never).messages.create(**TEXT)

    assert not isinstance(refusal.value, OutcomeUnknown)
    assert (len(once.sent), len(never.sent)) == (2, 3)


@pytest.mark.parametrize("error", [ReadTimeout(), broken_off()])
def test_a_request_that_was_on_its_way_is_never_repeated_and_its_outcome_is_unknown(error: Exception) -> None:
    wire = Wire(error)

    with pytest.raises(OutcomeUnknown), asking("texts"):
        client_on(wire).messages.create(**TEXT)

    assert len(wire.sent) == 1


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Takes requests and does not answer."""
    release = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            release.wait(60)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    release.set()
    server.shutdown()


def test_a_twilio_that_does_not_answer_is_not_waited_for(silent_server: str) -> None:
    client = build_client(make_account(api_base=silent_server), answer_seconds=0.2)
    started = time.monotonic()

    with pytest.raises(OutcomeUnknown), asking("texts"):
        client.messages.create(**TEXT)

    assert time.monotonic() - started < 5


def test_a_twilio_that_is_not_there_did_nothing() -> None:
    with socket.socket() as deaf:  # bound, so that nobody else is there, and not listening
        deaf.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        client = build_client(make_account(api_base=base), sleep=lambda _: None)

        with pytest.raises(ServiceUnavailable) as refusal, asking("texts"):
            client.messages.create(**TEXT)

    assert not isinstance(refusal.value, OutcomeUnknown)


def test_nothing_that_names_a_customer_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="twilio")
    wire = Wire((200, {"calls": []}))

    client_on(wire).calls.list(to="+12025550101")

    assert "2025550101" not in caplog.text
