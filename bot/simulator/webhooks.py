"""Twilio's requests to us: signed, with Twilio's patience and retries, and with its faults on wish.

Rules, from Twilio's pages: the whole answer within 15 seconds; one retry, on connection failure only, with the same
I-Twilio-Idempotency-Token; a redirect is followed by GET without the form; fragments and user names are not signed.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import httpx
from twilio.request_validator import RequestValidator

from bot.simulator.faults import Faults
from bot.simulator.journal import Exchange, Journal
from bot.simulator.timeline import Timeline

PATIENCE_SECONDS = 15.0
_CONNECT_SECONDS = 5.0
_MOST_REDIRECTS = 5

Params = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """`url` is where it came from after redirects: relative URLs in it start there."""

    url: str
    status: int
    content_type: str
    text: str


class WebhookFailed(Exception):
    """No usable answer; `code` is Twilio's: 11205 no connection or none in time, 11200 a bad status."""

    def __init__(self, code: int, url: str, about: str) -> None:
        self.code, self.url = code, url
        super().__init__(f"{code} {about}")


class Webhooks:
    def __init__(
        self,
        *,
        timeline: Timeline,
        journal: Journal,
        faults: Faults,
        token: str,
        transport: httpx.AsyncBaseTransport | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._timeline, self._journal, self._faults = timeline, journal, faults
        self._validator = RequestValidator(token)
        self._patience = patience
        self._client = httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
            # Each webhook has a connection of its own: one that idled may be closed at the moment it is used.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._held: dict[str, list[tuple[str, str, Params, str]]] = {}  # status events that wait, by SID
        self._ahead: dict[str, asyncio.Task[None]] = {}  # the last status event of each SID

    async def close(self) -> None:
        await self._client.aclose()

    async def ask(self, url: str, params: Params, *, method: str, about: str, purpose: str) -> Answer:
        """Request a document.

        Raises:
            WebhookFailed: nothing that could be executed came.
        """
        token = secrets.token_hex(16)
        answer = await self._request(method, url, params, about=about, purpose=purpose, token=token)
        if self._faults.duplicate:
            with suppress(WebhookFailed):
                again = await self._request(method, url, params, about=about, purpose=purpose, token=token)
                if again.text != answer.text:
                    self._journal.exchanges[-1].notes.append("answered otherwise than the first time")
        if not httpx.codes.is_success(answer.status):
            raise WebhookFailed(11200, answer.url, f"HTTP status {answer.status}")
        return answer

    def tell(self, url: str, params: Params, *, method: str, about: str, purpose: str, last: bool) -> None:
        """Send a status event, in a request of its own; its answer means nothing. `last`: nothing follows it."""
        if self._faults.lose_status_events:
            return
        held = self._held.setdefault(about, []) if self._faults.reorder else []
        held.append((url, method, params, purpose))
        if self._faults.reorder and not last:
            return
        self._held.pop(about, None)
        for one in reversed(held):
            before = self._ahead.get(about)
            task = self._timeline.spawn(self._deliver(before, *one, about=about))
            self._ahead[about] = task
            task.add_done_callback(lambda done: self._forget(about, done))

    def _forget(self, about: str, task: asyncio.Task[None]) -> None:
        if self._ahead.get(about) is task:
            del self._ahead[about]

    async def _deliver(
        self, before: asyncio.Task[None] | None, url: str, method: str, params: Params, purpose: str, *, about: str
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        token = secrets.token_hex(16)
        for _ in range(2 if self._faults.duplicate else 1):
            try:
                answer = await self._request(method, url, params, about=about, purpose=purpose, token=token)
            except WebhookFailed as failure:
                self._journal.warn(failure.code, str(failure), about=about)
            else:
                if not httpx.codes.is_success(answer.status):
                    self._journal.warn(11200, f"HTTP status {answer.status}", about=about)

    async def _request(self, method: str, url: str, params: Params, *, about: str, purpose: str, token: str) -> Answer:
        for last_try in (False, True):
            exchange = self._journal.open("webhook", purpose, method, url, dict(params), about=about)
            exchange.token = token
            try:
                return await self._exchange(exchange)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if last_try:
                    raise WebhookFailed(11205, url, "connection refused") from error
            except (TimeoutError, httpx.HTTPError) as error:
                raise WebhookFailed(11205, url, f"no answer: {type(error).__name__}") from error
        raise AssertionError("there is a last try")

    async def _exchange(self, exchange: Exchange) -> Answer:
        began, status, text = time.perf_counter(), None, ""
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._follow(exchange)
            status, text = answer.status, answer.text
            return answer
        finally:
            self._journal.close(exchange, status, text, (time.perf_counter() - began) * 1000)

    async def _follow(self, exchange: Exchange) -> Answer:
        method, url, params = exchange.method, exchange.url, exchange.params
        for _ in range(_MOST_REDIRECTS):
            response = await self._send(method, url, params, token=exchange.token or "", calls=exchange.about or "")
            if not response.is_redirect:
                break
            method, url, params = "GET", urljoin(url, response.headers["location"]), {}
        content_type = response.headers.get("content-type", "").split(";")[0].strip().lower()
        return Answer(url, response.status_code, content_type, response.text)

    async def _send(self, method: str, url: str, params: Params, *, token: str, calls: str) -> httpx.Response:
        if method == "GET" and params:
            url = f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(params)}"
        form = dict(params) if method == "POST" else {}
        signed = signed_url(url, voice=calls.startswith("CA"))
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(signed, form),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        target = urlunsplit((*urlsplit(url)[:4], ""))
        if method == "GET":
            return await self._client.get(target, headers=headers)
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        return await self._client.post(target, content=urlencode(form).encode(), headers=headers)


def signed_url(url: str, *, voice: bool) -> str:
    """The URL as Twilio signs it: no fragment, no user name, and for voice over HTTPS no port."""
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    if voice and parts.scheme == "https" and parts.port is not None:
        host = host.rsplit(":", 1)[0]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
