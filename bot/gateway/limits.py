"""Limits against floods: messages of one session, sessions of one address. Each process counts for itself."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.gateway.problems import Problem


class Limits:
    def __init__(self, *, messages_per_minute: int, sessions_per_minute: int) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._messages = RateLimitItemPerMinute(messages_per_minute)
        self._sessions = RateLimitItemPerMinute(sessions_per_minute)

    def take_message(self, conversation_id: str) -> None:
        """Raises: Problem (too_many_requests), when this conversation has used up its minute."""
        self._take(self._messages, "message", conversation_id)

    def take_session(self, address: str) -> None:
        """Raises: Problem (too_many_requests), when this address has used up its minute."""
        self._take(self._sessions, "session", address)

    def _take(self, limit: RateLimitItemPerMinute, kind: str, who: str) -> None:
        if not self._window.hit(limit, kind, who):
            free_at = self._window.get_window_stats(limit, kind, who).reset_time
            wait = max(1, math.ceil(free_at - time.time()))
            raise Problem("too_many_requests", headers={"Retry-After": str(wait)})
