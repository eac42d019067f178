"""Money going back: refunds by the merchant, and reversals by us."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wallet_core import ledger
from wallet_core.accounts import OUTGOING
from wallet_core.errors import AccountClosed, InvalidAmount, NotFound, WrongState
from wallet_core.models import (
    Account,
    AccountStatus,
    FailureReason,
    Transaction,
    TransactionKind,
    TransactionStatus,
)
from wallet_core.money import Money, require_positive
from wallet_core.ports import Random
from wallet_core.times import require_aware
from wallet_core.transactions import states
from wallet_core.transactions.states import By, Order
from wallet_core.transactions.views import TransactionView, view

_REVERSIBLE = (*OUTGOING, TransactionKind.TRANSFER_IN, TransactionKind.TOP_UP)


def refund(
    session: Session,
    *,
    transaction_id: str,
    amount: Money,
    now: datetime,
    random: Random,
    request_key: str | None = None,
    pending: bool = False,
    expected_by: datetime | None = None,
) -> TransactionView:
    """The merchant gives a payment back, wholly or in part, also into a frozen wallet.

    Together the refunds of a payment, those on their way included, are never more than the payment. Once all of it
    has come back the payment is `refunded`. With `pending` the money counts when `complete` is called.

    Raises:
        InvalidAmount: zero or less, or more than is left to refund.
        CurrencyMismatch: not the wallet's currency.
        InvalidTime: a naive time.
        WrongState: it is not a completed payment to a merchant.
        AccountClosed: the wallet is closed.
        NotFound: no such transaction.
        RequestConflict: the key came before with another order.
    """
    require_positive(amount)
    require_aware(now)
    if expected_by is not None:
        require_aware(expected_by)
    account, payment = states.held_with_account(session, transaction_id=transaction_id)
    states.require_currency(account, amount)
    order = Order(
        kind=TransactionKind.REFUND,
        incoming=True,
        amount=amount,
        counterparty=payment.counterparty,
        related_id=payment.id,
        expected_by=expected_by,
    )
    row = states.earlier(session, account=account, order=order, request_key=request_key)
    if row is None:
        if account.status is AccountStatus.CLOSED:
            raise AccountClosed()
        _require_completed(payment, (TransactionKind.PAYMENT,), TransactionStatus.REFUNDED)
        if amount.minor > payment.amount_minor - _refunded(session, payment):
            raise InvalidAmount()
        row = states.begin(
            session,
            account=account,
            order=order,
            status=TransactionStatus.PENDING if pending else TransactionStatus.COMPLETED,
            request_key=request_key,
            by=states.NETWORK,
            now=now,
            random=random,
        )
        close_if_repaid(session, account=account, payment_id=payment.id, now=now)
    return view(row, currency=account.currency, now=now)


def refundable(session: Session, *, transaction_id: str) -> Money:
    """How much of a payment could still be refunded; zero for anything but a completed payment to a merchant.

    Raises:
        NotFound: no such transaction.
    """
    payment = session.get(Transaction, transaction_id)
    if payment is None:
        raise NotFound()
    currency = session.get_one(Account, payment.account_id).currency
    if payment.kind is not TransactionKind.PAYMENT or payment.status is not TransactionStatus.COMPLETED:
        return Money.zero(currency)
    return Money(payment.amount_minor - _refunded(session, payment), currency)


def close_if_repaid(session: Session, *, account: Account, payment_id: str | None, now: datetime) -> None:
    """Mark a payment of a held wallet as refunded once all of it has come back."""
    payment = session.get_one(Transaction, payment_id)
    if _refunded(session, payment, (TransactionStatus.COMPLETED,)) == payment.amount_minor:
        states.move(
            session,
            account=account,
            row=payment,
            status=TransactionStatus.REFUNDED,
            since=(TransactionStatus.COMPLETED,),
            by=states.NETWORK,
            now=now,
        )


def reverse(
    session: Session,
    *,
    transaction_id: str,
    now: datetime,
    random: Random,
    actor: str = "system",
    channel: str = "system",
) -> TransactionView:
    """Undo a completed transaction ourselves, by one of the opposite direction; of a payment, what is not refunded.

    A transaction is reversed once: again gives the same reversal. Where money that came in is spent already, the
    reversal comes back failed for the balance, and the transaction stays as it is. A freeze does not stand against it.

    Raises:
        WrongState: it is not completed, is itself a refund or reversal, or has a refund on its way ("refund_pending").
        InvalidTime: a naive time.
        AccountClosed: the wallet is closed.
        NotFound: no such transaction.
    """
    require_aware(now)
    account, row = states.held_with_account(session, transaction_id=transaction_id)
    if row.status is TransactionStatus.REVERSED:
        return view(_reversal_of(session, row), currency=account.currency, now=now)
    if account.status is AccountStatus.CLOSED:
        raise AccountClosed()
    _require_completed(row, _REVERSIBLE, TransactionStatus.REVERSED)
    if _refunded(session, row, (TransactionStatus.PENDING,)):
        raise WrongState(state="refund_pending", wanted=TransactionStatus.REVERSED)
    amount = Money(row.amount_minor - _refunded(session, row), account.currency)
    short = row.incoming and amount > ledger.balance_of(session, account=account)
    by = By(actor=actor, channel=channel)
    reversal = states.begin(
        session,
        account=account,
        order=Order(
            kind=TransactionKind.REVERSAL,
            incoming=not row.incoming,
            amount=amount,
            counterparty=row.counterparty,
            related_id=row.id,
        ),
        status=TransactionStatus.FAILED if short else TransactionStatus.COMPLETED,
        failure_reason=FailureReason.BALANCE_TOO_LOW if short else None,
        request_key=None,
        by=by,
        now=now,
        random=random,
    )
    if not short:
        states.move(
            session,
            account=account,
            row=row,
            status=TransactionStatus.REVERSED,
            since=(TransactionStatus.COMPLETED,),
            by=by,
            now=now,
        )
    return view(reversal, currency=account.currency, now=now)


def _require_completed(row: Transaction, kinds: tuple[TransactionKind, ...], wanted: TransactionStatus) -> None:
    if row.kind not in kinds:
        raise WrongState(state=row.kind, wanted=wanted)
    if row.status is not TransactionStatus.COMPLETED:
        raise WrongState(state=row.status, wanted=wanted)


def _refunded(
    session: Session,
    payment: Transaction,
    statuses: tuple[TransactionStatus, ...] = (TransactionStatus.PENDING, TransactionStatus.COMPLETED),
) -> int:
    total = session.scalar(
        select(func.coalesce(func.sum(Transaction.amount_minor), 0)).where(
            Transaction.related_id == payment.id,
            Transaction.kind == TransactionKind.REFUND,
            Transaction.status.in_(statuses),
        )
    )
    return int(total or 0)


def _reversal_of(session: Session, row: Transaction) -> Transaction:
    return session.scalars(
        select(Transaction).where(
            Transaction.related_id == row.id,
            Transaction.kind == TransactionKind.REVERSAL,
            Transaction.status == TransactionStatus.COMPLETED,
        )
    ).one()
