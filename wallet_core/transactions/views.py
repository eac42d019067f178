"""What leaves the core of a transaction."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from wallet_core.models import FailureReason, Transaction, TransactionKind, TransactionStatus
from wallet_core.money import Money


class TransactionView(BaseModel, frozen=True):
    """`amount` is in the wallet's currency and positive both ways; `incoming` says which way it goes.

    `original` is what was charged abroad, before conversion. `overdue`: it is still pending although it was expected by
    then. `related_id` names the payment that a refund or reversal belongs to.
    """

    id: str
    account_id: str
    kind: TransactionKind
    incoming: bool
    amount: Money
    original: Money | None
    counterparty: str
    status: TransactionStatus
    failure_reason: FailureReason | None
    related_id: str | None
    created_at: datetime
    expected_by: datetime | None
    overdue: bool


def view(transaction: Transaction, *, currency: str, now: datetime) -> TransactionView:
    """The row as it is seen at `now`; `currency` is its wallet's."""
    original = None
    if transaction.original_minor is not None and transaction.original_currency is not None:
        original = Money(transaction.original_minor, transaction.original_currency)
    late = transaction.expected_by is not None and transaction.expected_by < now
    return TransactionView(
        id=transaction.id,
        account_id=transaction.account_id,
        kind=transaction.kind,
        incoming=transaction.incoming,
        amount=Money(transaction.amount_minor, currency),
        original=original,
        counterparty=transaction.counterparty,
        status=transaction.status,
        failure_reason=transaction.failure_reason,
        related_id=transaction.related_id,
        created_at=transaction.created_at,
        expected_by=transaction.expected_by,
        overdue=late and transaction.status is TransactionStatus.PENDING,
    )
