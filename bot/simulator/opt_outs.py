"""Who asked not to be texted: Twilio keeps that by itself, for long codes, before our webhook hears of it."""

from __future__ import annotations

from enum import StrEnum

_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_START = frozenset({"START", "UNSTOP"})
_HELP = frozenset({"HELP", "INFO"})


class OptOutType(StrEnum):
    STOP = "STOP"
    START = "START"
    HELP = "HELP"


class OptOuts:
    def __init__(self) -> None:
        self._blocked = set[str]()

    def blocks(self, number: str) -> bool:
        return number in self._blocked

    def hear(self, number: str, body: str) -> OptOutType | None:
        """Take a text in; which of the keywords it was, if any. The whole text must be the keyword."""
        word = body.strip().upper()
        if word in _STOP:
            self._blocked.add(number)
            return OptOutType.STOP
        if word in _START or (word == "YES" and number in self._blocked):
            self._blocked.discard(number)
            return OptOutType.START
        return OptOutType.HELP if word in _HELP else None
