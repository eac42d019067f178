"""Many at once on one wallet: there is one order, and the balance is exact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random, SystemRandom
from typing import Any

from sqlalchemy import select

from tests.wallet_core.books import assert_books_agree
from tests.wallet_core.factories import create_account, create_transaction, make_grant
from wallet_core import accounts, freezes, transactions
from wallet_core.database import Database
from wallet_core.errors import InvalidAmount
from wallet_core.models import Account, AuditEntry, FailureReason, TransactionKind, TransactionStatus
from wallet_core.money import Money
from wallet_core.policy import Action
from wallet_core.transactions import TransactionView

PAYMENTS = 200


def test_200_payments_racing_a_freeze_are_committed_before_or_refused_after(
    postgres_database: Database, now: datetime, race: Callable[..., list[Any]]
) -> None:
    # On a busy machine the last in line waits longer than a customer would.
    patient = Database(postgres_database.url.render_as_string(hide_password=False), lock_timeout_ms=120_000)
    with postgres_database.transaction() as session:
        account = create_account(session, balance=1_000_000)

    def freeze() -> freezes.FreezeReceipt:
        with patient.transaction() as session:
            grant = make_grant(Action.FREEZE, account)
            return freezes.freeze_account(session, grant=grant, reason="stolen_funds", now=now, random=SystemRandom())

    jobs: list[Callable[[], object]] = [lambda: pay(patient, account, now, 100)] * PAYMENTS
    jobs.insert(PAYMENTS // 3, freeze)
    results = race(*jobs)
    patient.dispose()

    receipt = results.pop(PAYMENTS // 3)
    went_out = [one for one in results if one.status is TransactionStatus.PENDING]
    refused = [one for one in results if one.failure_reason is FailureReason.WALLET_FROZEN]
    assert not receipt.already
    assert len(went_out) + len(refused) == PAYMENTS
    assert went_out
    assert refused
    with postgres_database.reading() as session:
        assert accounts.balance(session, account_id=account.id) == Money(1_000_000 - 100 * len(went_out), "USD")
        assert_books_agree(session, account.id)
        # The audit trail of one customer is written in the order of the commits.
        trail = session.scalars(
            select(AuditEntry.action).where(AuditEntry.chain == account.customer_id).order_by(AuditEntry.position)
        ).all()
    assert trail == [
        *["payment_pending"] * len(went_out),
        "freeze_full",
        *["payment_failed"] * len(refused),
    ]


def test_many_payments_at_once_never_overdraw(
    database: Database, now: datetime, race: Callable[..., list[Any]]
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_050)

    results = race(*[lambda: pay(database, account, now, 100)] * 24, threads=8)

    accepted = [one for one in results if one.status is TransactionStatus.PENDING]
    refused = [one for one in results if one.failure_reason is FailureReason.BALANCE_TOO_LOW]
    assert (len(accepted), len(refused)) == (10, 14)
    with database.reading() as session:
        assert accounts.balance(session, account_id=account.id) == Money(50, "USD")
        assert_books_agree(session, account.id)


def test_the_days_limit_holds_for_many_at_once(
    database: Database, now: datetime, race: Callable[..., list[Any]]
) -> None:
    with database.transaction() as session:
        account = create_account(session, daily_limit_minor=500)

    results = race(*[lambda: pay(database, account, now, 100)] * 12, threads=6)

    assert [one.status for one in results].count(TransactionStatus.PENDING) == 5


def test_refunds_at_once_never_give_back_more_than_was_paid(
    database: Database, now: datetime, race: Callable[..., list[Any]]
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_000)
        payment_id = create_transaction(session, account_id=account.id, amount_minor=1_000).id

    def refund() -> TransactionView:
        with database.transaction() as session:
            return transactions.refund(
                session, transaction_id=payment_id, amount=Money(300, "USD"), now=now, random=Random()
            )

    results = race(*[refund] * 6, threads=6)

    assert sum(isinstance(one, TransactionView) for one in results) == 3
    assert sum(isinstance(one, InvalidAmount) for one in results) == 3
    with database.reading() as session:
        assert accounts.balance(session, account_id=account.id) == Money(900, "USD")


def test_a_payment_cancelled_and_completed_at_once_is_one_of_the_two(
    database: Database, now: datetime, race: Callable[..., list[Any]]
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_000)
    ids = [pay(database, account, now, 100).id for _ in range(8)]
    grant = make_grant(Action.CANCEL_PAYMENT, account)

    def complete(transaction_id: str) -> Callable[[], object]:
        def run() -> object:
            with database.transaction() as session:
                return transactions.complete(session, transaction_id=transaction_id, now=now)

        return run

    def cancel(transaction_id: str) -> Callable[[], object]:
        def run() -> object:
            with database.transaction() as session:
                return transactions.cancel(session, grant=grant, transaction_id=transaction_id, now=now)

        return run

    results = race(*(job for one in ids for job in (complete(one), cancel(one))), threads=8)

    done = [one.status for one in results if isinstance(one, TransactionView)]
    assert len(done) == len(ids)
    with database.reading() as session:
        left = 1_000 - 100 * done.count(TransactionStatus.COMPLETED)
        assert accounts.balance(session, account_id=account.id) == Money(left, "USD")
        assert_books_agree(session, account.id)


def pay(database: Database, account: Account, now: datetime, minor: int) -> TransactionView:
    with database.transaction() as session:
        return transactions.request_payment(
            session,
            account_id=account.id,
            kind=TransactionKind.PAYMENT,
            amount=Money(minor, "USD"),
            counterparty="Corner Books",
            now=now,
            random=SystemRandom(),
        )
