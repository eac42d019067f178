"""The desk in the gateway: `/desk` and what lies below it."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from bot.desk import callbacks, changes, chats, customers, live, sign_in, tickets
from bot.desk.doors import Desk
from bot.desk.rendering import Rendering
from bot.gateway.wiring import Gateway
from bot.settings import PROJECT

_STATIC = Path(__file__).parent / "static"


def add_desk(app: FastAPI, gateway: Gateway) -> None:
    """Agents work in the time zone of the default queue's hours."""
    zone = gateway.routing.hours_of(gateway.routing.default.queue).time_zone
    app.state.desk = Desk(gateway, Rendering(labels=PROJECT / "data/labels", zone=zone))
    app.mount("/desk/static", StaticFiles(directory=_STATIC), name="desk-static")
    for part in (sign_in, live, chats, tickets, callbacks, customers, changes):
        app.include_router(part.routes, prefix="/desk", include_in_schema=False)
