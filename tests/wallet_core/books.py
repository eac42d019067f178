"""Reads the books in other ways than the core does, to hold its figures against."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wallet_core.models import (
    LedgerEntry,
    Transaction,
    TransactionState,
    TransactionStatus,
)

IN_THE_BOOKS = {
    False: {
        TransactionStatus.PENDING,
        TransactionStatus.HELD,
        TransactionStatus.COMPLETED,
        TransactionStatus.REFUNDED,
        TransactionStatus.REVERSED,
    },
    True: {TransactionStatus.COMPLETED, TransactionStatus.REVERSED},
}


def sum_of_entries(session: Session, account_id: str) -> int:
    return int(
        session.scalar(select(func.sum(LedgerEntry.amount_minor)).where(LedgerEntry.account_id == account_id)) or 0
    )


def assert_books_agree(session: Session, account_id: str) -> None:
    """Entries run on without a gap and never below zero; transactions, their states and the entries say the same."""
    entries = session.scalars(
        select(LedgerEntry).where(LedgerEntry.account_id == account_id).order_by(LedgerEntry.position)
    ).all()
    balance = 0
    for position, entry in enumerate(entries, start=1):
        balance += entry.amount_minor
        assert (entry.position, entry.balance_minor) == (position, balance)
        assert balance >= 0
    transactions = session.scalars(select(Transaction).where(Transaction.account_id == account_id)).all()
    for transaction in transactions:
        moved = sum(entry.amount_minor for entry in entries if entry.transaction_id == transaction.id)
        signed = transaction.amount_minor if transaction.incoming else -transaction.amount_minor
        assert moved == (signed if transaction.status in IN_THE_BOOKS[transaction.incoming] else 0)
        states = session.scalars(
            select(TransactionState)
            .where(TransactionState.transaction_id == transaction.id)
            .order_by(TransactionState.position)
        ).all()
        assert [state.position for state in states] == list(range(1, len(states) + 1))
        assert states[-1].status is transaction.status
        assert states[-1].failure_reason is transaction.failure_reason
