"""All that went over the wire, what went wrong, and who wants to hear of it at once. Bounded, in memory only."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.simulator.timeline import Timeline

_KEPT = 500
_LONGEST_ANSWER = 16_000  # characters of an answer that are kept

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
        self._name = secrets.token_hex(4)
        self._told = 0
        self._events: deque[tuple[int, dict[str, Any]]] = deque(maxlen=_KEPT)
        self._watching = asyncio.Event()
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
        """Let all who watch know."""
        self._told += 1
        self._events.append((self._told, {"type": kind, **facts}))
        watching, self._watching = self._watching, asyncio.Event()
        watching.set()

    @property
    def place(self) -> str:
        """Where the events stand; another process begins anew, and its places are others."""
        return f"{self._name}-{self._told}"

    async def events_after(self, place: str, *, patience: float) -> list[dict[str, Any]]:
        """What was told since, waiting for something if there is nothing; `missed` alone where that is not known."""
        name, _, number = place.rpartition("-")
        if name != self._name or not number.isdecimal() or int(number) < self._told - len(self._events):
            return [{"type": "missed"}]
        if int(number) == self._told:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._watching.wait(), patience)
        return [event for told, event in self._events if told > int(number)]
