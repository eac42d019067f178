"""The books: entries that are only ever added, and the lock under which they are.

Whoever moves money, freezes or closes takes the wallet's row first (`hold_account`), then whatever lies below it. So
two who want the same wallet have one order, and each sees what the one before it committed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.errors import NotFound
from wallet_core.models import Account, Freeze, LedgerEntry
from wallet_core.money import Money


def hold_account(session: Session, *, account_id: str | None) -> Account:
    """The wallet's row as it is now, locked until the transaction ends.

    Raises:
        NotFound: no such wallet.
        StorageUnavailable: the lock was not had in time.
    """
    account = session.scalar(
        select(Account).where(Account.id == account_id).with_for_update().execution_options(populate_existing=True)
    )
    if account is None:
        raise NotFound()
    return account


def balance_of(session: Session, *, account: Account) -> Money:
    """The sum of the wallet's entries."""
    last = _last_entry(session, account.id)
    return Money(last.balance_minor if last else 0, account.currency)


def post(session: Session, *, account: Account, transaction_id: str, amount: Money, now: datetime) -> Money:
    """Add an entry (positive: money in) to a wallet that is held, and return the new balance.

    The caller has checked that the balance covers it; if not, the table refuses and nothing is written.

    Raises:
        CurrencyMismatch: not the wallet's currency.
        InvalidAmount: the balance would pass what an amount can be.
    """
    last = _last_entry(session, account.id)
    balance = Money(last.balance_minor if last else 0, account.currency) + amount
    session.add(
        LedgerEntry(
            account_id=account.id,
            position=last.position + 1 if last else 1,
            transaction_id=transaction_id,
            amount_minor=amount.minor,
            balance_minor=balance.minor,
            at=now,
        )
    )
    session.flush()
    return balance


def active_freezes(session: Session, *, account_id: str) -> list[Freeze]:
    """The freezes that stop outgoing money now, oldest first."""
    return list(
        session.scalars(
            select(Freeze).where(Freeze.account_id == account_id, Freeze.lifted_at.is_(None)).order_by(Freeze.id)
        )
    )


def _last_entry(session: Session, account_id: str) -> LedgerEntry | None:
    return session.scalar(
        select(LedgerEntry).where(LedgerEntry.account_id == account_id).order_by(LedgerEntry.position.desc()).limit(1)
    )
