"""Reads the books in other ways than the core does, to hold its figures against."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
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
    moved: dict[str, int] = defaultdict(int)
    for entry in entries:
        moved[entry.transaction_id] += entry.amount_minor
    states: dict[str, list[TransactionState]] = defaultdict(list)
    for state in session.scalars(
        select(TransactionState)
        .join(Transaction, Transaction.id == TransactionState.transaction_id)
        .where(Transaction.account_id == account_id)
        .order_by(TransactionState.position)
    ):
        states[state.transaction_id].append(state)
    for transaction in session.scalars(select(Transaction).where(Transaction.account_id == account_id)):
        signed = transaction.amount_minor if transaction.incoming else -transaction.amount_minor
        assert moved[transaction.id] == (signed if transaction.status in IN_THE_BOOKS[transaction.incoming] else 0)
        history = states[transaction.id]
        assert [state.position for state in history] == list(range(1, len(history) + 1))
        assert history[-1].status is transaction.status
        assert history[-1].failure_reason is transaction.failure_reason
