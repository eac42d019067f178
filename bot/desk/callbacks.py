"""Callbacks that agents make by themselves: claim one, call, say its phrase, write down what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.desk import context
from bot.desk.board import read_board, viewing
from bot.desk.doors import DeskRoute, Signed, Writer, desk_of
from wallet_core import callback_desk, worklists
from wallet_core.callback_desk import Outcome

routes = APIRouter(route_class=DeskRoute)


@routes.get("/callbacks")
async def list_page(request: Request, signed: Signed) -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    def read(session: Session) -> dict[str, Any]:
        grant = viewing(session, signed, now)
        return {
            "rows": callback_desk.to_make(session, grant=grant, now=now),
            "board": read_board(session, signed, now),
            "now": now,
        }

    found = await desk.gateway.storage.read(read)
    return desk.rendering.page("callbacks.html", language=signed.language, visitor=signed, here="callbacks", **found)


@routes.get("/callbacks/{reference}")
async def callback_page(request: Request, reference: str, signed: Signed) -> Response:
    """One callback. What somebody else has claimed is refused."""
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    def read(session: Session) -> dict[str, Any]:
        grant = viewing(session, signed, now)
        one = callback_desk.open_for(session, grant=grant, reference=reference, now=now)
        worklists.note_view(
            session, agent_id=signed.id, customer_id=one.customer_id, subject=one.callback.reference, now=now
        )
        return {
            "one": one,
            "known": context.read_known(session, signed, customer_id=one.customer_id, now=now),
            "board": read_board(session, signed, now),
        }

    found = await desk.gateway.storage.write(read)
    return desk.rendering.page(
        "callback.html",
        language=signed.language,
        visitor=signed,
        here="callbacks",
        outcomes=list(Outcome),
        **found,
    )


@routes.post("/callbacks/{reference}/claim")
async def claim(request: Request, reference: str, writer: Writer) -> Response:
    now = desk_of(request).gateway.clock.now()

    def store(session: Session) -> None:
        callback_desk.claim_to_call(session, grant=viewing(session, writer, now), reference=reference, now=now)

    return await _change(request, reference, store)


@routes.post("/callbacks/{reference}/call")
async def call(request: Request, reference: str, writer: Writer) -> Response:
    gateway = desk_of(request).gateway
    now, account = gateway.clock.now(), gateway.account

    def store(session: Session) -> None:
        callback_desk.begin_call(
            session,
            grant=viewing(session, writer, now),
            reference=reference,
            sender=account.number if account else gateway.texts.fact("hotline"),
            now=now,
            random=gateway.random,
        )

    return await _change(request, reference, store)


@routes.post("/callbacks/{reference}/give-back")
async def give_back(request: Request, reference: str, writer: Writer) -> Response:
    now = desk_of(request).gateway.clock.now()

    def store(session: Session) -> None:
        callback_desk.give_back(session, grant=viewing(session, writer, now), reference=reference, now=now)

    return await _change(request, reference, store)


@routes.post("/callbacks/{reference}/outcome")
async def record(request: Request, reference: str, writer: Writer, outcome: Annotated[Outcome, Form()]) -> Response:
    gateway = desk_of(request).gateway
    now = gateway.clock.now()

    def store(session: Session) -> None:
        callback_desk.record_call(
            session,
            grant=viewing(session, writer, now),
            reference=reference,
            outcome=outcome,
            routing=gateway.routing,
            now=now,
            random=gateway.random,
        )

    return await _change(request, reference, store)


async def _change(request: Request, reference: str, store: Callable[[Session], None]) -> Response:
    await desk_of(request).gateway.storage.write(store)
    return RedirectResponse(f"/desk/callbacks/{reference}", 303)
