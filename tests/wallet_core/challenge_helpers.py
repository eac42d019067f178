"""What the tests of challenges share: a customer with a phone."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import select

from tests.wallet_core import factories
from tests.wallet_core.factories import SECRET_KEY
from wallet_core import verification
from wallet_core.codes import BuiltInCodeSender
from wallet_core.database import Database
from wallet_core.errors import NotAllowed, ServiceUnavailable, WalletError
from wallet_core.models import Assurance, Challenge, ContactKind, ContactPoint, Language
from wallet_core.policy import Action
from wallet_core.verification import Ways

PHONE = "+12025550101"
EMAIL = "lin@example.com"
FAILED = ("challenge_failed", {})


class Desk:
    """Everything a test needs to be a customer with a phone: a database, a clock that it turns, and an inbox."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.time = now
        self.random = Random(11)
        self.inbox: list[tuple[str, str]] = []
        self.down = False
        self.checked = 0
        self.built_in = BuiltInCodeSender(
            database,
            secret_key=SECRET_KEY,
            clock=self,
            random=self.random,
            deliver=lambda destination, code: self.inbox.append((destination, code)),
        )

    def now(self) -> datetime:
        return self.time

    def send(self, *, destination: str, kind: ContactKind, language: Language) -> str:
        if self.down:
            raise ServiceUnavailable(service="codes")
        return self.built_in.send(destination=destination, kind=kind, language=language)

    def check(self, *, reference: str, destination: str, code: str) -> bool:
        self.checked += 1
        if self.down:
            raise ServiceUnavailable(service="codes")
        return self.built_in.check(reference=reference, destination=destination, code=code)

    @property
    def code(self) -> str:
        return self.inbox[-1][1]

    @property
    def wrong(self) -> str:
        return "000000" if not self.inbox or self.code != "000000" else "111111"

    def customer(self, **overrides: Any) -> str:
        with self.database.transaction() as session:
            customer = factories.create_customer(session, **{"phone": PHONE, "email": EMAIL, **overrides})
            factories.create_account(session, customer_id=customer.id)
            return customer.id

    def conversation(self, customer_id: str | None, assurance: Assurance = Assurance.CLAIMED, **overrides: Any) -> str:
        with self.database.transaction() as session:
            return factories.create_conversation(session, customer_id=customer_id, assurance=assurance, **overrides).id

    def ways(self, conversation_id: str, **ways: str) -> Ways:
        return Ways(conversation_id=conversation_id, **ways)

    def ask_code(self, ways: Ways, *, action: Action = Action.UNLOCK, **options: Any) -> verification.ChallengeView:
        return verification.send_code(
            self.database,
            self,
            ways=ways,
            action=action,
            secret_key=SECRET_KEY,
            now=self.time,
            random=self.random,
            **options,
        )

    def ask_fact(self, ways: Ways, **options: Any) -> verification.ChallengeView:
        with self.database.transaction() as session:
            return verification.open_owner_fact_challenge(
                session, ways=ways, secret_key=SECRET_KEY, now=self.time, random=self.random, **options
            )

    def answer(self, ways: Ways, answer: str, **options: Any) -> verification.Answer:
        return verification.answer_challenge(
            self.database, self, ways=ways, answer=answer, secret_key=SECRET_KEY, now=self.time, **options
        )

    def may(self, conversation_id: str, action: Action) -> bool:
        with self.database.reading() as session:
            try:
                verification.authorise(session, conversation_id=conversation_id, action=action, now=self.time)
            except NotAllowed:
                return False
            return True

    def refusal(self, ways: Ways, answer: str) -> tuple[str, dict[str, Any]] | None:
        """The error's code and facts, None where the answer was taken."""
        try:
            self.answer(ways, answer)
        except WalletError as error:
            return error.code, error.facts
        return None

    def current(self, conversation_id: str) -> verification.ChallengeView | None:
        with self.database.reading() as session:
            return verification.current_challenge(session, conversation_id=conversation_id, now=self.time)

    def challenges(self) -> list[Challenge]:
        with self.database.reading() as session:
            return list(session.scalars(select(Challenge).order_by(Challenge.created_at, Challenge.id)))


def lose_phone(desk: Desk) -> None:
    with desk.database.transaction() as session:
        session.scalars(select(ContactPoint).where(ContactPoint.value == PHONE)).one().reported_lost_at = desk.time
