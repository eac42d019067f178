"""The one way to Twilio's REST API: to one place only, with time limits, and again only what was surely not done."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from requests.exceptions import ConnectionError as NoConnection
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.telephony.account import TelephonyAccount
from bot.telephony.errors import never_sent

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 8.0
_PAUSES = (0.3, 1.0)

# "Too many requests", which Twilio never carries out. Other codes come with the same status and must not be repeated:
# 60202 and 60203 say that a customer's codes are used up.
_TOO_MANY_REQUESTS = 20429


class WrongPlace(Exception):
    """A request was about to leave for somewhere that is not Twilio's."""


def build_client(
    account: TelephonyAccount,
    *,
    answer_seconds: float = _ANSWER_SECONDS,
    transport: HttpClient | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Client:
    """A client for the account. Threads may share it.

    Args:
        answer_seconds: how long an answer may take; the connection has two seconds besides.
        transport: what carries requests in place of HTTP.
    """
    way = OneWay(transport or _http(answer_seconds), api_base=account.api_base, sleep=sleep)
    # An empty mapping would count as none, and the process's own TWILIO_REGION and TWILIO_EDGE be read after all.
    nothing = {"TWILIO_REGION": "", "TWILIO_EDGE": ""}
    return Client(account.account_sid, account.auth_token.get_secret_value(), http_client=way, environment=nothing)


class OneWay(HttpClient):
    """Carries requests to Twilio's hosts, or where `api_base` says in their place, and nowhere else.

    The pages of a list name the address of the next one, so it is looked at for every request.

    Requests that were not carried out are repeated after a pause, twice at most: no connection came about, or Twilio
    said `20429`. urllib3's own `Retry` cannot tell: it sees the status, and the code is in the body. Whatever may have
    been carried out is never repeated, for Twilio's creates know no key by which to notice.
    """

    def __init__(self, transport: HttpClient, *, api_base: str | None, sleep: Callable[[float], None]) -> None:
        super().__init__(_silent(), is_async=False)
        self._transport = transport
        self._base = urlsplit(api_base) if api_base else None
        self._sleep = sleep

    def request(self, method: str, uri: str, *args: Any, **options: Any) -> Response:
        place = self._place(uri)
        for pause in _PAUSES:
            try:
                response = self._transport.request(method, place, *args, **options)
            except NoConnection as error:
                if not never_sent(error):
                    raise
            else:
                if not _not_carried_out(response):
                    return response
            self._sleep(pause)
        return self._transport.request(method, place, *args, **options)

    def _place(self, uri: str) -> str:
        wanted = urlsplit(uri)
        if self._base is not None:
            path = self._base.path.rstrip("/") + wanted.path
            return wanted._replace(scheme=self._base.scheme, netloc=self._base.netloc, path=path).geturl()
        if wanted.scheme != "https" or not (wanted.hostname or "").endswith(".twilio.com"):
            raise WrongPlace(f"{wanted.scheme}://{wanted.hostname}")
        return uri


def _http(answer_seconds: float) -> HttpClient:
    http = TwilioHttpClient(logger=_silent())
    http.timeout = (_CONNECT_SECONDS, answer_seconds)
    # Proxies and passwords that the environment or a .netrc holds are not for these requests.
    http.session.trust_env = False
    return http


def _silent() -> logging.Logger:
    """The library logs addresses, and in these stand customers' numbers."""
    logger = logging.Logger("twilio.silent")
    logger.addHandler(logging.NullHandler())
    return logger


def _not_carried_out(response: Response) -> bool:
    if response.status_code != 429:
        return False
    try:
        return bool(json.loads(response.text)["code"] == _TOO_MANY_REQUESTS)
    except (ValueError, KeyError, TypeError):
        return False
