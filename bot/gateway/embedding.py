"""Which sites may embed the chat: those on the list, and our own. Others are refused at the chat's doors, by Origin.

A browser says by the Origin header which site a request comes from, and keeps an answer without leave from that site's
scripts. For WebSockets it keeps nothing back, so that they are refused here. What comes without the header is no
site's: a program, or our own page; it shows a session's token as everybody does.
"""

from __future__ import annotations

from collections.abc import Collection

import structlog
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.gateway.metrics import Metrics
from bot.gateway.problems import Problem, language_of, respond
from bot.gateway.texts import Texts

log = structlog.get_logger(__name__)

_DOORS = ("/api/chat/", "/widget/")
_LONGEST_TOLD = 200


class EmbeddingSites:
    """Args: sites: origins such as `https://wallet.example`; `own` is ours, where a proxy hides it."""

    def __init__(
        self, app: ASGIApp, *, sites: Collection[str], own: str | None, texts: Texts, metrics: Metrics
    ) -> None:
        self._app = app
        self._sites = frozenset(sites)
        self._own = own
        self._texts = texts
        self._metrics = metrics
        self._for_sites = CORSMiddleware(
            app,
            allow_origins=self._sites,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization",),
            expose_headers=("Retry-After",),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(_DOORS):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None or origin == self._own or origin.partition("://")[2] == headers.get("host"):
            await self._app(scope, receive, send)
        elif origin in self._sites:
            await (self._for_sites if scope["type"] == "http" else self._app)(scope, receive, send)
        else:
            log.warning("embedding.refused", origin=origin[:_LONGEST_TOLD], door=scope["type"])
            self._metrics.sites_refused.inc()
            refusal = respond(Problem("origin_not_allowed"), self._texts, language_of(HTTPConnection(scope)))
            await refusal(scope, receive, send)
