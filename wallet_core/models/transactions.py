"""Transactions, the history of their status, and the ledger."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value


class TransactionKind(StrEnum):
    PAYMENT = "payment"  # to a merchant
    TRANSFER_OUT = "transfer_out"  # to a person or a bank account
    WITHDRAWAL = "withdrawal"  # cash
    TRANSFER_IN = "transfer_in"  # from a person or a bank account
    TOP_UP = "top_up"  # from the customer's own card
    REFUND = "refund"  # from a merchant, of an earlier payment
    REVERSAL = "reversal"  # by us, undoing an earlier transaction


class TransactionStatus(StrEnum):
    PENDING = "pending"  # on its way; an outgoing one is already taken from the balance
    HELD = "held"  # waits for the customer's confirmation; taken from the balance
    COMPLETED = "completed"
    FAILED = "failed"  # refused, with a reason; the balance is as if it had not been
    CANCELLED = "cancelled"  # by the customer, while it was pending or held
    REVERSED = "reversed"  # undone by us; a REVERSAL points here
    REFUNDED = "refunded"  # wholly given back by the merchant; a REFUND points here


class FailureReason(StrEnum):
    BALANCE_TOO_LOW = "balance_too_low"
    WALLET_FROZEN = "wallet_frozen"
    WALLET_LOCKED = "wallet_locked"
    IDENTITY_NOT_VERIFIED = "identity_not_verified"
    MERCHANT_NOT_SUPPORTED = "merchant_not_supported"
    LIMIT_EXCEEDED = "limit_exceeded"
    NETWORK_ERROR = "network_error"
    BANK_DECLINED = "bank_declined"


class Transaction(Base):
    """What was asked for. All but `status` and `failure_reason` is immutable; those move by `TransactionState` rows."""

    __tablename__ = "transactions"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_transactions_account_recent", "account_id", "created_at", "id"),
        Index("ix_transactions_overdue", "status", "expected_by"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[TransactionKind] = mapped_column(by_value(TransactionKind))
    incoming: Mapped[bool]  # whether money comes in: a reversal goes against what it undoes
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    # What was charged abroad, before conversion; both or neither.
    original_minor: Mapped[int | None] = mapped_column(BigInteger)
    original_currency: Mapped[str | None] = mapped_column(String(3))
    counterparty: Mapped[str] = mapped_column(String(120))
    status: Mapped[TransactionStatus] = mapped_column(by_value(TransactionStatus))
    failure_reason: Mapped[FailureReason | None] = mapped_column(by_value(FailureReason))
    related_id: Mapped[str | None] = mapped_column(ForeignKey("transactions.id"), index=True)
    request_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    expected_by: Mapped[datetime | None]


class TransactionState(Base):
    """The history of a transaction's status: append-only."""

    __tablename__ = "transaction_states"
    __table_args__ = (UniqueConstraint("transaction_id", "position"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    transaction_id: Mapped[str] = mapped_column(ForeignKey("transactions.id"))
    position: Mapped[int]
    status: Mapped[TransactionStatus] = mapped_column(by_value(TransactionStatus))
    failure_reason: Mapped[FailureReason | None] = mapped_column(by_value(FailureReason))
    at: Mapped[datetime]


class LedgerEntry(Base):
    """One movement of money, append-only. A wallet's balance is the sum of its entries.

    The entry carries that sum, so that a balance is one row to read however long the history is. Two entries cannot
    have one position, and no sum can be below zero: the table refuses what a forgotten lock would let through.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("account_id", "position"),
        CheckConstraint("balance_minor >= 0", name="balance_not_negative"),
        CheckConstraint("amount_minor <> 0", name="amount_moves"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    position: Mapped[int]  # 1, 2, 3 … within the account
    transaction_id: Mapped[str] = mapped_column(ForeignKey("transactions.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)  # signed: in is positive
    balance_minor: Mapped[int] = mapped_column(BigInteger)  # the sum up to and with this entry
    at: Mapped[datetime]
