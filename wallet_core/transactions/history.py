"""Looking transactions up. Every list is of one wallet, newest first, and bounded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from wallet_core.errors import NotFound
from wallet_core.merchants import comparable
from wallet_core.models import (
    Account,
    FailureReason,
    Transaction,
    TransactionKind,
    TransactionState,
    TransactionStatus,
)
from wallet_core.money import Money
from wallet_core.times import require_aware
from wallet_core.transactions.views import TransactionView, view

_LONGEST_LIST = 100
_LONGEST_SEARCH = 500  # how many transactions back a name is looked for


class StateView(BaseModel, frozen=True):
    """A state that a transaction came into, and when."""

    status: TransactionStatus
    failure_reason: FailureReason | None
    at: datetime


def get_transaction(session: Session, *, account_id: str, transaction_id: str, now: datetime) -> TransactionView:
    """One transaction of this wallet.

    Raises:
        NotFound: no such transaction, or another wallet's.
    """
    found = _list(session, account_id, now, Transaction.id == transaction_id, limit=1)
    if not found:
        raise NotFound()
    return found[0]


def recent(session: Session, *, account_id: str, limit: int = 10, now: datetime) -> list[TransactionView]:
    """The last transactions, whatever became of them; at most 100. An unknown wallet has none."""
    return _list(session, account_id, now, limit=min(limit, _LONGEST_LIST))


def latest_failed(session: Session, *, account_id: str, since: datetime, now: datetime) -> TransactionView | None:
    """The last attempt that failed, made at `since` or later."""
    failed = Transaction.status == TransactionStatus.FAILED
    found = _list(session, account_id, now, failed, Transaction.created_at >= require_aware(since), limit=1)
    return found[0] if found else None


def overdue(session: Session, *, account_id: str, now: datetime) -> list[TransactionView]:
    """What is still pending although it was expected before now, either way."""
    pending = Transaction.status == TransactionStatus.PENDING
    return _list(session, account_id, now, pending, Transaction.expected_by < now, limit=_LONGEST_LIST)


def find(
    session: Session,
    *,
    account_id: str,
    amount: Money | None = None,
    counterparty: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    incoming: bool | None = None,
    kinds: Collection[TransactionKind] | None = None,
    statuses: Collection[TransactionStatus] | None = None,
    related_id: str | None = None,
    now: datetime,
    limit: int = 10,
) -> list[TransactionView]:
    """The transactions that a customer may mean by what they said: all that was given must fit.

    `amount` is compared with what left the wallet and with what was charged abroad. `counterparty` is any part of the
    name, whatever its case and width; it is looked for in the last 500 that fit otherwise. They were made at `since` or
    later and before `until`. `related_id` is the payment whose refunds and reversals are wanted.
    """
    conditions: list[ColumnElement[bool]] = []
    if amount is not None:
        here = and_(Transaction.amount_minor == amount.minor, Account.currency == amount.currency)
        abroad = and_(Transaction.original_minor == amount.minor, Transaction.original_currency == amount.currency)
        conditions.append(or_(here, abroad))
    if since is not None:
        conditions.append(Transaction.created_at >= require_aware(since))
    if until is not None:
        conditions.append(Transaction.created_at < require_aware(until))
    if incoming is not None:
        conditions.append(Transaction.incoming == incoming)
    if kinds is not None:
        conditions.append(Transaction.kind.in_(kinds))
    if statuses is not None:
        conditions.append(Transaction.status.in_(statuses))
    if related_id is not None:
        conditions.append(Transaction.related_id == related_id)
    limit = min(limit, _LONGEST_LIST)
    if counterparty is None:
        return _list(session, account_id, now, *conditions, limit=limit)
    wanted = comparable(counterparty)
    candidates = _list(session, account_id, now, *conditions, limit=_LONGEST_SEARCH)
    return [found for found in candidates if wanted in comparable(found.counterparty)][:limit]


def history(session: Session, *, transaction_id: str) -> list[StateView]:
    """The states of a transaction, from its first.

    Raises:
        NotFound: no such transaction.
    """
    rows = session.scalars(
        select(TransactionState)
        .where(TransactionState.transaction_id == transaction_id)
        .order_by(TransactionState.position)
    ).all()
    if not rows:
        raise NotFound()
    return [StateView.model_validate(row, from_attributes=True) for row in rows]


def _list(
    session: Session, account_id: str, now: datetime, *conditions: ColumnElement[bool], limit: int
) -> list[TransactionView]:
    require_aware(now)
    rows = session.execute(
        select(Transaction, Account.currency)
        .join(Account, Account.id == Transaction.account_id)
        .where(Transaction.account_id == account_id, *conditions)
        .order_by(Transaction.created_at.desc(), Transaction.id.desc())
        .limit(max(limit, 0))
    )
    return [view(transaction, currency=currency, now=now) for transaction, currency in rows]
