"""What the tests of payments share."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from wallet_core import transactions
from wallet_core.models import Account, TransactionKind
from wallet_core.money import Money
from wallet_core.transactions import TransactionView


def request(session: Session, account: Account, now: datetime, random: Random, **overrides: Any) -> TransactionView:
    minor = overrides.pop("minor", 500)
    return transactions.request_payment(
        session,
        **{
            "account_id": account.id,
            "kind": TransactionKind.PAYMENT,
            "amount": Money(minor, account.currency),
            "counterparty": "Corner Books",
            "now": now,
            "random": random,
            **overrides,
        },
    )


def get(session: Session, account: Account, payment: TransactionView, now: datetime) -> TransactionView:
    return transactions.get_transaction(session, account_id=account.id, transaction_id=payment.id, now=now)
