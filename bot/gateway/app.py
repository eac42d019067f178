"""The gateway: the only public door. `create_app` makes the ASGI application; importing this has no effect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from bot.desk.routes import add_desk
from bot.gateway.channels.callbacks import callback_routes
from bot.gateway.channels.demo import demo_routes
from bot.gateway.channels.people import people_routes
from bot.gateway.channels.simulator import simulator_routes
from bot.gateway.channels.sms import sms_routes
from bot.gateway.channels.stream import stream_routes
from bot.gateway.channels.twilio_door import refuse_without_a_word
from bot.gateway.channels.voice import voice_routes
from bot.gateway.channels.web import chat_routes
from bot.gateway.docs import docs_routes
from bot.gateway.embedding import EmbeddingSites
from bot.gateway.health import health_routes
from bot.gateway.middleware import BodyLimit, RequestContext
from bot.gateway.pages import add_pages
from bot.gateway.problems import handle_problems
from bot.gateway.wiring import build_gateway
from bot.logs import configure_logging
from bot.settings import Environment, Settings
from wallet_core.ports import Clock, Random

_DESCRIPTION = """
The chat with a wallet's customers, in Chinese and English.

Open a session, keep its token, send messages with ids of your own, and show what comes back. Whatever is refused comes
as a problem document (RFC 9457, application/problem+json) with a stable `code`, and with a `detail` for the customer
where there is something to say to them.

The stream, `WS /api/chat/sessions/{session_id}/stream`: the first frame is {"type": "auth", "token": "…", "after": 0},
within ten seconds. Then the server sends {"type": "message", "message": {…}} for each line from behind number `after`,
everybody's and in order, {"type": "typing", "role": "bot"}, {"type": "owner", "owner": "queue"}, {"type": "ended"} and
{"type": "error", "code": "…"}. The client may send {"type": "message", "client_message_id": "…", "text": "…"}, or
"button" in place of "text".
"""


def create_app(
    settings: Settings | None = None, *, clock: Clock | None = None, random: Random | None = None
) -> FastAPI:
    """The application, wired from settings (from the environment, unless given)."""
    settings = settings or Settings()
    if not structlog.is_configured():
        configure_logging("gateway")
    gateway = build_gateway(settings, clock=clock, random=random)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with gateway.running():
            yield

    app = FastAPI(
        title="Wallet assistant",
        version="1",
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.gateway = gateway
    handle_problems(app, gateway.texts)
    refuse_without_a_word(app)
    app.add_middleware(BodyLimit, texts=gateway.texts)
    app.add_middleware(
        EmbeddingSites,
        sites=settings.widget_origins,
        own=settings.public_origin,
        texts=gateway.texts,
        metrics=gateway.metrics,
    )
    app.add_middleware(
        RequestContext,
        texts=gateway.texts,
        metrics=gateway.metrics,
        production=settings.env is Environment.PRODUCTION,
    )
    app.include_router(chat_routes(gateway))
    app.include_router(stream_routes(gateway))
    app.include_router(sms_routes(gateway))
    app.include_router(voice_routes(gateway))
    app.include_router(callback_routes(gateway))
    app.include_router(people_routes(gateway))
    app.include_router(health_routes(gateway))
    app.include_router(docs_routes(app))
    if settings.env is Environment.DEMO:
        app.include_router(demo_routes(gateway))
    add_desk(app, gateway)
    if gateway.simulator:
        app.include_router(simulator_routes(gateway.simulator))
    add_pages(app, settings)
    return app
