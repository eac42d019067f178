"""What changes while a desk is open, as server-sent events: the page then fetches what it shows anew.

An open stream is also how the desk tells that its agent is there: the chats they have stay theirs, and so do the
callbacks that they talk in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from bot.desk.board import viewing
from bot.desk.doors import Desk, DeskRoute, Signed, Visitor, desk_of
from bot.gateway.hub import News
from wallet_core import agents, callback_desk, desk_sessions, worklists
from wallet_core.errors import StorageUnavailable

_LOOK_EVERY = 1.0
_LOOKS_A_BEAT = 15

routes = APIRouter(route_class=DeskRoute)


@routes.get("/live")
async def live(request: Request, signed: Signed, chat: Annotated[str | None, Query(max_length=32)] = None) -> Response:
    """Events: `board`, `chat`, `beat` (relative times are old), `signed-out`."""
    return StreamingResponse(_events(desk_of(request), signed, chat), media_type="text/event-stream")


async def _events(desk: Desk, visitor: Visitor, chat: str | None) -> AsyncIterator[str]:
    storage, hub = desk.gateway.storage, desk.gateway.hub
    mark: tuple[int, int] | None = None
    yield "retry: 2000\n\n"
    with ExitStack() as listening:
        # Where no chat is open, nothing is ever rung and each wait is a look at the board.
        news = listening.enter_context(hub.listen(chat, follows=True)) if chat else News(follows=False)
        looks = 0
        while True:
            try:
                if looks % _LOOKS_A_BEAT == 0:
                    if not await storage.write(lambda session: _beat(desk, session, visitor)):
                        yield _event("signed-out")
                        return
                    yield _event("beat")
                newest = await storage.read(lambda session: worklists.change_mark(session, agent_id=visitor.id))
            except StorageUnavailable:
                newest = mark or (0, 0)
            if newest != mark:
                mark = newest
                yield _event("board")
            looks += 1
            if await news.wait(_LOOK_EVERY):
                yield _event("chat")


def _beat(desk: Desk, session: Session, visitor: Visitor) -> bool:
    """Whether the agent is still signed in."""
    now = desk.gateway.clock.now()
    if desk_sessions.signed_in(session, token_hash=visitor.token_hash, now=now) is None:
        return False
    desk_sessions.touch(session, token_hash=visitor.token_hash, now=now)
    agents.note_seen(session, agent_id=visitor.id, now=now)
    callback_desk.keep_calls(session, grant=viewing(session, visitor, now), now=now)
    return True


def _event(name: str) -> str:
    return f"event: {name}\ndata: -\n\n"
