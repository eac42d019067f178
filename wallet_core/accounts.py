"""A customer's wallet: its balance, its limits, and whether it may be used."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from wallet_core import audit, notices
from wallet_core.errors import AccountClosed, NotFound, WrongState
from wallet_core.ledger import active_freezes, balance_of, hold_account
from wallet_core.models import (
    Account,
    AccountStatus,
    Customer,
    Transaction,
    TransactionKind,
    TransactionStatus,
)
from wallet_core.money import Money
from wallet_core.policy import Action, Grant
from wallet_core.times import day_start, require_aware

OUTGOING = (TransactionKind.PAYMENT, TransactionKind.TRANSFER_OUT, TransactionKind.WITHDRAWAL)
# What counts against the day's limit. A refund does not give the limit back; what never went out, or was undone, does.
_SPENT = (
    TransactionStatus.PENDING,
    TransactionStatus.HELD,
    TransactionStatus.COMPLETED,
    TransactionStatus.REFUNDED,
)


class ClosingReason(StrEnum):
    """Why a wallet is closed."""

    WISH = "wish"  # the customer's, who needs it no more
    DISSATISFIED = "dissatisfied"
    FRAUD = "fraud"
    DIED = "died"


class AccountView(BaseModel, frozen=True):
    """`freezes` are the references of the active ones; `spent_today` is None where no time was given."""

    id: str
    customer_id: str
    currency: str
    status: AccountStatus
    frozen: bool
    freezes: list[str]
    balance: Money
    payment_limit: Money
    daily_limit: Money
    spent_today: Money | None


def account_of(session: Session, *, customer_id: str, now: datetime | None = None) -> AccountView:
    """The customer's wallet; with `now` also what was spent since their day began.

    Raises:
        NotFound: no such customer.
    """
    return _view(session, _find(session, Account.customer_id == customer_id), now)


def get_account(session: Session, *, account_id: str, now: datetime | None = None) -> AccountView:
    """The wallet by its own id, otherwise as `account_of`."""
    return _view(session, _find(session, Account.id == account_id), now)


def balance(session: Session, *, account_id: str) -> Money:
    """What is in the wallet; money on its way out is already taken from it.

    Raises:
        NotFound: no such wallet.
    """
    return balance_of(session, account=_find(session, Account.id == account_id))


def spent_today(session: Session, *, account: Account, now: datetime) -> Money:
    """What went out, or is on its way, since the day began where the customer lives."""
    zone = session.scalars(select(Customer.time_zone).where(Customer.id == account.customer_id)).one()
    spent = session.scalar(
        select(func.coalesce(func.sum(Transaction.amount_minor), 0)).where(
            Transaction.account_id == account.id,
            Transaction.created_at >= day_start(now, zone),
            Transaction.kind.in_(OUTGOING),
            Transaction.status.in_(_SPENT),
        )
    )
    return Money(int(spent or 0), account.currency)


def lock(
    session: Session, *, account_id: str, reason: str, now: datetime, actor: str = "system", channel: str = "system"
) -> AccountView:
    """Lock the wallet, after wrong passwords or by our monitoring: nothing goes out. A locked one stays as it is.

    Raises:
        AccountClosed: it is closed.
        NotFound: no such wallet.
    """
    require_aware(now)
    account = _hold_open(session, account_id)
    if account.status is AccountStatus.ACTIVE:
        _move(session, account, AccountStatus.LOCKED, actor=actor, reason=reason, channel=channel, now=now)
    return _view(session, account, now)


def unlock(session: Session, *, grant: Grant, now: datetime) -> AccountView:
    """Make a locked wallet usable again. One that is not locked stays as it is; a freeze is not lifted by this.

    Raises:
        AccountClosed: it is closed.
        NotFound: no such wallet.
    """
    grant.for_action(Action.UNLOCK)
    require_aware(now)
    account = _hold_open(session, grant.account_id)
    if account.status is AccountStatus.LOCKED:
        _move(
            session,
            account,
            AccountStatus.ACTIVE,
            actor=grant.actor,
            reason=Action.UNLOCK,
            channel=grant.channel or "desk",
            now=now,
        )
    return _view(session, account, now)


def close(session: Session, *, grant: Grant, now: datetime, reason: ClosingReason = ClosingReason.WISH) -> AccountView:
    """Close an empty wallet for good, and tell the customer on what is on file. A closed one stays as it is.

    Raises:
        WrongState: money is in it (`state` "balance_left"), or on its way in or out ("transactions_open").
        NotFound: no such wallet.
    """
    grant.for_action(Action.CLOSE_ACCOUNT)
    require_aware(now)
    account = hold_account(session, account_id=grant.account_id)
    if account.status is AccountStatus.CLOSED:
        return _view(session, account, now)
    waiting = session.scalar(
        select(Transaction.id)
        .where(
            Transaction.account_id == account.id,
            Transaction.status.in_((TransactionStatus.PENDING, TransactionStatus.HELD)),
        )
        .limit(1)
    )
    if waiting is not None:
        raise WrongState(state="transactions_open", wanted=AccountStatus.CLOSED)
    if balance_of(session, account=account).minor:
        raise WrongState(state="balance_left", wanted=AccountStatus.CLOSED)
    _move(
        session,
        account,
        AccountStatus.CLOSED,
        actor=grant.actor,
        reason=f"closing_{reason}",
        channel=grant.channel or "desk",
        now=now,
    )
    notices.store_notices(
        session, customer_id=account.customer_id, name="utter_notice_account_closed", facts={}, now=now
    )
    return _view(session, account, now)


def _hold_open(session: Session, account_id: str | None) -> Account:
    account = hold_account(session, account_id=account_id)
    if account.status is AccountStatus.CLOSED:
        raise AccountClosed()
    return account


def _move(
    session: Session,
    account: Account,
    status: AccountStatus,
    *,
    actor: str,
    reason: str,
    channel: str,
    now: datetime,
) -> None:
    account.status = status
    session.flush()
    audit.record(
        session,
        chain=account.customer_id,
        actor=actor,
        action=f"account_{status}",
        subject=account.id,
        reason=reason,
        channel=channel,
        now=now,
    )


def _find(session: Session, condition: ColumnElement[bool]) -> Account:
    account = session.scalar(select(Account).where(condition))
    if account is None:
        raise NotFound()
    return account


def _view(session: Session, account: Account, now: datetime | None) -> AccountView:
    freezes = [freeze.reference for freeze in active_freezes(session, account_id=account.id)]
    return AccountView(
        id=account.id,
        customer_id=account.customer_id,
        currency=account.currency,
        status=account.status,
        frozen=bool(freezes),
        freezes=freezes,
        balance=balance_of(session, account=account),
        payment_limit=Money(account.payment_limit_minor, account.currency),
        daily_limit=Money(account.daily_limit_minor, account.currency),
        spent_today=None if now is None else spent_today(session, account=account, now=now),
    )
