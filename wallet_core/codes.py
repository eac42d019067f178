"""The built-in sender of one-time codes, for the demo and the simulator: same port, same limits as Twilio Verify.

A code is valid for 10 minutes and 5 checks; a destination gets 5 in 10 minutes. Only keyed hashes are stored; the
clear code is handed to `deliver` once and to nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import attempts
from wallet_core.database import Database
from wallet_core.errors import LimitReached
from wallet_core.keyed import keyed_hash, same
from wallet_core.models import ContactKind, Language, SentCode
from wallet_core.ports import Clock, Random

VALID_FOR = timedelta(minutes=10)
CHECKS = 5
SENDS = 5
SENDS_SPAN = timedelta(minutes=10)
LENGTH = 6

_REFERENCE_CHARACTERS = "0123456789abcdef"
_NO_HASH = "0" * 64


class BuiltInCodeSender:
    """Implements `ports.CodeSender` over the table `sent_codes`.

    `deliver(destination, code)` is called after the code is stored, with no transaction open. What it raises is handed
    on: the code is then stored but unknown to everybody.
    """

    def __init__(
        self,
        database: Database,
        *,
        secret_key: str,
        clock: Clock,
        random: Random,
        deliver: Callable[[str, str], None],
    ) -> None:
        self._database = database
        self._secret_key = secret_key
        self._clock = clock
        self._random = random
        self._deliver = deliver

    def send(self, *, destination: str, kind: ContactKind, language: Language) -> str:
        """Store a new code, hand it to `deliver`, and return its reference.

        Raises:
            LimitReached: `codes`: five went there within ten minutes.
        """
        now = self._clock.now()
        reference = "built-in-" + "".join(self._random.choice(_REFERENCE_CHARACTERS) for _ in range(32))
        code = "".join(self._random.choice("0123456789") for _ in range(LENGTH))
        with self._database.transaction() as session:
            # Sends to one destination are counted one at a time.
            attempts.hold_ways(session, {"destination": keyed_hash(self._secret_key, "destination", destination)})
            newest = (
                select(SentCode.created_at)
                .where(SentCode.destination == destination, SentCode.created_at > now - SENDS_SPAN)
                .order_by(SentCode.created_at.desc())
                .limit(SENDS)
            )
            times = list(session.scalars(newest))
            if len(times) == SENDS:
                raise LimitReached(limit="codes", until=times[-1] + SENDS_SPAN)
            session.add(
                SentCode(
                    reference=reference,
                    destination=destination,
                    code_hash=self._hash(reference, code),
                    checks=0,
                    created_at=now,
                    expires_at=now + VALID_FOR,
                    used_at=None,
                )
            )
        self._deliver(destination, code)
        return reference

    def check(self, *, reference: str, destination: str, code: str) -> bool:
        """Whether it is the code; the sixth check of one is refused even if right, and so is a used or expired code."""
        given = self._hash(reference, code)
        with self._database.transaction() as session:
            sent = self._held(session, reference)
            right = same(given, sent.code_hash if sent is not None else _NO_HASH)
            if sent is None or sent.destination != destination or sent.used_at is not None:
                return False
            now = self._clock.now()
            if sent.checks >= CHECKS or now >= sent.expires_at:
                return False
            sent.checks += 1
            if right:
                sent.used_at = now
        return right

    def _held(self, session: Session, reference: str) -> SentCode | None:
        return session.scalars(select(SentCode).where(SentCode.reference == reference).with_for_update()).one_or_none()

    def _hash(self, reference: str, code: str) -> str:
        return keyed_hash(self._secret_key, "sent_code", reference, code)
