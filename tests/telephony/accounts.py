"""Accounts and clients for the tests of what we ask of Twilio."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from pydantic import SecretStr
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.telephony.account import TelephonyAccount
from bot.telephony.client import build_client

# As an operator would set them.
PHONE_SETTINGS: dict[str, Any] = {
    "twilio_account_sid": "AC" + "0a" * 16,
    "twilio_auth_token": "a-token-that-opens-nothing",
    "twilio_number": "+12025550190",
    "twilio_verify_service_sid": "VA" + "0b" * 16,
    "public_base_url": "https://wallet.example",
}


def make_account(**overrides: Any) -> TelephonyAccount:
    facts: dict[str, Any] = {
        "account_sid": "AC" + "0a" * 16,
        "auth_token": SecretStr("a-token-that-opens-nothing"),
        "number": "+12025550190",
        "verify_service_sid": "VA" + "0b" * 16,
        "messaging_service_sid": None,
        "api_base": None,
        "public_base_url": "https://wallet.example",
        "simulated": False,
    }
    return TelephonyAccount(**{**facts, **overrides})


class Wire(HttpClient):
    """Stands in place of HTTP: keeps what was sent and gives the answers, or raises the errors, that were put in."""

    def __init__(self, *answers: tuple[int, dict[str, Any] | str] | Exception) -> None:
        super().__init__(None, is_async=False)
        self.sent: list[tuple[str, str, dict[str, Any]]] = []
        self._answers = deque(answers)

    def request(self, method: str, uri: str, params: Any = None, data: Any = None, **options: Any) -> Response:
        self.sent.append((method, uri, data or params or {}))
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return Response(status, body if isinstance(body, str) else json.dumps(body))


def refused(status: int, code: int, message: str = "no") -> tuple[int, dict[str, Any]]:
    """As Twilio says no."""
    return status, {"code": code, "message": message, "status": status, "more_info": ""}


def client_on(
    transport: HttpClient, account: TelephonyAccount | None = None, pauses: list[float] | None = None
) -> Client:
    """A client whose pauses take no time; they are written down."""
    waited = pauses if pauses is not None else []
    return build_client(account or make_account(), transport=transport, sleep=waited.append)
