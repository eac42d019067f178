"""What lies on people's telephones and in their mailboxes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from bot.simulator.calls import Call

_KEPT = 200
_MOST_PHONES = 2000

Deliver = Callable[[str, Literal["code", "notice"], str], None]


@dataclass
class Text:
    """`direction` is Twilio's: inbound is from the phone to us."""

    sid: str
    sender: str
    receiver: str
    body: str
    direction: Literal["inbound", "outbound-api", "outbound-reply"]
    segments: int
    at: datetime
    status: str
    error_code: int | None = None
    messaging_service_sid: str | None = None
    status_url: str | None = None
    media: list[str] = field(default_factory=list)

    def view(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "from": self.sender,
            "to": self.receiver,
            "body": self.body,
            "direction": self.direction,
            "segments": self.segments,
            "status": self.status,
            "error_code": self.error_code,
            "at": self.at.isoformat(),
        }


@dataclass(frozen=True)
class Mail:
    address: str
    subject: str
    body: str
    at: datetime

    def view(self) -> dict[str, Any]:
        return {"to": self.address, "subject": self.subject, "body": self.body, "at": self.at.isoformat()}


@dataclass
class Phone:
    """A number's telephone; a mailbox is one too, by its address."""

    number: str
    texts: deque[Text] = field(default_factory=lambda: deque(maxlen=_KEPT))
    mails: deque[Mail] = field(default_factory=lambda: deque(maxlen=_KEPT))
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=_KEPT))
    habit: str | None = None  # what it does with every call: "human", "machine", "busy", "no-answer", …

    def view(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "habit": self.habit,
            "texts": [text.view() for text in self.texts],
            "mails": [mail.view() for mail in self.mails],
            "calls": [call.summary() for call in self.calls],
        }


class Phones:
    def __init__(self) -> None:
        self._phones: dict[str, Phone] = {}

    def of(self, number: str) -> Phone:
        """The phone of a number: there is one for each, since people have phones."""
        if number not in self._phones:
            if len(self._phones) >= _MOST_PHONES:
                del self._phones[next(iter(self._phones))]
            self._phones[number] = Phone(number)
        return self._phones[number]

    def used(self) -> list[str]:
        return list(self._phones)

    def clear(self) -> None:
        self._phones.clear()
