"""A signed-in customer with transactions, and a form played without Rasa."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from tests.actions.customers import customer
from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from wallet_core.database import Database
from wallet_core.models import Transaction, TransactionKind, TransactionStatus

Call = Callable[..., Awaitable[Any]]


class Wallet:
    """A customer of Hong Kong with 1,000.00, whose clocks are those of Shanghai; `add` gives back the new id."""

    def __init__(self, database: Database, **facts: Any) -> None:
        self._database = database
        self.id, self.conversation = customer(database, **{"currency": "HKD", **facts})

    def add(self, amount: int = 12345, payee: str = "Corner Shop", *, hours_ago: float = 1, **facts: Any) -> str:
        at: datetime = NOW - timedelta(hours=hours_ago)
        with self._database.transaction() as session:
            made: Transaction = factories.create_transaction(
                session, account_id=self.id, amount_minor=amount, counterparty=payee, created_at=at, **facts
            )
            return made.id

    def pending(self, *args: Any, late: bool = False, **facts: Any) -> str:
        """A transfer under way, due tomorrow or, `late`, yesterday."""
        expected = NOW + timedelta(days=-1 if late else 1)
        return self.add(
            *args,
            **{
                "kind": TransactionKind.TRANSFER_OUT,
                "status": TransactionStatus.PENDING,
                "expected_by": expected,
                **facts,
            },
        )

    def status_of(self, transaction_id: str) -> TransactionStatus:
        with self._database.reading() as session:
            return session.get_one(Transaction, transaction_id).status


def filled(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The slots that an action set, the last value of each."""
    return {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def followed_by(events: list[dict[str, Any]]) -> str | None:
    """The action that an action asked for."""
    return next((event["name"] for event in events if event["event"] == "followup"), None)
