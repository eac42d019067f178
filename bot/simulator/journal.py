"""All that went over the wire, what went wrong, and who wants to hear of it at once. Bounded, in memory only."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.simulator.timeline import Timeline

_KEPT = 500
_LONGEST_ANSWER = 16_000  # characters of an answer that are kept
_LATE_BY = 200  # events that a listener may be behind

Way = Literal["rest", "webhook"]


@dataclass
class Exchange:
    """One request and its answer: of ours to Twilio ("rest"), or of Twilio to us ("webhook")."""

    number: int
    at: datetime
    way: Way
    purpose: str
    method: str
    url: str
    params: dict[str, str]
    about: str | None = None  # the call's, message's or verification's SID
    status: int | None = None  # None: no answer
    answer: str = ""
    milliseconds: float | None = None
    token: str | None = None  # I-Twilio-Idempotency-Token
    notes: list[str] = field(default_factory=list)

    def view(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}


@dataclass(frozen=True)
class Warned:
    """An entry of Twilio's debugger."""

    at: datetime
    code: int
    message: str
    about: str | None

    def view(self) -> dict[str, Any]:
        return {"at": self.at.isoformat(), "code": self.code, "message": self.message, "about": self.about}


class Journal:
    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._numbers = itertools.count(1)
        self._listeners = set[asyncio.Queue[dict[str, Any]]]()
        self.exchanges: deque[Exchange] = deque(maxlen=_KEPT)
        self.warnings: deque[Warned] = deque(maxlen=_KEPT)

    def clear(self) -> None:
        self.exchanges.clear()
        self.warnings.clear()
        self.tell("reset")

    def open(
        self, way: Way, purpose: str, method: str, url: str, params: dict[str, str], *, about: str | None = None
    ) -> Exchange:
        exchange = Exchange(next(self._numbers), self._timeline.now(), way, purpose, method, url, params, about)
        self.exchanges.append(exchange)
        return exchange

    def close(self, exchange: Exchange, status: int | None, answer: str, milliseconds: float) -> None:
        exchange.status, exchange.answer = status, answer[:_LONGEST_ANSWER]
        exchange.milliseconds = round(milliseconds, 1)
        self.tell("request", exchange=exchange.view())

    def warn(self, code: int, message: str, *, about: str | None = None) -> None:
        warned = Warned(self._timeline.now(), code, message, about)
        self.warnings.append(warned)
        self.tell("warning", warning=warned.view())

    def tell(self, kind: str, **facts: Any) -> None:
        """Tell those who listen. One that fell too far behind misses something, and asks again later anyway."""
        for listener in self._listeners:
            if not listener.full():
                listener.put_nowait({"type": kind, **facts})

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[dict[str, Any]]]:
        listener: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_LATE_BY)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
