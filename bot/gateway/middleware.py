"""Around every request: a limit, an id for the logs, careful headers, and a last net under unforeseen errors."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.gateway.faults import where_it_broke
from bot.gateway.metrics import Metrics
from bot.gateway.problems import Problem, language_of, respond
from bot.gateway.texts import Texts

log = structlog.get_logger(__name__)

LONGEST_BODY = 65_536
REQUEST_ID = "x-request-id"
_SANE_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}
_SECURE = {"Strict-Transport-Security": "max-age=31536000"}


class BodyLimit:
    """Refuses a body that is longer than any of ours, before anything reads it, said beforehand or not."""

    def __init__(self, app: ASGIApp, *, texts: Texts) -> None:
        self._app = app
        self._texts = texts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "0")
        chunks, size, more = [], int(said) if said.isdecimal() else 0, True
        while more and size <= LONGEST_BODY:
            message = await receive()
            if message["type"] != "http.request":
                return  # they are gone
            chunks.append(message.get("body", b""))
            size = max(size, sum(map(len, chunks)))
            more = message.get("more_body", False)
        if size > LONGEST_BODY:
            answer = respond(Problem("body_too_large"), self._texts, language_of(Request(scope)))
            await answer(scope, receive, send)
            return
        body: Message | None = {"type": "http.request", "body": b"".join(chunks), "more_body": False}

        async def replay() -> Message:
            nonlocal body
            message, body = body, None
            return message if message is not None else await receive()

        await self._app(scope, replay, send)


_PROBES = frozenset({"/healthz", "/readyz", "/metrics", "/demo/wallet", "/demo/inbox"})


class RequestContext:
    def __init__(self, app: ASGIApp, *, texts: Texts, metrics: Metrics, production: bool) -> None:
        self._app = app
        self._texts = texts
        self._metrics = metrics
        self._headers = {**_HEADERS, **(_SECURE if production else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(process="gateway", request=request_id)
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            await self._http(scope, receive, send, request_id)

    async def _http(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        began, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(("/api/", "/demo/")):
                    headers.setdefault("Cache-Control", "no-store")
                elif scope["path"].startswith("/widget/"):
                    # Modules of two versions do not go together: each load asks whether they are still the same.
                    headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as fault:
            log.error("request.failed", fault=type(fault).__name__, where=where_it_broke(fault))
            if status:
                raise
            answer = respond(Problem("internal_error"), self._texts, language_of(Request(scope)))
            await answer(scope, receive, send_with_headers)
        finally:
            self._account(scope, status, time.perf_counter() - began)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.request_seconds.labels(method).observe(seconds)
        if status >= 400:
            self._metrics.problems.labels(str(status)).inc()
        route = scope.get("route")
        # Probes, and the simulator's page, come several times a second and say nothing new.
        quiet = scope["path"] in _PROBES or scope["path"].startswith("/simulator")
        tell = log.debug if quiet else log.info
        tell(
            "request",
            method=method,
            route=getattr(route, "path", None),  # the pattern: no ids, nothing that somebody typed
            status=status,
            ms=round(seconds * 1000, 1),
        )
