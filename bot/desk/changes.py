"""What only a person may do for a customer, who has shown who they are: change how to reach them, close the wallet.

Each form says why, and asks the agent whether they have checked who it is; without that nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.desk.doors import DeskRoute, Refused, Visitor, Writer, desk_of
from wallet_core import accounts, customers
from wallet_core.accounts import ClosingReason
from wallet_core.customers import ContactChange
from wallet_core.models import ContactKind
from wallet_core.policy import Action, Grant
from wallet_core.verification import authorise_agent

routes = APIRouter(route_class=DeskRoute)

Checked = Annotated[bool, Form()]
Change = Callable[[Session, Grant, datetime], None]


@routes.post("/customers/{customer_id}/contacts")
async def change_contact(
    request: Request,
    customer_id: str,
    writer: Writer,
    kind: Annotated[ContactKind, Form()],
    value: Annotated[str, Form(max_length=300)],
    reason: Annotated[ContactChange, Form()],
    checked: Checked = False,
) -> Response:
    _require(checked)

    def change(session: Session, grant: Grant, now: datetime) -> None:
        customers.change_contact(session, grant=grant, kind=kind, value=value, now=now, reason=reason)

    return await _do(request, customer_id, writer, Action.CHANGE_PHONE, change)


@routes.post("/customers/{customer_id}/contacts/{kind}/lost")
async def report_lost(request: Request, customer_id: str, kind: ContactKind, writer: Writer) -> Response:
    """It takes nothing from the customer but what a thief could use, so it waits for no checks."""

    def report(session: Session, grant: Grant, now: datetime) -> None:
        customers.report_lost(session, grant=grant, kind=kind, now=now)

    return await _do(request, customer_id, writer, Action.REPORT_LOST, report)


@routes.post("/customers/{customer_id}/contacts/{kind}/found")
async def take_back_lost(
    request: Request, customer_id: str, kind: ContactKind, writer: Writer, checked: Checked = False
) -> Response:
    _require(checked)

    def take_back(session: Session, grant: Grant, now: datetime) -> None:
        customers.take_back_lost(session, grant=grant, kind=kind, now=now)

    return await _do(request, customer_id, writer, Action.CHANGE_PHONE, take_back)


@routes.post("/customers/{customer_id}/close")
async def close_wallet(
    request: Request,
    customer_id: str,
    writer: Writer,
    reason: Annotated[ClosingReason, Form()],
    checked: Checked = False,
) -> Response:
    _require(checked)

    def close(session: Session, grant: Grant, now: datetime) -> None:
        accounts.close(session, grant=grant, now=now, reason=reason)

    return await _do(request, customer_id, writer, Action.CLOSE_ACCOUNT, close)


def _require(checked: bool) -> None:
    if not checked:
        raise Refused("not_checked", 422)


async def _do(request: Request, customer_id: str, writer: Visitor, action: Action, change: Change) -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    def store(session: Session) -> None:
        grant = authorise_agent(session, agent_id=writer.id, action=action, customer_id=customer_id, now=now)
        change(session, grant, now)

    await desk.gateway.storage.write(store)
    return RedirectResponse(f"/desk/customers/{customer_id}", 303)
