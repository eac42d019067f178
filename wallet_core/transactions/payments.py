"""Money going out: asked for, refused for a recorded reason, held for confirmation, carried out, cancelled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from wallet_core import accounts, confirmation_requests, ledger, merchants
from wallet_core.errors import AccountClosed, NotFound, WrongState
from wallet_core.models import (
    Account,
    AccountStatus,
    Customer,
    FailureReason,
    Transaction,
    TransactionKind,
    TransactionStatus,
)
from wallet_core.money import Money, require_positive
from wallet_core.policy import Action, Grant
from wallet_core.ports import Random
from wallet_core.times import require_aware
from wallet_core.transactions import returns, states
from wallet_core.transactions.states import By, Order
from wallet_core.transactions.views import TransactionView, view


def request_payment(
    session: Session,
    *,
    account_id: str,
    kind: TransactionKind,
    amount: Money,
    counterparty: str,
    now: datetime,
    random: Random,
    request_key: str | None = None,
    original: Money | None = None,
    hold: bool = False,
    expected_by: datetime | None = None,
    actor: str = "customer",
    channel: str = "wallet",
) -> TransactionView:
    """Ask for money to go out: a payment, a transfer or a withdrawal.

    It comes back pending, or held where `hold` asks for the customer's confirmation, for which the customer is called;
    the money is taken either way.
    Where the wallet may not pay, it comes back failed with the recorded reason, and no money has moved. The first
    reason that applies is recorded, in this order: frozen, locked, identity not verified, merchant, limit (of one
    payment, then of the customer's day), balance. What the network or the bank says comes later, by `fail`.

    `amount` is in the wallet's currency; `original` is what the merchant charged where that was another one. The same
    `request_key` of the same wallet again gives the first transaction as it is now.

    Raises:
        InvalidAmount: zero or less.
        CurrencyMismatch: not the wallet's currency.
        InvalidTime: a naive time.
        WrongState: `kind` is not one of those that send money.
        AccountClosed: the wallet is closed.
        NotFound: no such wallet.
        RequestConflict: the key came before with another order.
    """
    require_positive(amount)
    require_aware(now)
    if original is not None:
        require_positive(original)
    if expected_by is not None:
        require_aware(expected_by)
    if kind not in accounts.OUTGOING:
        raise WrongState(state=kind, wanted="outgoing")
    order = Order(
        kind=kind,
        incoming=False,
        amount=amount,
        counterparty=states.clean_name(counterparty),
        original=original,
        expected_by=expected_by,
    )
    account = ledger.hold_account(session, account_id=account_id)
    states.require_currency(account, amount)
    row = states.earlier(session, account=account, order=order, request_key=request_key)
    if row is None:
        if account.status is AccountStatus.CLOSED:
            raise AccountClosed()
        reason = _reason_against(session, account, order, now)
        row = states.begin(
            session,
            account=account,
            order=order,
            status=_first_status(reason, hold),
            failure_reason=reason,
            request_key=request_key,
            by=By(actor=actor, channel=channel),
            now=now,
            random=random,
        )
        if row.status is TransactionStatus.HELD:
            confirmation_requests.ask_about_payment(
                session, customer_id=account.customer_id, transaction_id=row.id, now=now, random=random
            )
    return view(row, currency=account.currency, now=now)


def complete(session: Session, *, transaction_id: str, now: datetime) -> TransactionView:
    """The network carried it out. Money coming in counts from now on.

    Raises:
        WrongState: it is not pending (a held one waits for the customer).
        NotFound: no such transaction.
    """
    account, row = _held(session, transaction_id, now)
    done = states.move(
        session,
        account=account,
        row=row,
        status=TransactionStatus.COMPLETED,
        since=(TransactionStatus.PENDING,),
        by=states.NETWORK,
        now=now,
    )
    if row.kind is TransactionKind.REFUND:
        returns.close_if_repaid(session, account=account, payment_id=row.related_id, now=now)
    return done


def fail(session: Session, *, transaction_id: str, reason: FailureReason, now: datetime) -> TransactionView:
    """It came to nothing, for the reason that the network or the bank gave; what was taken is given back.

    Raises:
        WrongState: it is neither pending nor held.
        NotFound: no such transaction.
    """
    account, row = _held(session, transaction_id, now)
    return states.move(
        session,
        account=account,
        row=row,
        status=TransactionStatus.FAILED,
        failure_reason=reason,
        since=(TransactionStatus.PENDING, TransactionStatus.HELD),
        by=states.NETWORK,
        now=now,
    )


def cancel(session: Session, *, grant: Grant, transaction_id: str, now: datetime) -> TransactionView:
    """The customer takes back what they asked for, while it is still pending or held; the money is back at once.

    Raises:
        WrongState: it is done already, or it is money coming in.
        NotFound: no such transaction, or not this customer's.
    """
    grant.for_action(Action.CANCEL_PAYMENT)
    account, row = _held(session, transaction_id, now, grant)
    if row.incoming:
        raise WrongState(state=row.kind, wanted=TransactionStatus.CANCELLED)
    return _cancel(session, account, row, grant, now)


def reject_held(session: Session, *, grant: Grant, transaction_id: str, now: datetime) -> TransactionView:
    """The customer says that a held payment is not theirs: it is cancelled and the money is back.

    Raises:
        WrongState: it is not held.
        NotFound: no such transaction, or not this customer's.
    """
    grant.for_action(Action.REJECT_HELD)
    account, row = _held(session, transaction_id, now, grant)
    if row.status not in (TransactionStatus.HELD, TransactionStatus.CANCELLED):
        raise WrongState(state=row.status, wanted=TransactionStatus.CANCELLED)
    return _cancel(session, account, row, grant, now)


def confirm_held(session: Session, *, grant: Grant, transaction_id: str, now: datetime) -> TransactionView:
    """The customer says that a held payment is theirs: it goes on, as pending.

    Where the wallet was frozen or locked meanwhile it fails instead, with that reason, and the money is back. One that
    goes on already stays as it is.

    Raises:
        WrongState: it came to nothing before.
        NotFound: no such transaction, or not this customer's.
    """
    grant.for_action(Action.CONFIRM_HELD)
    account, row = _held(session, transaction_id, now, grant)
    if row.status in (TransactionStatus.PENDING, TransactionStatus.COMPLETED):
        return view(row, currency=account.currency, now=now)
    reason = _reason_to_stop(session, account)
    return states.move(
        session,
        account=account,
        row=row,
        status=TransactionStatus.FAILED if reason else TransactionStatus.PENDING,
        failure_reason=reason,
        since=(TransactionStatus.HELD,),
        by=_by(grant),
        now=now,
    )


def _held(
    session: Session, transaction_id: str, now: datetime, grant: Grant | None = None
) -> tuple[Account, Transaction]:
    require_aware(now)
    account, row = states.held_with_account(session, transaction_id=transaction_id)
    if grant is not None and account.id != grant.account_id:
        raise NotFound()
    return account, row


def _cancel(session: Session, account: Account, row: Transaction, grant: Grant, now: datetime) -> TransactionView:
    return states.move(
        session,
        account=account,
        row=row,
        status=TransactionStatus.CANCELLED,
        since=(TransactionStatus.PENDING, TransactionStatus.HELD),
        by=_by(grant),
        now=now,
    )


def _by(grant: Grant) -> By:
    return By(actor=grant.actor, channel=grant.channel or "desk")


def _first_status(reason: FailureReason | None, hold: bool) -> TransactionStatus:
    if reason is not None:
        return TransactionStatus.FAILED
    return TransactionStatus.HELD if hold else TransactionStatus.PENDING


def _reason_to_stop(session: Session, account: Account) -> FailureReason | None:
    """What stops all outgoing money of this wallet."""
    if ledger.active_freezes(session, account_id=account.id):
        return FailureReason.WALLET_FROZEN
    if account.status is AccountStatus.LOCKED:
        return FailureReason.WALLET_LOCKED
    return None


def _reason_against(session: Session, account: Account, order: Order, now: datetime) -> FailureReason | None:
    """What stands against this payment, the first that applies."""
    stopped = _reason_to_stop(session, account)
    if stopped is not None:
        return stopped
    if not session.get_one(Customer, account.customer_id).identity_verified:
        return FailureReason.IDENTITY_NOT_VERIFIED
    if order.kind is TransactionKind.PAYMENT and not merchants.takes_wallet(session, name=order.counterparty):
        return FailureReason.MERCHANT_NOT_SUPPORTED
    spent = accounts.spent_today(session, account=account, now=now)
    if order.amount.minor > account.payment_limit_minor or spent.minor + order.amount.minor > account.daily_limit_minor:
        return FailureReason.LIMIT_EXCEEDED
    if order.amount > ledger.balance_of(session, account=account):
        return FailureReason.BALANCE_TOO_LOW
    return None
