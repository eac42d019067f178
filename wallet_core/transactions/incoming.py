"""Money coming in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from wallet_core import ledger
from wallet_core.errors import AccountClosed, WrongState
from wallet_core.models import AccountStatus, TransactionKind, TransactionStatus
from wallet_core.money import Money, require_positive
from wallet_core.ports import Random
from wallet_core.times import require_aware
from wallet_core.transactions import states
from wallet_core.transactions.states import Order
from wallet_core.transactions.views import TransactionView, view

_KINDS = (TransactionKind.TRANSFER_IN, TransactionKind.TOP_UP)


def receive(
    session: Session,
    *,
    account_id: str,
    amount: Money,
    counterparty: str,
    now: datetime,
    random: Random,
    kind: TransactionKind = TransactionKind.TRANSFER_IN,
    request_key: str | None = None,
    pending: bool = False,
    expected_by: datetime | None = None,
) -> TransactionView:
    """Take in a transfer or a top-up, also into a frozen or locked wallet: a freeze stops what goes out.

    It counts at once, or with `pending` once `complete` is called. The same `request_key` of the same wallet again
    gives the first transaction as it is now.

    Raises:
        InvalidAmount: zero or less, or the balance would be more than an amount can be.
        CurrencyMismatch: not the wallet's currency.
        InvalidTime: a naive time.
        WrongState: `kind` is not one of those that bring money.
        AccountClosed: the wallet is closed.
        NotFound: no such wallet.
        RequestConflict: the key came before with another order.
    """
    require_positive(amount)
    require_aware(now)
    if expected_by is not None:
        require_aware(expected_by)
    if kind not in _KINDS:
        raise WrongState(state=kind, wanted="incoming")
    order = Order(
        kind=kind,
        incoming=True,
        amount=amount,
        counterparty=states.clean_name(counterparty),
        expected_by=expected_by,
    )
    account = ledger.hold_account(session, account_id=account_id)
    states.require_currency(account, amount)
    row = states.earlier(session, account=account, order=order, request_key=request_key)
    if row is None:
        if account.status is AccountStatus.CLOSED:
            raise AccountClosed()
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
    return view(row, currency=account.currency, now=now)
