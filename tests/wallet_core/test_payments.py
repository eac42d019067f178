"""Money going out: what is refused and why, what is held, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.wallet_core.books import assert_books_agree
from tests.wallet_core.factories import create_account, create_customer, create_transaction, make_grant
from tests.wallet_core.payment_helpers import get, request
from wallet_core import accounts, merchants, transactions
from wallet_core.database import Database
from wallet_core.errors import (
    AccountClosed,
    CurrencyMismatch,
    InvalidAmount,
    InvalidTime,
    NotFound,
    UnknownCurrency,
    WalletError,
    WrongState,
)
from wallet_core.models import (
    Account,
    AccountStatus,
    AuditEntry,
    FailureReason,
    Freeze,
    FreezeKind,
    Transaction,
    TransactionKind,
    TransactionStatus,
)
from wallet_core.money import LARGEST_MINOR, Money
from wallet_core.policy import Action
from wallet_core.transactions import TransactionView

OUTGOING = [TransactionKind.PAYMENT, TransactionKind.TRANSFER_OUT, TransactionKind.WITHDRAWAL]


@pytest.mark.parametrize("kind", OUTGOING)
def test_a_payment_is_taken_from_the_balance_at_once(
    database: Database, now: datetime, random: Random, kind: TransactionKind
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_000)

        payment = request(session, account, now, random, minor=400, kind=kind)

        assert payment.status is TransactionStatus.PENDING
        assert (payment.kind, payment.incoming, payment.failure_reason) == (kind, False, None)
        assert accounts.balance(session, account_id=account.id) == Money(600, "USD")
        assert_books_agree(session, account.id)


def frozen(session: Session, account: Account, now: datetime, kind: FreezeKind = FreezeKind.FULL) -> None:
    session.add(
        Freeze(
            reference=f"FRZ-{kind}",
            account_id=account.id,
            kind=kind,
            reason="x",
            assurance=2,
            channel="web",
            created_at=now,
        )
    )
    session.flush()


REFUSALS: dict[FailureReason, Callable[[Session, datetime], Account]] = {}


def refusal(reason: FailureReason) -> Callable[..., Any]:
    def register(make: Callable[[Session, datetime], Account]) -> Callable[[Session, datetime], Account]:
        REFUSALS[reason] = make
        return make

    return register


@refusal(FailureReason.WALLET_FROZEN)
def _a_frozen_wallet(session: Session, now: datetime) -> Account:
    account = create_account(session, status=AccountStatus.LOCKED)
    frozen(session, account, now)
    return account


@refusal(FailureReason.WALLET_LOCKED)
def _a_locked_wallet_of_someone_not_verified(session: Session, _now: datetime) -> Account:
    customer = create_customer(session, identity_verified=False)
    return create_account(session, customer_id=customer.id, status=AccountStatus.LOCKED)


@refusal(FailureReason.IDENTITY_NOT_VERIFIED)
def _someone_not_verified_at_a_merchant_who_does_not_take_it(session: Session, _now: datetime) -> Account:
    merchants.register(session, name="Corner Books", takes_wallet=False)
    return create_account(session, customer_id=create_customer(session, identity_verified=False).id)


@refusal(FailureReason.MERCHANT_NOT_SUPPORTED)
def _a_merchant_who_does_not_take_it_above_the_limit(session: Session, _now: datetime) -> Account:
    merchants.register(session, name="ＣＯＲＮＥＲ  books", takes_wallet=False)
    return create_account(session, payment_limit_minor=1)


@refusal(FailureReason.LIMIT_EXCEEDED)
def _a_payment_above_limit_and_balance(session: Session, _now: datetime) -> Account:
    return create_account(session, payment_limit_minor=499, balance=0)


@refusal(FailureReason.BALANCE_TOO_LOW)
def _a_balance_one_cent_too_low(session: Session, _now: datetime) -> Account:
    return create_account(session, payment_limit_minor=500, balance=499)


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_payment_is_refused_for_the_first_reason_and_moves_nothing(
    database: Database, now: datetime, random: Random, reason: FailureReason
) -> None:
    with database.transaction() as session:
        account = REFUSALS[reason](session, now)
        before = accounts.balance(session, account_id=account.id)

        payment = request(session, account, now, random, minor=500)

        assert (payment.status, payment.failure_reason) == (TransactionStatus.FAILED, reason)
        assert accounts.balance(session, account_id=account.id) == before
        assert_books_agree(session, account.id)
        found = transactions.latest_failed(session, account_id=account.id, since=now, now=now)
        assert found == payment


@pytest.mark.parametrize("kind", FreezeKind)
def test_either_freeze_stops_what_goes_out_and_nothing_else(
    database: Database, now: datetime, random: Random, kind: FreezeKind
) -> None:
    with database.transaction() as session:
        account = create_account(session)
        frozen(session, account, now, kind)

        out = request(session, account, now, random)
        in_ = transactions.receive(
            session, account_id=account.id, amount=Money(1, "USD"), counterparty="Sam", now=now, random=random
        )

    assert out.failure_reason is FailureReason.WALLET_FROZEN
    assert in_.status is TransactionStatus.COMPLETED


def test_a_merchant_counts_for_payments_only(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session)
        merchants.register(session, name="Corner Books", takes_wallet=False)

        transfer = request(session, account, now, random, kind=TransactionKind.TRANSFER_OUT)
        refused = request(session, account, now, random)
        merchants.register(session, name="Corner Books", takes_wallet=True)
        accepted = request(session, account, now, random)

    assert transfer.status is TransactionStatus.PENDING
    assert refused.failure_reason is FailureReason.MERCHANT_NOT_SUPPORTED
    assert accepted.status is TransactionStatus.PENDING


def test_the_days_limit_is_used_up_and_new_on_the_customers_next_day(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        customer = create_customer(session, time_zone="Asia/Shanghai")  # now: 17:30 there
        account = create_account(session, customer_id=customer.id, daily_limit_minor=1_000)
        midnight = now + timedelta(hours=6, minutes=30)

        first = request(session, account, now, random, minor=600)
        over = request(session, account, now, random, minor=401)
        exactly = request(session, account, now, random, minor=400)
        last_second = request(session, account, midnight - timedelta(seconds=1), random, minor=1)
        next_day = request(session, account, midnight, random, minor=1_000)

    assert first.status is exactly.status is next_day.status is TransactionStatus.PENDING
    assert over.failure_reason is last_second.failure_reason is FailureReason.LIMIT_EXCEEDED


def test_a_payment_that_came_to_nothing_gives_the_days_limit_back(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = create_account(session, daily_limit_minor=1_000)
        first = request(session, account, now, random, minor=1_000)

        transactions.fail(session, transaction_id=first.id, reason=FailureReason.BANK_DECLINED, now=now)

        assert request(session, account, now, random, minor=1_000).status is TransactionStatus.PENDING


@pytest.mark.parametrize("reason", [FailureReason.NETWORK_ERROR, FailureReason.BANK_DECLINED])
def test_what_network_or_bank_fail_is_given_back_with_their_reason(
    database: Database, now: datetime, random: Random, reason: FailureReason
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_000)
        payment = request(session, account, now, random, minor=400)

        failed = transactions.fail(session, transaction_id=payment.id, reason=reason, now=now)

        assert (failed.status, failed.failure_reason) == (TransactionStatus.FAILED, reason)
        assert accounts.balance(session, account_id=account.id) == Money(1_000, "USD")
        assert_books_agree(session, account.id)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount": Money(0, "USD")}, InvalidAmount),
        ({"amount": Money(-1, "USD")}, InvalidAmount),
        ({"original": Money(0, "EUR")}, InvalidAmount),
        ({"amount": Money(1, "EUR")}, CurrencyMismatch),
        ({"account_id": "nobody's"}, NotFound),
        ({"kind": TransactionKind.REFUND}, WrongState),
        ({"kind": TransactionKind.TOP_UP}, WrongState),
        ({"now": datetime(2026, 11, 23)}, InvalidTime),  # noqa: DTZ001 (the fault itself)
        ({"expected_by": datetime(2026, 11, 24)}, InvalidTime),  # noqa: DTZ001
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(
    database: Database, now: datetime, random: Random, changes: dict[str, Any], error: type[WalletError]
) -> None:
    with database.transaction() as session:
        account = create_account(session)
        wanted = {
            "account_id": account.id,
            "kind": TransactionKind.PAYMENT,
            "amount": Money(1, "USD"),
            "counterparty": "Corner Books",
            "now": now,
            "random": random,
            **changes,
        }

        with pytest.raises(error):
            transactions.request_payment(session, **wanted)

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Transaction)) == 1  # the opening top-up
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Money.of("1e9", "USD"), InvalidAmount),
        (lambda: Money.of("0.005", "USD"), InvalidAmount),
        (lambda: Money(LARGEST_MINOR + 1, "USD"), InvalidAmount),
        (lambda: Money(100, "DOGE"), UnknownCurrency),
    ],
)
def test_huge_fractional_and_unknown_amounts_cannot_even_be_made(
    make: Callable[[], Money], error: type[WalletError]
) -> None:
    with pytest.raises(error):
        make()


def test_the_largest_amount_is_refused_for_the_limit_like_any_other(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = create_account(session)

        payment = request(session, account, now, random, minor=LARGEST_MINOR)

    assert payment.failure_reason is FailureReason.LIMIT_EXCEEDED


def test_a_closed_wallet_refuses_all(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session, status=AccountStatus.CLOSED)
        payment_id = create_transaction(session, account_id=account.id).id

        for attempt in (
            lambda: request(session, account, now, random),
            lambda: transactions.receive(
                session, account_id=account.id, amount=Money(1, "USD"), counterparty="Sam", now=now, random=random
            ),
            lambda: transactions.refund(
                session, transaction_id=payment_id, amount=Money(1, "USD"), now=now, random=random
            ),
            lambda: transactions.reverse(session, transaction_id=payment_id, now=now, random=random),
        ):
            with pytest.raises(AccountClosed):
                attempt()


def test_a_pending_or_held_payment_can_be_cancelled_and_the_money_is_back(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_000)
        grant = make_grant(Action.CANCEL_PAYMENT, account)
        pending = request(session, account, now, random, minor=300)
        held = request(session, account, now, random, minor=300, hold=True)

        results = [
            transactions.cancel(session, grant=grant, transaction_id=one, now=now)
            for one in (pending.id, held.id, held.id)
        ]

        assert {result.status for result in results} == {TransactionStatus.CANCELLED}
        assert accounts.balance(session, account_id=account.id) == Money(1_000, "USD")
        assert len(transactions.history(session, transaction_id=held.id)) == 2
        assert_books_agree(session, account.id)


def test_a_frozen_wallets_pending_payment_can_still_be_cancelled(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = create_account(session)
        payment = request(session, account, now, random)
        frozen(session, account, now)

        grant = make_grant(Action.CANCEL_PAYMENT, account)
        cancelled = transactions.cancel(session, grant=grant, transaction_id=payment.id, now=now)

    assert cancelled.status is TransactionStatus.CANCELLED


def test_what_is_done_or_coming_in_cannot_be_cancelled(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session)
        grant = make_grant(Action.CANCEL_PAYMENT, account)
        done = request(session, account, now, random)
        transactions.complete(session, transaction_id=done.id, now=now)
        coming = transactions.receive(
            session,
            account_id=account.id,
            amount=Money(1, "USD"),
            counterparty="Sam",
            now=now,
            random=random,
            pending=True,
        )

        for transaction_id in (done.id, coming.id):
            with pytest.raises(WrongState):
                transactions.cancel(session, grant=grant, transaction_id=transaction_id, now=now)


@pytest.mark.parametrize(
    ("act", "action"),
    [
        (transactions.cancel, Action.CANCEL_PAYMENT),
        (transactions.reject_held, Action.REJECT_HELD),
        (transactions.confirm_held, Action.CONFIRM_HELD),
    ],
)
def test_somebody_elses_payment_is_not_found(
    database: Database, now: datetime, random: Random, act: Callable[..., TransactionView], action: Action
) -> None:
    with database.transaction() as session:
        mine, theirs = create_account(session), create_account(session)
        payment = request(session, theirs, now, random, hold=True)

        with pytest.raises(NotFound):
            act(session, grant=make_grant(action, mine), transaction_id=payment.id, now=now)
        with pytest.raises(NotFound):
            act(session, grant=make_grant(action, mine), transaction_id="nothing", now=now)
        with pytest.raises(WrongState):
            act(session, grant=make_grant(Action.VIEW, theirs), transaction_id=payment.id, now=now)

        assert get(session, theirs, payment, now).status is TransactionStatus.HELD


def test_a_held_payment_is_not_carried_out_before_it_is_confirmed(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = create_account(session)
        payment = request(session, account, now, random, hold=True)

        with pytest.raises(WrongState):
            transactions.complete(session, transaction_id=payment.id, now=now)


def test_confirming_twice_is_confirming_once(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session)
        grant = make_grant(Action.CONFIRM_HELD, account)
        payment = request(session, account, now, random, hold=True)

        first = transactions.confirm_held(session, grant=grant, transaction_id=payment.id, now=now)
        done = transactions.complete(session, transaction_id=payment.id, now=now)
        second = transactions.confirm_held(session, grant=grant, transaction_id=payment.id, now=now)

    assert first.status is TransactionStatus.PENDING
    assert second == done


@pytest.mark.parametrize("stop", ["freeze", "lock"])
def test_confirming_after_a_freeze_or_lock_fails_and_gives_the_money_back(
    database: Database, now: datetime, random: Random, stop: str
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_000)
        payment = request(session, account, now, random, minor=900, hold=True)
        if stop == "freeze":
            frozen(session, account, now)
        else:
            accounts.lock(session, account_id=account.id, reason="x", now=now)

        grant = make_grant(Action.CONFIRM_HELD, account)
        result = transactions.confirm_held(session, grant=grant, transaction_id=payment.id, now=now)
        again = transactions.confirm_held(session, grant=grant, transaction_id=payment.id, now=now)

        reason = FailureReason.WALLET_FROZEN if stop == "freeze" else FailureReason.WALLET_LOCKED
        assert (result.status, result.failure_reason) == (TransactionStatus.FAILED, reason)
        assert again == result
        assert accounts.balance(session, account_id=account.id) == Money(1_000, "USD")


def test_a_rejected_payment_is_cancelled_for_good(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_000)
        payment = request(session, account, now, random, minor=900, hold=True)
        reject = make_grant(Action.REJECT_HELD, account)

        result = transactions.reject_held(session, grant=reject, transaction_id=payment.id, now=now)
        again = transactions.reject_held(session, grant=reject, transaction_id=payment.id, now=now)

        assert result == again
        assert result.status is TransactionStatus.CANCELLED
        with pytest.raises(WrongState):
            transactions.confirm_held(
                session, grant=make_grant(Action.CONFIRM_HELD, account), transaction_id=payment.id, now=now
            )
        assert accounts.balance(session, account_id=account.id) == Money(1_000, "USD")


def test_a_payment_that_was_not_held_cannot_be_rejected(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session)
        payment = request(session, account, now, random)

        with pytest.raises(WrongState) as refusal_:
            transactions.reject_held(
                session, grant=make_grant(Action.REJECT_HELD, account), transaction_id=payment.id, now=now
            )

    assert refusal_.value.facts == {"state": "pending", "wanted": "cancelled"}


@pytest.mark.parametrize("status", [TransactionStatus.COMPLETED, TransactionStatus.CANCELLED])
def test_what_is_over_does_not_fail_any_more(database: Database, now: datetime, status: TransactionStatus) -> None:
    with database.transaction() as session:
        account = create_account(session)
        payment = create_transaction(session, account_id=account.id, status=status)

        with pytest.raises(WrongState):
            transactions.fail(session, transaction_id=payment.id, reason=FailureReason.NETWORK_ERROR, now=now)
