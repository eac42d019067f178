"""A chat: what was said, what is known beside it, and all that an agent does with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from bot.desk import context
from bot.desk.board import read_board
from bot.desk.doors import Desk, DeskRoute, Refused, Signed, Visitor, Writer, desk_of
from bot.desk.summary import paragraph, topics_tried
from bot.desk.transcript import Veil, read_lines
from bot.gateway import guard, redact
from wallet_core import agents, conversations, handovers, summaries, worklists
from wallet_core.conversations import ConversationView
from wallet_core.handovers import HandoverView
from wallet_core.policy import Action, Grant
from wallet_core.transcripts import Reply
from wallet_core.verification import authorise_agent

_KEY = r"^[A-Za-z0-9-]{8,36}$"

routes = APIRouter(route_class=DeskRoute)

Seen = Annotated[int, Form(ge=0, lt=2**31)]


@routes.get("")
async def queue_page(request: Request, signed: Signed) -> Response:
    """The board, and nothing open."""
    desk = desk_of(request)
    now = desk.gateway.clock.now()
    board = await desk.gateway.storage.read(lambda session: read_board(session, signed, now))
    return desk.rendering.page("queue.html", language=signed.language, visitor=signed, board=board, here="queue")


@routes.get("/parts/board")
async def board_part(request: Request, signed: Signed) -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()
    board = await desk.gateway.storage.read(lambda session: read_board(session, signed, now))
    return desk.rendering.page("_board.html", language=signed.language, visitor=signed, board=board)


@routes.get("/chats/{conversation_id}")
async def chat_page(request: Request, conversation_id: str, signed: Signed) -> Response:
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    def read(session: Session) -> dict[str, Any]:
        found = _read(desk, session, signed, conversation_id, now)
        worklists.note_view(
            session,
            agent_id=signed.id,
            customer_id=found["conversation"].customer_id,
            subject=f"conversation:{conversation_id}",
            now=now,
        )
        return {**found, "board": read_board(session, signed, now)}

    found = await desk.gateway.storage.write(read)
    return desk.rendering.page("chat.html", key=secrets.token_hex(16), **_shown(signed), **found)


@routes.get("/parts/chats/{conversation_id}/{part}")
async def chat_part(request: Request, conversation_id: str, part: str, signed: Signed) -> Response:
    """What of the page changes by itself: `head`, `lines` or `known`."""
    if part not in ("head", "lines", "known"):
        raise Refused("not_found", 404)
    desk = desk_of(request)
    now = desk.gateway.clock.now()
    found = await desk.gateway.storage.read(lambda session: _read(desk, session, signed, conversation_id, now))
    return desk.rendering.page(f"_{part}.html", **_shown(signed), **found)


@routes.post("/chats/{conversation_id}/claim")
async def claim(request: Request, conversation_id: str, writer: Writer) -> Response:
    return await _change(request, conversation_id, writer, handovers.claim, "utter_handover_joined")


@routes.post("/chats/{conversation_id}/take-over")
async def take_over(request: Request, conversation_id: str, writer: Writer) -> Response:
    return await _change(
        request, conversation_id, writer, handovers.take_over, "utter_handover_joined", action=Action.TAKE_OVER
    )


@routes.post("/chats/{conversation_id}/put-back")
async def put_back(request: Request, conversation_id: str, writer: Writer) -> Response:
    return await _change(request, conversation_id, writer, handovers.put_back, "utter_handover_put_back")


@routes.post("/chats/{conversation_id}/give-back")
async def give_back(request: Request, conversation_id: str, writer: Writer, seen: Seen) -> Response:
    return await _change(request, conversation_id, writer, handovers.give_back, "utter_handover_given_back", seen=seen)


@routes.post("/chats/{conversation_id}/finish")
async def finish(request: Request, conversation_id: str, writer: Writer, seen: Seen) -> Response:
    return await _change(request, conversation_id, writer, handovers.finish, "utter_handover_finished", seen=seen)


@routes.post("/chats/{conversation_id}/lines")
async def say(
    request: Request,
    conversation_id: str,
    writer: Writer,
    text: Annotated[str, Form(max_length=guard.LONGEST_TEXT)],
    key: Annotated[str, Form(pattern=_KEY)],
) -> Response:
    """Write to the customer; what must not be kept is masked, an agent's typing no less than a customer's."""
    desk = desk_of(request)
    said = redact.mask(guard.clean(text))
    if guard.is_empty(said):
        raise Refused("text_empty", 422)
    now = desk.gateway.clock.now()

    def store(session: Session) -> None:
        conversation = conversations.get_conversation(session, conversation_id=conversation_id)
        reply = Reply(text=said, language=conversation.language)
        grant = _grant(session, writer, now)
        handovers.say(session, grant=grant, conversation_id=conversation_id, reply=reply, key=key, now=now)
        agents.note_seen(session, agent_id=writer.id, now=now)

    await desk.gateway.storage.write(store)
    return _done(request, desk, conversation_id)


async def _change(
    request: Request,
    conversation_id: str,
    writer: Visitor,
    change: Callable[..., HandoverView],
    name: str,
    *,
    action: Action = Action.ANSWER,
    **more: Any,
) -> Response:
    """Make the change and say in the chat what it means for the customer."""
    desk = desk_of(request)
    now = desk.gateway.clock.now()

    def store(session: Session) -> None:
        conversation = conversations.get_conversation(session, conversation_id=conversation_id)
        word = desk.gateway.handovers.say(name, conversation, agent=writer.agent.name)
        grant = _grant(session, writer, now, action)
        change(session, grant=grant, conversation_id=conversation_id, now=now, word=word, **more)
        agents.note_seen(session, agent_id=writer.id, now=now)

    await desk.gateway.storage.write(store)
    return _done(request, desk, conversation_id)


def _grant(session: Session, writer: Visitor, now: datetime, action: Action = Action.ANSWER) -> Grant:
    return authorise_agent(session, agent_id=writer.id, action=action, customer_id=None, now=now)


def _done(request: Request, desk: Desk, conversation_id: str) -> Response:
    desk.gateway.hub.changed(conversation_id)
    if "x-desk" in request.headers:
        return Response(status_code=204)
    return RedirectResponse(f"/desk/chats/{conversation_id}", 303)


def _read(desk: Desk, session: Session, visitor: Visitor, conversation_id: str, now: datetime) -> dict[str, Any]:
    conversation: ConversationView = conversations.get_conversation(session, conversation_id=conversation_id)
    veil = Veil(session, conversation_id)
    summary = summaries.summarise(session, conversation_id=conversation_id, now=now)
    summary = summary.model_copy(update={"last_words": summary.last_words and veil.over(summary.last_words)})
    known = context.read_known(
        session, visitor, customer_id=conversation.customer_id, assurance=summary.assurance, now=now
    )
    lines = read_lines(session, conversation_id=conversation_id, veil=veil)
    handover = summary.handover if summary.handover and summary.handover.ended_at is None else None
    holder = handover.agent_id if handover else None
    topics = topics_tried(summary, texts=desk.gateway.texts, rendering=desk.rendering)
    return {
        "conversation": conversation,
        "handover": handover,
        "mine": holder == visitor.id,
        "holder": agents.get_agent(session, agent_id=holder).name if holder else None,
        "lines": lines,
        "last": lines[-1].id if lines else 0,
        "known": known,
        "summary": paragraph(summary, known, topics, rendering=desk.rendering, language=visitor.language, now=now),
        "topics": topics,
        "receipts": summary.receipts,
    }


def _shown(signed: Visitor) -> dict[str, Any]:
    return {"language": signed.language, "visitor": signed, "here": "queue"}
