"""One turn at a time has the processor; while it waits for the action server, the next one has it. First come, first served.

Rasa lets all turns at hand go on a little in turn. A turn takes its milliseconds of one processor all the same, so that with
fifty of them at once everybody waits for nearly everybody, and whoever asks the action server something waits several times.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any, AsyncIterator, Optional, Text

import aiohttp
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore
from rasa.utils.endpoints import EndpointConfig

# The action server closes connections that were idle for longer; ours must be the first to, or a request is lost with it.
_KEEP_SECONDS = 3.0


class Place:
    """A turn's place: it has the processor, or waits for it, or has stepped out."""

    def __init__(self, line: asyncio.Lock) -> None:
        self._line = line
        self._served = False

    async def wait(self) -> None:
        """Until it is this turn's; others came first."""
        await self._line.acquire()
        self._served = True

    def leave(self) -> None:
        if self._served:
            self._served = False
            self._line.release()


_place: ContextVar[Optional[Place]] = ContextVar("place", default=None)


class TurnsInLine(InMemoryLockStore):
    """Rasa's lock of a conversation, and inside of it the line of all turns."""

    def __init__(self, endpoint_config: Optional[EndpointConfig] = None) -> None:
        super().__init__()

    @asynccontextmanager
    async def lock(
        self, conversation_id: Text, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 1
    ) -> AsyncIterator[TicketLock]:
        async with super().lock(conversation_id, lock_lifetime, wait_time_in_seconds) as ticket:
            place = Place(self._line)
            token = _place.set(place)
            try:
                await place.wait()
                yield ticket
            finally:
                place.leave()
                _place.reset(token)

    @cached_property
    def _line(self) -> asyncio.Lock:
        return asyncio.Lock()  # made where it is first used: it belongs to the loop that serves


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
