"""Making a transaction and moving it from state to state, with its history, its money and the audit entry."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wallet_core import audit, ledger
from wallet_core.errors import CurrencyMismatch, InvalidAmount, RequestConflict, WrongState
from wallet_core.models import (
    Account,
    FailureReason,
    Transaction,
    TransactionKind,
    TransactionState,
    TransactionStatus,
)
from wallet_core.money import LARGEST_MINOR, Money
from wallet_core.ports import Random
from wallet_core.transactions.views import TransactionView, view

_ID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID_LENGTH = 20
_LONGEST_NAME = 120

# The states in which the money of an outgoing transaction is out of the wallet.
_TAKEN = (
    TransactionStatus.PENDING,
    TransactionStatus.HELD,
    TransactionStatus.COMPLETED,
    TransactionStatus.REFUNDED,
    TransactionStatus.REVERSED,
)
# The states in which the money of an incoming one is in it.
_ARRIVED = (TransactionStatus.COMPLETED, TransactionStatus.REVERSED)


@dataclass(frozen=True)
class By:
    """Who moves it, for the audit trail."""

    actor: str
    channel: str


NETWORK = By(actor="network", channel="network")


@dataclass(frozen=True)
class Order:
    """What is asked for; the same request key must come with the same order."""

    kind: TransactionKind
    incoming: bool
    amount: Money
    counterparty: str
    original: Money | None = None
    related_id: str | None = None
    expected_by: datetime | None = None

    def same_as(self, row: Transaction) -> bool:
        original = (self.original.minor, self.original.currency) if self.original else (None, None)
        return (
            row.kind is self.kind
            and row.amount_minor == self.amount.minor
            and row.counterparty == self.counterparty
            and (row.original_minor, row.original_currency) == original
            and row.related_id == self.related_id
        )


def clean_name(text: str) -> str:
    """The other party's name as it may be stored and shown: printable, one line, at most 120 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST_NAME]


def require_currency(account: Account, amount: Money) -> None:
    """Refuse what is not in the wallet's currency.

    Raises:
        CurrencyMismatch: it is not.
    """
    if amount.currency != account.currency:
        raise CurrencyMismatch(currencies=[amount.currency, account.currency])


def held_with_account(session: Session, *, transaction_id: str) -> tuple[Account, Transaction]:
    """The transaction and its wallet as they are now, the wallet's row locked.

    Raises:
        NotFound: no such transaction.
    """
    account_id = session.scalar(select(Transaction.account_id).where(Transaction.id == transaction_id))
    account = ledger.hold_account(session, account_id=account_id)
    row = session.scalars(
        select(Transaction).where(Transaction.id == transaction_id).execution_options(populate_existing=True)
    ).one()
    return account, row


def earlier(session: Session, *, account: Account, order: Order, request_key: str | None) -> Transaction | None:
    """The transaction that this request made before, if it is a repeat.

    Raises:
        RequestConflict: the key came before with another order.
    """
    if request_key is None:
        return None
    row = session.scalar(select(Transaction).where(Transaction.request_key == _stored_key(account, request_key)))
    if row is not None and not order.same_as(row):
        raise RequestConflict()
    return row


def begin(
    session: Session,
    *,
    account: Account,
    order: Order,
    status: TransactionStatus,
    failure_reason: FailureReason | None = None,
    request_key: str | None,
    by: By,
    now: datetime,
    random: Random,
) -> Transaction:
    """Write a new transaction into the books of a wallet that is held.

    Raises:
        InvalidAmount: money coming in would make the balance more than an amount can be.
    """
    if order.incoming and ledger.balance_of(session, account=account).minor + order.amount.minor > LARGEST_MINOR:
        raise InvalidAmount()
    row = Transaction(
        id="TX" + "".join(str(random.choice(_ID_ALPHABET)) for _ in range(_ID_LENGTH)),
        account_id=account.id,
        kind=order.kind,
        incoming=order.incoming,
        amount_minor=order.amount.minor,
        original_minor=order.original.minor if order.original else None,
        original_currency=order.original.currency if order.original else None,
        counterparty=order.counterparty,
        status=status,
        failure_reason=failure_reason,
        related_id=order.related_id,
        request_key=None if request_key is None else _stored_key(account, request_key),
        created_at=now,
        expected_by=order.expected_by,
    )
    session.add(row)
    session.flush()
    _note(session, account, row, position=1, by=by, now=now)
    _move_money(session, account, row, status=status, now=now, new=True)
    return row


def move(
    session: Session,
    *,
    account: Account,
    row: Transaction,
    status: TransactionStatus,
    failure_reason: FailureReason | None = None,
    since: tuple[TransactionStatus, ...],
    by: By,
    now: datetime,
) -> TransactionView:
    """Move it on from one of the states `since`; one that is in the wanted state already stays as it is.

    Raises:
        WrongState: it is in another state.
        InvalidAmount: money coming in would make the balance more than an amount can be.
    """
    if row.status is not status:
        if row.status not in since:
            raise WrongState(state=row.status, wanted=status)
        _move_money(session, account, row, status=status, now=now)  # first: it may still refuse
        row.status = status
        row.failure_reason = failure_reason
        last = session.scalar(
            select(func.max(TransactionState.position)).where(TransactionState.transaction_id == row.id)
        )
        _note(session, account, row, position=(last or 0) + 1, by=by, now=now)
    return view(row, currency=account.currency, now=now)


def _note(session: Session, account: Account, row: Transaction, *, position: int, by: By, now: datetime) -> None:
    session.add(
        TransactionState(
            transaction_id=row.id, position=position, status=row.status, failure_reason=row.failure_reason, at=now
        )
    )
    session.flush()
    audit.record(
        session,
        chain=account.customer_id,
        actor=by.actor,
        action=f"{row.kind}_{row.status}",
        subject=row.id,
        reason=row.failure_reason or row.kind,
        channel=by.channel,
        now=now,
    )


def _move_money(
    session: Session, account: Account, row: Transaction, *, status: TransactionStatus, now: datetime, new: bool = False
) -> None:
    """Post what going to `status` means for the balance."""
    counts = _ARRIVED if row.incoming else _TAKEN
    moved = (status in counts) - (not new and row.status in counts)
    if moved:
        amount = Money(row.amount_minor * moved * (1 if row.incoming else -1), account.currency)
        ledger.post(session, account=account, transaction_id=row.id, amount=amount, now=now)


def _stored_key(account: Account, request_key: str) -> str:
    """Keys are their wallet's own, so that nobody's request meets another customer's; of any length."""
    return f"{account.id}:{hashlib.sha256(request_key.encode()).hexdigest()}"
