"""What Rasa servers share, where `WALLET_REDIS_URL` names a Redis: dialogues, and the locks of conversations."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import AsyncIterator, Optional, Text

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockStore
from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

_PREFIX = "wallet:turn:"
# A server that dies in a turn leaves its lock behind for so long, and renews it while it lives.
_LIFETIME = 6.0
_LOOK_EVERY = 0.05


@lru_cache(maxsize=1)
def shared_redis() -> Optional[Redis]:
    """The client of that Redis, not connected yet; None where none is named."""
    url = os.environ.get("WALLET_REDIS_URL")
    if not url:
        return None
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=1.0,
        socket_timeout=2.0,
        # Once more at once: a kept connection may have been closed since.
        retry=Retry(NoBackoff(), 1),
        retry_on_error=[RedisConnectionError],
    )


class SharedLocks(LockStore):
    """One turn of a conversation at a time, whichever servers are asked. The gateway keeps them in order.

    Rasa's own `RedisLockStore` reads its tickets, adds one and writes them back: two servers at once draw the same ticket.

    Args:
        lifetime: seconds after which the lock of a server that died is free.
    """

    def __init__(self, redis: Redis, *, lifetime: float = _LIFETIME) -> None:
        self._redis = redis
        self._lifetime = lifetime

    @asynccontextmanager
    async def lock(
        self, conversation_id: Text, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 1
    ) -> AsyncIterator[TicketLock]:
        """Raises: RedisError, when it is not to be had, or was lost meanwhile: then the turn has failed."""
        lock = self._redis.lock(
            _PREFIX + conversation_id, timeout=self._lifetime, sleep=_LOOK_EVERY, blocking_timeout=lock_lifetime
        )
        async with lock:
            renewing = asyncio.create_task(self._renew(lock))
            try:
                yield TicketLock(conversation_id)
            finally:
                renewing.cancel()

    async def _renew(self, lock: Lock) -> None:
        with suppress(RedisError):  # its release finds that it was lost
            while True:
                await asyncio.sleep(self._lifetime / 3)
                await lock.reacquire()
