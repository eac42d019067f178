"""A call: one line between Twilio and one telephone, what was heard on it and who waits for what."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.simulator.timeline import Timeline, Waiter

_TURNS_KEPT = 200


class Status(StrEnum):
    """Twilio's words."""

    QUEUED = "queued"
    INITIATED = "initiated"  # in status events only; the call's own status is then still queued
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


FINAL = frozenset({Status.COMPLETED, Status.BUSY, Status.NO_ANSWER, Status.FAILED, Status.CANCELED})


class Interruption(Exception):
    """Ends whatever the call's execution is waiting for."""


class HungUp(Interruption):
    """The call is over."""


class Redirected(Interruption):
    """The call goes on with other instructions (REST)."""

    def __init__(self, instruction: Instruction) -> None:
        self.instruction = instruction


@dataclass(frozen=True)
class Instruction:
    """Where a call goes on: a URL to ask, with what besides the usual, or a document at hand."""

    url: str = ""
    method: str = "POST"
    params: dict[str, str] = field(default_factory=dict)
    xml: str | None = None


@dataclass(frozen=True)
class StatusEvents:
    """Who wants to hear of a call's progress, and of what."""

    url: str
    method: str = "POST"
    wanted: frozenset[str] = frozenset({"completed"})


@dataclass
class Heard:
    """Something played into the telephone. `cut`: the caller did not wait for its end."""

    verb: str
    text: str
    language: str
    voice: str
    at: datetime
    cut: bool = False

    def view(self) -> dict[str, Any]:
        return {
            "verb": self.verb,
            "text": self.text,
            "language": self.language,
            "voice": self.voice,
            "cut": self.cut,
            "at": self.at.isoformat(),
        }


@dataclass(frozen=True)
class Gathering:
    """What a Gather that is open takes."""

    input: tuple[str, ...]
    num_digits: int | None
    finish_on_key: str
    language: str
    hints: str
    timeout: float
    came: deque[Any] = field(default_factory=deque, compare=False)  # in the very moment of another signal

    def view(self) -> dict[str, Any]:
        return {
            "input": list(self.input),
            "numDigits": self.num_digits,
            "finishOnKey": self.finish_on_key,
            "language": self.language,
            "hints": self.hints,
            "timeout": self.timeout,
        }


@dataclass
class Call:
    sid: str
    direction: str  # inbound, outbound-api, outbound-dial
    sender: str
    receiver: str
    handset: str  # whose telephone it is on
    created: datetime
    timeline: Timeline
    tell: Callable[[Call], None]  # whoever watches hears that something changed
    status: Status = Status.QUEUED
    first: Instruction = field(default_factory=Instruction)
    fallback_url: str = ""
    status_events: StatusEvents | None = None
    ring_seconds: float = 60
    machine_detection: str = ""  # "", Enable, DetectMessageEnd
    amd_url: str = ""  # asynchronous detection tells its result there
    parent: Call | None = None
    started: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None
    answered_by: str | None = None
    vouched: bool = False  # the caller's network signed for the number
    private: bool = False  # Verify's own call: none of the account's
    sequence: int = 0
    queue: str | None = None
    partner: Call | None = None  # who is connected
    gathering: Gathering | None = None
    heard: list[Heard] = field(default_factory=list)
    turns: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_TURNS_KEPT))
    warnings: list[dict[str, Any]] = field(default_factory=list)
    when_ended: list[Callable[[Call], None]] = field(default_factory=list)
    _waiter: Waiter | None = None
    _awaits: object = None
    _interruption: Interruption | None = None
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def over(self) -> bool:
        return self.status in FINAL

    @property
    def seconds(self) -> int:
        """How long they spoke."""
        if self.answered is None:
            return 0
        return round(((self.ended or self.timeline.now()) - self.answered).total_seconds())

    async def wait(self, *, until: datetime | None = None, awaits: object = None, busy: bool = False) -> Any:
        """Wait for the next thing that happens to this call; `TimeIsUp` where nothing does until then.

        `awaits` is what `wake` must name, so that what comes too late wakes nobody else. `busy`: it is Twilio that is at
        work, not the people.

        Raises:
            Interruption: the call ended or goes on elsewhere.
        """
        self.checkpoint()
        self._waiter, self._awaits = self.timeline.waiter(until), awaits
        if not busy:
            self._idle.set()
            self.tell(self)
        try:
            return await self.timeline.park(self._waiter)
        except Interruption:
            self._interruption = None
            raise
        finally:
            self._waiter = self._awaits = None
            if not self.over:
                self._idle.clear()

    def checkpoint(self) -> None:
        """Raise what interrupted the call while nobody waited."""
        interruption, self._interruption = self._interruption, None
        if interruption is not None:
            raise interruption

    def wake(self, value: Any, *, awaits: object = None) -> bool:
        """Tell whoever waits on this call for that; whether somebody does."""
        if self._waiter is None or self._waiter.future.done() or self._awaits is not awaits:
            return False
        self._idle.clear()
        self.timeline.wake(self._waiter, value)
        return True

    def interrupt(self, interruption: Interruption) -> None:
        """End what the call is doing. A hang-up stays a hang-up, whatever else comes."""
        if not isinstance(self._interruption, HungUp):
            self._interruption = interruption
        if self._waiter is not None and not self._waiter.future.done():
            self._idle.clear()
            self.timeline.interrupt(self._waiter, interruption)

    async def quiet(self) -> None:
        """Until Twilio has nothing to do for this call before somebody does something."""
        if self.timeline.stands:
            await self.timeline.settle()
        else:
            await self._idle.wait()

    def rests(self) -> None:
        """Nothing more will happen here by itself."""
        self._idle.set()
        self.tell(self)

    def hear(self, verb: str, text: str, *, language: str = "", voice: str = "") -> Heard:
        heard = Heard(verb, text, language, voice, self.timeline.now())
        self.heard.append(heard)
        self.tell(self)
        return heard

    def summary(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "direction": self.direction,
            "status": self.status,
            "from": self.sender,
            "to": self.receiver,
            "at": self.created.isoformat(),
            "seconds": self.seconds,
        }

    def view(self) -> dict[str, Any]:
        return {
            **self.summary(),
            "handset": self.handset,
            "answered_at": self.answered.isoformat() if self.answered else None,
            "answered_by": self.answered_by,
            "heard": [heard.view() for heard in self.heard],
            "gathering": self.gathering.view() if self.gathering else None,
            "queue": self.queue,
            "connected_with": self.partner.sid if self.partner else None,
            "parent": self.parent.sid if self.parent else None,
            "log": list(self.turns),
            "warnings": self.warnings,
        }
