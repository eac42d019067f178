"""A customer: what is known, freezing and lifting for them, and the receipt of all that happened; and how to find one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.desk import context
from bot.desk.board import read_board, viewing
from bot.desk.doors import DeskRoute, Signed, Visitor, Writer, desk_of
from wallet_core import customers, desk_search, freezes, timelines, worklists
from wallet_core.accounts import ClosingReason
from wallet_core.customers import ContactChange
from wallet_core.freezes import LiftReceipt
from wallet_core.models import ContactKind
from wallet_core.policy import Action
from wallet_core.verification import authorise_agent

_REASON = "freeze_account"  # the topic that it is, whoever asks for it

routes = APIRouter(route_class=DeskRoute)


@routes.get("/unfreezes")
async def lifts_page(request: Request, signed: Signed) -> Response:
    """Whose owners wait for an agent to lift a freeze."""
    desk = desk_of(request)
    now = desk.gateway.clock.now()
    board = await desk.gateway.storage.read(lambda session: read_board(session, signed, now))
    return desk.rendering.page(
        "unfreezes.html", language=signed.language, visitor=signed, here="unfreezes", board=board
    )


@routes.post("/unfreezes/{reference}/approve")
async def approve(request: Request, reference: str, writer: Writer) -> Response:
    return await _decide(request, reference, writer, agrees=True)


@routes.post("/unfreezes/{reference}/deny")
async def deny(request: Request, reference: str, writer: Writer) -> Response:
    return await _decide(request, reference, writer, agrees=False)


@routes.get("/customers/{customer_id}")
async def customer_page(request: Request, customer_id: str, signed: Signed) -> Response:
    return await _customer(request, customer_id, signed, "customer.html")


@routes.get("/customers/{customer_id}/timeline")
async def timeline_page(request: Request, customer_id: str, signed: Signed) -> Response:
    """What happened and when, to be printed."""
    return await _customer(request, customer_id, signed, "timeline.html")


@routes.post("/customers/{customer_id}/freeze")
async def freeze(request: Request, customer_id: str, writer: Writer) -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    def store(session: Session) -> None:
        grant = authorise_agent(session, agent_id=writer.id, action=Action.FREEZE, customer_id=customer_id, now=now)
        freezes.freeze_account(session, grant=grant, reason=_REASON, now=now, random=desk.gateway.random)

    await desk.gateway.storage.write(store)
    return RedirectResponse(f"/desk/customers/{customer_id}", 303)


@routes.get("/search")
async def search_page(request: Request, signed: Signed, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    def read(session: Session) -> dict[str, Any]:
        grant = viewing(session, signed, now)
        return {
            "hits": desk_search.search(session, grant=grant, text=q, now=now),
            "board": read_board(session, signed, now),
        }

    found = await desk.gateway.storage.write(read)
    return desk.rendering.page("search.html", language=signed.language, visitor=signed, here="search", q=q, **found)


async def _customer(request: Request, customer_id: str, signed: Visitor, template: str) -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    def read(session: Session) -> dict[str, Any]:
        customer = customers.get_customer(session, customer_id=customer_id)
        grant = viewing(session, signed, now, customer.id)
        worklists.note_view(
            session, agent_id=signed.id, customer_id=customer.id, subject=f"customer:{customer.id}", now=now
        )
        return {
            "customer": customer,
            "known": context.read_known(session, signed, customer_id=customer.id, now=now),
            "entries": timelines.timeline(session, grant=grant),
            "board": read_board(session, signed, now),
        }

    found = await desk.gateway.storage.write(read)
    return desk.rendering.page(
        template,
        language=signed.language,
        visitor=signed,
        here="customers",
        now=now,
        kinds=(ContactKind.PHONE, ContactKind.EMAIL),
        changes=[one for one in ContactChange if one is not ContactChange.FOUND],
        closings=list(ClosingReason),
        **found,
    )


async def _decide(request: Request, reference: str, writer: Visitor, *, agrees: bool) -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()
    decide = freezes.approve_lift if agrees else freezes.deny_lift

    def store(session: Session) -> LiftReceipt:
        owner = freezes.owner_of(session, reference=reference)
        grant = authorise_agent(session, agent_id=writer.id, action=Action.APPROVE_LIFT, customer_id=owner, now=now)
        return decide(session, grant=grant, reference=reference, now=now)

    await desk.gateway.storage.write(store)
    return RedirectResponse("/desk/unfreezes", 303)
