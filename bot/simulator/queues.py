"""Queues: who waits in them, and since when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.simulator.calls import Call, Interruption
from bot.simulator.identifiers import new_sid


@dataclass(eq=False)
class Waiting:
    """A place in a queue. `taken_by` is the call that took it out."""

    call: Call
    since: datetime
    taken_by: Call | None = None

    def seconds(self, now: datetime) -> int:
        return round((now - self.since).total_seconds())


class Dequeued(Interruption):
    """Somebody takes this call. `url` is what it hears first."""

    def __init__(self, url: str, method: str) -> None:
        self.url, self.method = url, method


@dataclass(eq=False)
class Queue:
    name: str
    since: datetime
    sid: str = field(default_factory=lambda: new_sid("QU"))
    waiting: list[Waiting] = field(default_factory=list)
    takers: list[Call] = field(default_factory=list)  # calls that wait for somebody to come
    waited: list[int] = field(default_factory=list)  # seconds, of those who are through
    most: int = 100

    def position(self, place: Waiting) -> int:
        return self.waiting.index(place) + 1

    @property
    def average_wait(self) -> int:
        return round(sum(self.waited) / len(self.waited)) if self.waited else 0

    def enter(self, place: Waiting) -> None:
        self.waiting.append(place)
        if self.takers:
            self.takers[0].wake(place, awaits=self)

    def leave(self, place: Waiting, now: datetime) -> None:
        if place in self.waiting:
            self.waiting.remove(place)
            self.waited.append(place.seconds(now))

    def take(self, by: Call, now: datetime) -> Waiting | None:
        """The first in line, out of it."""
        if not self.waiting:
            return None
        place = self.waiting[0]
        self.leave(place, now)
        place.taken_by = by
        return place


class Queues:
    def __init__(self) -> None:
        self._queues: dict[str, Queue] = {}

    def of(self, name: str, now: datetime) -> Queue:
        """Twilio makes a queue when it is named first."""
        return self._queues.setdefault(name, Queue(name, now))

    def all(self) -> list[Queue]:
        return list(self._queues.values())

    def clear(self) -> None:
        self._queues.clear()
