"""The limits against floods counted by all gateways together, in Redis; by each for itself while Redis is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

import structlog
from prometheus_client import Counter
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from bot.gateway.limits import OwnRate, Rate

log = structlog.get_logger(__name__)

_ANSWER_SECONDS = 0.25  # a customer waits for it
_PAUSE_SECONDS = 2.0  # between two tries while Redis is away
_PREFIX = "wallet:rate:"
# As OwnRate does it, by the clock of Redis, which is everybody's. A name is forgotten when its allowance is whole again.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local interval = tonumber(ARGV[1])
local free_at = math.max(tonumber(redis.call('GET', KEYS[1])) or now, now) + interval
local wait = free_at - now - 60
if wait > interval / 1000 then return string.format('%.6f', wait) end
redis.call('SET', KEYS[1], string.format('%.6f', free_at), 'PX', math.ceil((free_at - now) * 1000))
return '0'
"""


class SharedCounts:
    """The Redis in which gateways count together.

    While it does not answer, nobody is shut out: each gateway counts for itself, and asks again every two seconds.

    Args:
        url: its address, not connected to yet.
        counted_alone: counts what was not counted together.
    """

    def __init__(self, url: str, counted_alone: Counter, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_connect_timeout=_ANSWER_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),  # once more at once: a kept connection may have been closed since
        )
        self._take = self._redis.register_script(_TAKE)
        self._counted_alone = counted_alone
        self._clock = clock
        self._away_until = 0.0

    def rate(self, kind: str, per_minute: int) -> Rate:
        """So many a minute of each name of this kind."""
        return _SharedRate(self, kind, per_minute)

    def take(self, key: str, interval: float, alone: Callable[[], float]) -> float:
        """Take one together with all others, or `alone` while Redis is away."""
        if self._clock() >= self._away_until:
            try:
                return float(cast(str, self._take(keys=[_PREFIX + key], args=[interval])))
            except RedisError as fault:
                # The kind of error only: its words may quote the address.
                log.warning("limits.redis_away", fault=type(fault).__name__)
                self._away_until = self._clock() + _PAUSE_SECONDS
        self._counted_alone.inc()
        return alone()

    def answers(self) -> bool:
        """Whether Redis answers."""
        try:
            self._redis.ping()
        except RedisError:
            return False
        return True

    def close(self) -> None:
        self._redis.close()


class _SharedRate:
    def __init__(self, counts: SharedCounts, kind: str, per_minute: int) -> None:
        self._counts = counts
        self._kind = kind
        self._interval = 60 / per_minute
        self._alone = OwnRate(per_minute)

    def take(self, name: str) -> float:
        return self._counts.take(f"{self._kind}:{name}", self._interval, lambda: self._alone.take(name))
