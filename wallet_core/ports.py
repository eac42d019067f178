"""What the core needs from outside, as protocols. Implementations are passed in; fakes stand only here.

A port is called with no transaction open: what was asked is stored first, then asked for, then its result stored.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from wallet_core.models import ContactKind, Language


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class Random(Protocol):
    def choice[T](self, options: Sequence[T], /) -> T:
        """One of the options, unpredictable where it guards anything."""


class CodeSender(Protocol):
    """Sends a one-time code and later says whether the customer's answer is it. Twilio Verify, or the built-in one."""

    def send(self, *, destination: str, kind: ContactKind, language: Language) -> str:
        """Send a code and return the provider's reference.

        Raises:
            ServiceUnavailable: nothing was sent, or nobody knows.
            LimitReached: the provider sends no more codes there for a while.
            InvalidNumber: the destination cannot be reached.
        """

    def check(self, *, reference: str, destination: str, code: str) -> bool:
        """Whether the code is right, once: a code is used up by being accepted. No for a reference it does not know.

        Raises:
            ServiceUnavailable: the provider did not answer; the attempt does not count.
        """


class LoginService(Protocol):
    """The wallet's own login: it knows passwords, we do not."""

    def send_reset_link(self, *, customer_id: str, destination: str, language: Language, request_key: str) -> None:
        """Have a password reset link sent. Asked twice with one key, it sends one."""

    def unlock(self, *, customer_id: str, request_key: str) -> None:
        """Lift the login's lock after wrong passwords."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def secure_random() -> Random:
    return secrets.SystemRandom()
