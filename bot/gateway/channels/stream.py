"""The chat API over a WebSocket: what happens in the session, as it happens; messages can be sent on it too."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy.orm import Session
from starlette.websockets import WebSocketState

from bot.gateway.channels.schema import NewMessage, Readable, render
from bot.gateway.faults import where_it_broke
from bot.gateway.hub import News
from bot.gateway.problems import CODES, Problem, from_core
from bot.gateway.turns import Stored
from bot.gateway.wiring import Gateway
from wallet_core import transcripts
from wallet_core.conversations import ConversationView
from wallet_core.errors import WalletError
from wallet_core.models import Owner
from wallet_core.transcripts import MessageView

log = structlog.get_logger(__name__)

AUTH_SECONDS = 10.0
LONGEST_FRAME = 65_536
_BATCH = 100
_LONGEST_SILENCE = 60.0  # the transcript is looked at that often even where no bell rings

# Private close codes (RFC 6455, 4000 and above)
CLOSE_REFUSED = 4401
CLOSE_AUTH_TIMEOUT = 4408
CLOSE_BAD_FRAME = 4400
CLOSE_NORMAL = 1000
CLOSE_GONE = 1012  # service restart: connect again

Frame = dict[str, Any]


class AuthFrame(BaseModel):
    type: Literal["auth"]
    token: Readable
    after: Annotated[int, Field(ge=0, lt=2**31)] = 0


class MessageFrame(NewMessage):
    type: Literal["message"]


_AUTH = TypeAdapter(AuthFrame)
_MESSAGE = TypeAdapter(MessageFrame)


def stream_routes(gateway: Gateway) -> APIRouter:
    """The door of the stream."""
    routes = APIRouter()

    @routes.websocket("/api/chat/sessions/{session_id}/stream")
    async def stream(websocket: WebSocket, session_id: str) -> None:
        await websocket.accept()
        with suppress(WebSocketDisconnect, RuntimeError):  # they are gone
            await _Stream(gateway, websocket, session_id).run()

    return routes


class _Stream:
    """One connection. All frames go out through `_out`, so that two never cut into each other."""

    def __init__(self, gateway: Gateway, websocket: WebSocket, session_id: str) -> None:
        self._gateway = gateway
        self._websocket = websocket
        self._session_id = session_id
        self._token = ""
        self._after = 0
        self._owner = Owner.BOT  # what a client takes for granted
        self._out = asyncio.Lock()
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        if not await self._authenticate():
            return
        with self._gateway.hub.listen(self._session_id, follows=True) as news:
            tasks = [asyncio.create_task(self._tell(news)), asyncio.create_task(self._listen())]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*tasks, *self._sending):
                    task.cancel()
                await asyncio.gather(*tasks, *self._sending, return_exceptions=True)
        for task in done:
            fault = task.exception()
            if fault is not None and not isinstance(fault, WebSocketDisconnect | RuntimeError):
                log.error("stream.failed", fault=type(fault).__name__, where=where_it_broke(fault))
                await self._refuse("internal_error", CLOSE_GONE)

    async def _authenticate(self) -> bool:
        try:
            async with asyncio.timeout(AUTH_SECONDS):
                frame = _AUTH.validate_python(await self._receive())
        except TimeoutError:
            await self._refuse("token_missing", CLOSE_AUTH_TIMEOUT)
            return False
        except (ValidationError, ValueError):
            await self._refuse("token_missing", CLOSE_REFUSED)
            return False
        self._token, self._after = frame.token, frame.after
        try:
            await self._gateway.storage.read(self._enter)
        except (Problem, WalletError) as refusal:
            await self._refuse(_code(refusal), CLOSE_REFUSED if isinstance(refusal, Problem) else CLOSE_GONE)
            return False
        return True

    # Outwards

    async def _tell(self, news: News) -> None:
        """Send what is new, from where the client is, until the session ends."""
        while True:
            try:
                lines, conversation = await self._gateway.storage.read(self._look)
            except WalletError as refusal:
                await self._send({"type": "error", "code": _code(refusal)})
                await asyncio.sleep(self._gateway.settings.sweep_seconds)
                continue
            except Problem as refusal:
                await self._refuse(refusal.code, CLOSE_REFUSED)
                return
            for line in lines:
                shown = render(line).model_dump(mode="json", exclude_none=True)
                await self._send({"type": "message", "message": shown})
                self._after = line.id
            if len(lines) == _BATCH:
                continue
            if conversation.owner != self._owner:
                self._owner = conversation.owner
                await self._send({"type": "owner", "owner": conversation.owner})
            if conversation.ended_at is not None:
                await self._send({"type": "ended"})
                await self._websocket.close(CLOSE_NORMAL)
                return
            await news.wait(_LONGEST_SILENCE)
            if news.take_typing():
                await self._send({"type": "typing", "role": "bot"})

    def _look(self, session: Session) -> tuple[list[MessageView], ConversationView]:
        conversation = self._enter(session)
        lines = transcripts.messages_after(session, conversation_id=self._session_id, after=self._after, limit=_BATCH)
        return lines, conversation

    def _enter(self, session: Session) -> ConversationView:
        return self._gateway.sessions.enter(
            session, session_id=self._session_id, token=self._token, now=self._gateway.clock.now()
        )

    async def _send(self, frame: Frame) -> None:
        async with self._out:
            if self._websocket.application_state is WebSocketState.CONNECTED:
                await self._websocket.send_text(json.dumps(frame, ensure_ascii=False))

    async def _refuse(self, code: str, close: int) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._send({"type": "error", "code": code})
            await self._websocket.close(close)

    # Inwards

    async def _listen(self) -> None:
        while True:
            try:
                received = await self._receive()
            except ValueError:
                await self._refuse("invalid_json", CLOSE_BAD_FRAME)
                return
            try:
                frame = _MESSAGE.validate_python(received)
            except ValidationError as error:
                kinds = [fault["type"] for fault in error.errors(include_input=False, include_url=False)]
                code = next((kind for kind in kinds if kind in CODES), "invalid_request")
                await self._send(_error(code, received))
                continue
            client = self._websocket.client
            inbound = frame.understand(client.host if client else None)
            # One after the other, so that they are stored in the order in which they came.
            try:
                stored = await self._gateway.turns.receive(
                    session_id=self._session_id, token=self._token, inbound=inbound
                )
            except (Problem, WalletError) as refusal:
                await self._send(_error(_code(refusal), received))
                continue
            task = asyncio.create_task(self._attend(stored))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _attend(self, stored: Stored) -> None:
        """See to it that something is said by the deadline; it comes as every line comes, out of the transcript."""
        with suppress(WalletError):
            await self._gateway.turns.attend(stored)

    async def _receive(self) -> Any:
        """The next frame.

        Raises:
            ValueError: it is not JSON, or too long.
            WebSocketDisconnect: there is none.
        """
        frame = await self._websocket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", CLOSE_NORMAL))
        text: str | None = frame.get("text")
        content: str | bytes = text if text is not None else frame.get("bytes") or b""
        if len(content) > LONGEST_FRAME:
            raise ValueError("too long")
        try:
            return json.loads(content)
        except RecursionError as error:
            raise ValueError("too deep") from error


def _code(refusal: Problem | WalletError) -> str:
    return refusal.code if isinstance(refusal, Problem) else from_core(refusal).code


def _error(code: str, received: Any) -> Frame:
    frame = {"type": "error", "code": code}
    identity = received.get("client_message_id") if isinstance(received, dict) else None
    if isinstance(identity, str) and len(identity) <= 64 and identity.isascii():
        frame["client_message_id"] = identity
    return frame
