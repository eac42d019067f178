"""Customers for scripts, made through the core."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.wallet_core import factories
from wallet_core.database import Database
from wallet_core.models import AccountStatus, FailureReason, Language, TransactionKind, TransactionStatus
from wallet_core.ports import SystemClock


def make_customer(
    database: Database,
    *,
    language: str,
    failed: str | None = None,
    currency: str = "HKD",
    payee: str = "Corner Shop",
    status: str = "active",
    verified: bool = True,
    transactions: list[dict[str, Any]] | None = None,
) -> str:
    """A customer in good standing; `failed` is the recorded reason of a payment of theirs an hour ago.

    `transactions`: see `make_transaction`; the first is the newest unless `hours_ago` says otherwise.
    """
    now = SystemClock().now()
    with database.transaction() as session:
        account = factories.create_account(session, currency=currency, status=AccountStatus(status))
        customer = session.get_one(factories.Customer, account.customer_id)
        customer.language = Language(language)
        customer.identity_verified = verified
        if failed is not None:
            factories.create_transaction(
                session,
                account_id=account.id,
                counterparty=payee,
                amount_minor=12345,
                status=TransactionStatus.FAILED,
                failure_reason=FailureReason(failed),
                created_at=now - timedelta(hours=1),
            )
        made: list[str] = []
        for place, facts in enumerate(transactions or [], start=1):
            made.append(make_transaction(session, account.id, now, made, **{"hours_ago": place, **facts}))
        return str(customer.id)


def make_transaction(
    session: Session,
    account_id: str,
    now: datetime,
    made: list[str],
    *,
    payee: str,
    amount: int,
    hours_ago: float,
    kind: str = "payment",
    status: str = "completed",
    due_in: float | None = None,
    refund_of: int | None = None,
) -> str:
    """One transaction; `due_in` is in hours, below zero for what is overdue, `refund_of` the place of the payment."""
    transaction = factories.create_transaction(
        session,
        account_id=account_id,
        counterparty=payee,
        amount_minor=amount,
        kind=TransactionKind(kind),
        status=TransactionStatus(status),
        created_at=now - timedelta(hours=hours_ago),
        expected_by=None if due_in is None else now + timedelta(hours=due_in),
        related_id=None if refund_of is None else made[refund_of],
    )
    return transaction.id
