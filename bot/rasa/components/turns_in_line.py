"""One turn after the other, in order of arrival; while one waits for the action server, the next is served.

A turn takes its milliseconds in one piece, and Rasa begins all turns that have arrived before it looks what else has: with
fifty of them, each step of an exchange with the action server waits for fifty turns. In line, it looks after each turn.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from contextvars import ContextVar
from heapq import heappop, heappush
from itertools import count
from typing import Any, AsyncIterator, List, Optional, Text, Tuple

import aiohttp
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockStore
from rasa.utils.endpoints import EndpointConfig

from components.shared import SharedLocks, shared_redis

# The action server closes connections that were idle for longer; ours must be the first to, or a request is lost with it.
_KEEP_SECONDS = 3.0


class Place:
    """A turn's place: it has the processor, or waits for it, or has stepped out and comes back before all who came later."""

    def __init__(self, line: _Line) -> None:
        self._line = line
        self._number = next(line.numbers)
        self._served = False

    async def wait(self) -> None:
        """Until it is this turn's."""
        await self._line.enter(self._number)
        self._served = True

    def leave(self) -> None:
        if self._served:
            self._served = False
            self._line.leave()


class _Line:
    """One at a time, and of those who wait the one with the lowest number."""

    def __init__(self) -> None:
        self.numbers = count()
        self._served = False
        self._waiting: List[Tuple[int, asyncio.Future[None]]] = []

    async def enter(self, number: int) -> None:
        if not self._served:
            self._served = True
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (number, called))
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled():  # called just before it was given up
                self.leave()
            raise

    def leave(self) -> None:
        # Not at once: whoever's answer has arrived meanwhile may have come first.
        asyncio.get_running_loop().call_soon(self._call_next)

    def _call_next(self) -> None:
        while self._waiting:
            _, called = heappop(self._waiting)
            if not called.done():
                called.set_result(None)
                return
        self._served = False


_place: ContextVar[Optional[Place]] = ContextVar("place", default=None)


class TurnsInLine(LockStore):
    """The lock of a conversation, Redis's where several servers share one, and inside of it the line of this server's turns."""

    def __init__(self, endpoint_config: Optional[EndpointConfig] = None) -> None:
        redis = shared_redis()
        self._locks: LockStore = InMemoryLockStore() if redis is None else SharedLocks(redis)
        self._line = _Line()

    @asynccontextmanager
    async def lock(
        self, conversation_id: Text, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 1
    ) -> AsyncIterator[TicketLock]:
        async with self._locks.lock(conversation_id, lock_lifetime, wait_time_in_seconds) as ticket:
            place = Place(self._line)
            token = _place.set(place)
            try:
                await place.wait()
                yield ticket
            finally:
                place.leave()
                _place.reset(token)


def step_out_to_ask() -> None:
    """Make Rasa's requests to the action server step out of the line meanwhile, and keep their connections."""
    EndpointConfig.session = _session  # type: ignore[assignment]


def _session(_endpoint: EndpointConfig) -> _Asking:
    return _Asking()


class _Asking:
    """In place of the client that Rasa makes, and connects, anew for every request."""

    _kept: Optional[aiohttp.ClientSession] = None

    def __init__(self) -> None:
        self._place = _place.get()

    async def __aenter__(self) -> aiohttp.ClientSession:
        if self._place is not None:
            self._place.leave()
        if _Asking._kept is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_SECONDS)
            _Asking._kept = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return _Asking._kept

    async def __aexit__(self, *_raised: Any) -> None:
        if self._place is not None:
            await self._place.wait()
