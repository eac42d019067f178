"""A demo customer's wallet, and a plan of what happens to it: planned in any order, played in the order of time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from wallet_core import conversations, transactions
from wallet_core.demo.people import DemoCustomer
from wallet_core.keyed import keyed_hash
from wallet_core.models import Assurance, Channel, TransactionKind
from wallet_core.money import Money
from wallet_core.policy import Action, Grant
from wallet_core.transactions import TransactionView
from wallet_core.verification import authorise

_SETTLES_AFTER = timedelta(seconds=3)


@dataclass
class DemoWallet:
    """`now` is when the demo world is made; everything lies before it."""

    session: Session
    person: DemoCustomer
    now: datetime
    dice: random.Random
    _plan: list[tuple[datetime, Callable[[datetime], object]]] = field(default_factory=list)

    def at(self, moment: datetime, happens: Callable[[datetime], object]) -> None:
        self._plan.append((moment, happens))

    def play(self) -> None:
        """Let everything happen, earliest first; what happens may plan what comes after it."""
        while self._plan:
            step = min(self._plan, key=lambda planned: planned[0])
            self._plan.remove(step)
            moment, happens = step
            happens(moment)

    def days_ago(self, days: int, hour: int, minute: int = 0) -> datetime:
        """That time of day on the customer's clock."""
        zone = ZoneInfo(self.person.time_zone)
        day = self.now.astimezone(zone).date() - timedelta(days=days)
        return datetime.combine(day, time(hour, minute), tzinfo=zone)

    def money(self, amount: str) -> Money:
        return Money.of(amount, self.person.currency)

    def pay(
        self,
        moment: datetime,
        counterparty: str,
        amount: str,
        *,
        kind: TransactionKind = TransactionKind.PAYMENT,
        original: Money | None = None,
        hold: bool = False,
        expected_by: datetime | None = None,
    ) -> TransactionView:
        """Ask for money to go out."""
        return transactions.request_payment(
            self.session,
            account_id=self.person.account_id,
            kind=kind,
            amount=self.money(amount),
            counterparty=counterparty,
            original=original,
            hold=hold,
            expected_by=expected_by,
            now=moment,
            random=self.dice,
        )

    def buy(self, moment: datetime, counterparty: str, amount: str, *, original: Money | None = None) -> str:
        """Pay a merchant, and have it carried out; returns the transaction's id."""
        return self.complete(self.pay(moment, counterparty, amount, original=original), moment)

    def send(self, moment: datetime, counterparty: str, amount: str) -> str:
        """Transfer money to somebody, and have it carried out."""
        return self.complete(
            self.pay(moment, counterparty, amount, kind=TransactionKind.TRANSFER_OUT), moment + timedelta(hours=2)
        )

    def receive(
        self,
        moment: datetime,
        counterparty: str,
        amount: str,
        *,
        kind: TransactionKind = TransactionKind.TRANSFER_IN,
    ) -> TransactionView:
        return transactions.receive(
            self.session,
            account_id=self.person.account_id,
            kind=kind,
            amount=self.money(amount),
            counterparty=counterparty,
            now=moment,
            random=self.dice,
        )

    def refund(
        self, moment: datetime, payment_id: str, amount: str, *, expected_by: datetime | None = None
    ) -> TransactionView:
        """The merchant gives money back: at once, or by the time it is expected."""
        return transactions.refund(
            self.session,
            transaction_id=payment_id,
            amount=self.money(amount),
            now=moment,
            random=self.dice,
            pending=expected_by is not None,
            expected_by=expected_by,
        )

    def complete(self, asked: TransactionView, moment: datetime) -> str:
        transactions.complete(self.session, transaction_id=asked.id, now=min(moment + _SETTLES_AFTER, self.now))
        return asked.id

    def grant(self, moment: datetime, action: Action) -> Grant:
        """Leave for the customer, signed in to a web chat that is over by now."""
        conversation = conversations.start_conversation(
            self.session,
            channel=Channel.WEB,
            language=self.person.language,
            token_hash=keyed_hash("demo", str(self.dice.random())),
            now=moment,
            random=self.dice,
            customer_id=self.person.id,
            assurance=Assurance.SIGNED_IN,
        )
        grant = authorise(self.session, conversation_id=conversation.id, action=action, now=moment)
        conversations.end_conversation(self.session, conversation_id=conversation.id, now=moment)
        return grant
