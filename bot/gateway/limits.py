"""Limits against floods: messages of one session, sessions of one address, texts of one number."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from bot.gateway.problems import Problem

_MINUTE = 60.0
_PRUNE_AT = 10_000


class Rate(Protocol):
    def take(self, name: str) -> float:
        """Take one: 0, or the seconds until there is one to take."""
        ...


class OwnRate:
    """So many a minute: all of them at once, or evenly, and then again as they become free one by one.

    This is the generic cell rate algorithm: of each name, only the moment is kept at which its whole allowance is free.
    Each process counts for itself; `bot.gateway.shared_limits` counts for all.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = _MINUTE / per_minute
        self._clock = clock
        self._free_at: dict[str, float] = {}
        self._lock = Lock()

    def take(self, name: str) -> float:
        with self._lock:
            now = self._clock()
            free_at = max(self._free_at.get(name, now), now) + self._interval
            # A little slack, since times are sums of fractions.
            wait = free_at - now - _MINUTE
            if wait > self._interval / 1000:
                return wait
            if len(self._free_at) >= _PRUNE_AT:
                self._free_at = {kept: at for kept, at in self._free_at.items() if at > now}
            self._free_at[name] = free_at
            return 0.0


class Limits:
    def __init__(self, *, messages: Rate, sessions: Rate, texts: Rate) -> None:
        self._messages = messages
        self._sessions = sessions
        self._texts = texts

    def take_message(self, conversation_id: str) -> None:
        """Not for the event loop: counting together takes a moment.

        Raises: Problem (too_many_requests), when this conversation sends too many.
        """
        _refuse_if(self._messages.take(conversation_id))

    async def take_session(self, address: str) -> None:
        """Raises: Problem (too_many_requests), when this address opens too many."""
        _refuse_if(await asyncio.to_thread(self._sessions.take, address))

    async def takes_text(self, number: str) -> bool:
        """Whether this number may send one now."""
        return await asyncio.to_thread(self._texts.take, number) == 0


def _refuse_if(wait: float) -> None:
    if wait > 0:
        raise Problem("too_many_requests", headers={"Retry-After": str(math.ceil(wait))})
