"""Tickets: the list by their clock, and one worked on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.desk import context
from bot.desk.board import read_board, ticket_rows, viewing
from bot.desk.doors import DeskRoute, Refused, Signed, Visitor, Writer, desk_of
from bot.desk.transcript import Veil, read_lines
from bot.gateway import guard, redact
from bot.telephony.reach import called_countries
from wallet_core import callbacks, conversations, tickets, worklists
from wallet_core.errors import NotFound
from wallet_core.models import Assurance, Priority, TicketStatus
from wallet_core.policy import Action, Grant
from wallet_core.tickets import TicketView
from wallet_core.verification import authorise_agent

routes = APIRouter(route_class=DeskRoute)

Whose = Literal["queues", "mine", "all"]
# Where an agent may move a ticket by hand; open and in progress follow from who has it.
_MOVES = {
    TicketStatus.OPEN: (TicketStatus.WAITING, TicketStatus.RESOLVED),
    TicketStatus.IN_PROGRESS: (TicketStatus.WAITING, TicketStatus.RESOLVED),
    TicketStatus.WAITING: (TicketStatus.IN_PROGRESS, TicketStatus.RESOLVED),
    TicketStatus.RESOLVED: (TicketStatus.CLOSED,),
    TicketStatus.CLOSED: (),
}
# What the customer is told of a ticket that comes into a state.
_STATES_TOLD = {TicketStatus.WAITING: "utter_ticket_now_waiting", TicketStatus.RESOLVED: "utter_ticket_now_resolved"}


@dataclass(frozen=True)
class _Told:
    """What the customer is told of a change: the reply's name, and the state of which they know already."""

    name: str
    unless: TicketStatus | None = None
    answer: str = ""


@routes.get("/tickets")
async def list_page(request: Request, signed: Signed, whose: Annotated[Whose, Query()] = "queues") -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    def read(session: Session) -> dict[str, Any]:
        found = worklists.tickets_to_work(
            session,
            grant=viewing(session, signed, now),
            queues=signed.agent.queues if whose == "queues" and signed.writes else None,
            assigned_to=signed.id if whose == "mine" else None,
        )
        return {"rows": ticket_rows(found, now), "board": read_board(session, signed, now)}

    return desk.rendering.page(
        "tickets.html",
        language=signed.language,
        visitor=signed,
        here="tickets",
        whose=whose,
        **await desk.gateway.storage.read(read),
    )


@routes.get("/tickets/{reference}")
async def ticket_page(request: Request, reference: str, signed: Signed) -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    def read(session: Session) -> dict[str, Any]:
        grant = viewing(session, signed, now)
        ticket = tickets.ticket_by_reference(session, grant=grant, reference=reference)
        lines, assurance = [], None
        if ticket.conversation_id is not None:
            conversation = conversations.get_conversation(session, conversation_id=ticket.conversation_id)
            veil = Veil(session, conversation.id)
            lines = read_lines(session, conversation_id=conversation.id, veil=veil)
            ticket = ticket.model_copy(update={"summary": veil.over(ticket.summary)})
            assurance = Assurance(conversation.assurance)  # a ticket in a name that was only claimed proves nothing
        worklists.note_view(
            session, agent_id=signed.id, customer_id=ticket.customer_id, subject=ticket.reference, now=now
        )
        return {
            "row": ticket_rows([ticket], now)[0],
            "ticket": ticket,
            "moves": _MOVES[ticket.status],
            "comments": tickets.comments(session, grant=grant, reference=reference),
            "lines": lines,
            "known": context.read_known(session, signed, customer_id=ticket.customer_id, assurance=assurance, now=now),
            "board": read_board(session, signed, now),
        }

    return desk.rendering.page(
        "ticket.html",
        language=signed.language,
        visitor=signed,
        here="tickets",
        queues=sorted(desk.gateway.routing.queues),
        priorities=list(Priority),
        **await desk.gateway.storage.write(read),
    )


@routes.post("/tickets/{reference}/take")
async def take(request: Request, reference: str, writer: Writer) -> Response:
    return await _change(request, reference, writer, tickets.take)


@routes.post("/tickets/{reference}/put-back")
async def put_back(request: Request, reference: str, writer: Writer) -> Response:
    return await _change(request, reference, writer, tickets.assign, agent_id=None)


@routes.post("/tickets/{reference}/move")
async def move(request: Request, reference: str, writer: Writer, to: Annotated[TicketStatus, Form()]) -> Response:
    """What the customer must hear of, that it waits for them or is done, they are told."""
    routing = desk_of(request).gateway.routing
    tell = _Told(_STATES_TOLD[to], to) if to in _STATES_TOLD else None
    return await _change(request, reference, writer, tickets.move, tell=tell, to=to, routing=routing)


@routes.post("/tickets/{reference}/reopen")
async def reopen(request: Request, reference: str, writer: Writer) -> Response:
    return await _change(request, reference, writer, tickets.reopen, routing=desk_of(request).gateway.routing)


@routes.post("/tickets/{reference}/transfer")
async def transfer(
    request: Request,
    reference: str,
    writer: Writer,
    queue: Annotated[str, Form(max_length=64)],
    priority: Annotated[Priority, Form()],
) -> Response:
    routing = desk_of(request).gateway.routing
    return await _change(request, reference, writer, tickets.transfer, queue=queue, priority=priority, routing=routing)


@routes.post("/tickets/{reference}/comments")
async def comment(
    request: Request,
    reference: str,
    writer: Writer,
    text: Annotated[str, Form(max_length=4000)],
    internal: Annotated[bool, Form()] = False,
) -> Response:
    """A note of the agents' own, or a word to the customer, who is told of it."""
    said = redact.mask(guard.clean(text))
    if guard.is_empty(said):
        raise Refused("text_empty", 422)
    routing = desk_of(request).gateway.routing
    tell = None if internal else _Told("utter_ticket_said", answer=said)
    return await _change(
        request, reference, writer, tickets.add_comment, tell=tell, text=said, internal=internal, routing=routing
    )


@routes.post("/tickets/{reference}/call")
async def call(request: Request, reference: str, writer: Writer) -> Response:
    """Have the ticket's customer called about it, on the number on file."""
    desk = desk_of(request)
    gateway = desk.gateway
    now = gateway.clock.now()

    def store(session: Session) -> str:
        ticket = tickets.ticket_by_reference(session, grant=viewing(session, writer, now), reference=reference)
        if ticket.customer_id is None:
            raise NotFound()
        callbacks.request_callback(
            session,
            grant=authorise_agent(
                session, agent_id=writer.id, action=Action.CALLBACK_ON_FILE, customer_id=ticket.customer_id, now=now
            ),
            topic=ticket.topic,
            language=ticket.language,
            routing=gateway.routing,
            phrases=gateway.phrases,
            now=now,
            random=gateway.random,
            countries=called_countries(gateway.settings.call_countries),
            ticket_reference=ticket.reference,
        )
        return ticket.reference

    known = await gateway.storage.write(store)
    return RedirectResponse(f"/desk/tickets/{known}", 303)


async def _change(
    request: Request,
    reference: str,
    writer: Visitor,
    change: Callable[..., TicketView],
    *,
    tell: _Told | None = None,
    **more: Any,
) -> Response:
    gateway = desk_of(request).gateway
    now = gateway.clock.now()

    def store(session: Session) -> tuple[TicketView, str | None]:
        grant: Grant = viewing(session, writer, now)
        told = None
        if tell is not None:
            ticket = tickets.ticket_by_reference(session, grant=grant, reference=reference)
            if ticket.status is not tell.unless:
                word = partial(gateway.handovers.say, tell.name, reference=ticket.reference, answer=tell.answer)
                told = tickets.tell_customer(session, ticket=ticket, word=word, now=now)
        return change(session, grant=grant, reference=reference, now=now, **more), told

    ticket, told = await gateway.storage.write(store)
    if told is not None:
        gateway.hub.changed(told)
    return RedirectResponse(f"/desk/tickets/{ticket.reference}", 303)
