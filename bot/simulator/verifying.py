"""Verify: one-time codes by text, call and e-mail, with Twilio's rules.

A code lives ten minutes and is sent again unchanged while it does; the sixth sending is refused with 60203, after five
wrong checks everything with 60202; a wrong code is answered 200 "pending"; once approved, canceled or expired the
verification is gone (404).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.simulator import numbers
from bot.simulator.identifiers import new_sid
from bot.simulator.journal import Journal
from bot.simulator.line import Line
from bot.simulator.phones import Deliver, Mail, Phones, Text
from bot.simulator.refusals import Refused
from bot.simulator.shelf import Shelf
from bot.simulator.texting import segments
from bot.simulator.timeline import Timeline
from bot.simulator.words import twilio_says

LIFETIME = timedelta(minutes=10)
_MOST_SENDINGS = 5
_MOST_CHECKS = 5
_CODE_LENGTH = 6
_CHANNELS = frozenset({"sms", "call", "email"})
_SENDER = "VERIFY"

Form = Mapping[str, str]
Ring = Callable[[str, str], None]  # number, TwiML


@dataclass
class Verification:
    sid: str
    to: str
    channel: str
    code: str
    created: datetime
    updated: datetime
    status: str = "pending"
    checks: int = 0
    sendings: list[dict[str, str]] = field(default_factory=list)
    amount: str | None = None
    payee: str | None = None


class Verifying:
    def __init__(
        self,
        *,
        line: Line,
        timeline: Timeline,
        journal: Journal,
        phones: Phones,
        deliver: Deliver,
        ring: Ring,
        name: str,
    ) -> None:
        self._line, self._timeline, self._journal = line, timeline, journal
        self._phones, self._deliver, self._ring = phones, deliver, ring
        self.name = name
        self.since = timeline.now()
        self._verifications = Shelf[Verification]()

    def clear(self) -> None:
        self._verifications.clear()

    def create(self, form: Form) -> Verification:
        """What `POST Verifications` asks for: a code is sent, the one before again while it lives.

        Raises:
            Refused: 60200 bad receiver or channel, 60202 too many wrong checks, 60203 too many sendings.
        """
        channel = form.get("Channel", "")
        if channel not in _CHANNELS:
            raise Refused(60200, f"Channel`: `{channel}")
        to = _receiver(form.get("To", ""), channel)
        now = self._timeline.now()
        verification = self._pending(to)
        if verification is None:
            digits = (secrets.choice("0123456789") for _ in range(_CODE_LENGTH))
            code = form.get("CustomCode") or "".join(digits)
            verification = Verification(new_sid("VE"), to, channel, code, created=now, updated=now)
            self._verifications.keep(verification.sid, verification)
        if verification.checks >= _MOST_CHECKS:
            raise Refused(60202)
        if len(verification.sendings) >= _MOST_SENDINGS:
            raise Refused(60203)
        verification.channel, verification.updated = channel, now
        verification.amount, verification.payee = form.get("Amount"), form.get("Payee")
        verification.sendings.append(
            {"attempt_sid": new_sid("VL"), "channel": channel, "time": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        )
        self._send(verification, form.get("Locale", "en"))
        return verification

    def find(self, sid_or_to: str) -> Verification:
        """Raises Refused 20404 where nothing is pending by that SID or receiver."""
        verification = self._verifications.get(sid_or_to) or self._pending(sid_or_to)
        if verification is None or not self._lives(verification):
            raise Refused(20404, f"Verifications/{sid_or_to}")
        return verification

    def close(self, sid_or_to: str, status: str) -> Verification:
        """End one as `canceled` or `approved`, as somebody else decided."""
        verification = self.find(sid_or_to)
        if status not in ("canceled", "approved"):
            raise Refused(60200, f"Status`: `{status}")
        verification.status, verification.updated = status, self._timeline.now()
        return verification

    def check(self, form: Form) -> Verification:
        """What `POST VerificationCheck` asks for: `pending` where the code is wrong, `approved` once.

        Raises:
            Refused: 60200 nothing to go by, 20404 nothing pending, 60202 after five wrong ones.
        """
        named, code = form.get("VerificationSid") or form.get("To", ""), form.get("Code", "")
        if not named:
            raise Refused(60200, "To")
        if not code:
            raise Refused(60200, "Code")
        verification = self.find(named)
        if verification.checks >= _MOST_CHECKS:
            raise Refused(60202)
        verification.updated = self._timeline.now()
        if secrets.compare_digest(code.encode(), verification.code.encode()):
            verification.status = "approved"
        else:
            verification.checks += 1
        return verification

    def _pending(self, to: str) -> Verification | None:
        mine = (one for one in self._verifications.newest_first() if one.to == to and self._lives(one))
        return next(mine, None)

    def _lives(self, verification: Verification) -> bool:
        return verification.status == "pending" and self._timeline.now() < verification.created + LIFETIME

    def _send(self, verification: Verification, locale: str) -> None:
        to, code, now = verification.to, verification.code, self._timeline.now()
        words: dict[str, Any] = {"language": locale, "wallet": self.name, "code": code}
        phone = self._phones.of(to)
        if verification.channel == "email":
            phone.mails.append(Mail(to, twilio_says("code_subject", **words), twilio_says("code_text", **words), now))
        elif verification.channel == "call":
            spoken = twilio_says("code_call", **{**words, "code": ", ".join(code)})
            language = "zh-CN" if locale.lower().startswith("zh") else "en-US"
            self._ring(to, f'<Response><Say language="{language}" loop="2">{spoken}</Say></Response>')
        else:
            body = twilio_says("code_text", **words)
            phone.texts.append(Text(new_sid("SM"), _SENDER, to, body, "outbound-api", segments(body), now, "delivered"))
        self._deliver(to, "code", code)
        self._journal.tell("phone", number=to)


def _receiver(to: str, channel: str) -> str:
    if channel == "email":
        if "@" not in to.strip("@"):
            raise Refused(60200, f"To`: `{to}")
        return to
    number = numbers.e164(to)
    if number is None or numbers.costs_extra(number):
        raise Refused(60200, f"To`: `{to}")
    return number
