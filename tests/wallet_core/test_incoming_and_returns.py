"""Money coming in, given back by merchants, and undone by us."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.wallet_core.books import assert_books_agree
from tests.wallet_core.factories import create_account, create_transaction
from wallet_core import accounts, transactions
from wallet_core.database import Database
from wallet_core.errors import (
    CurrencyMismatch,
    InvalidAmount,
    InvalidTime,
    NotFound,
    RequestConflict,
    WalletError,
    WrongState,
)
from wallet_core.models import Account, AccountStatus, FailureReason, TransactionKind, TransactionStatus
from wallet_core.money import LARGEST_MINOR, Money
from wallet_core.transactions import TransactionView


@pytest.mark.parametrize("kind", [TransactionKind.TRANSFER_IN, TransactionKind.TOP_UP])
def test_money_comes_in_at_once(database: Database, now: datetime, random: Random, kind: TransactionKind) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0)

        received = receive(session, account, now, random, kind=kind)

        assert (received.kind, received.incoming, received.status) == (kind, True, TransactionStatus.COMPLETED)
        assert accounts.balance(session, account_id=account.id) == Money(500, "USD")
        assert_books_agree(session, account.id)


def test_pending_money_counts_once_it_has_arrived(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0)
        coming = receive(session, account, now, random, pending=True, expected_by=now + timedelta(days=1))
        before = accounts.balance(session, account_id=account.id)

        arrived = transactions.complete(session, transaction_id=coming.id, now=now + timedelta(hours=1))
        again = transactions.complete(session, transaction_id=coming.id, now=now + timedelta(hours=1))

        assert before == Money(0, "USD")
        assert arrived == again
        assert accounts.balance(session, account_id=account.id) == Money(500, "USD")


def test_pending_money_that_never_arrives_changes_nothing(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0)
        coming = receive(session, account, now, random, pending=True)

        transactions.fail(session, transaction_id=coming.id, reason=FailureReason.BANK_DECLINED, now=now)

        assert accounts.balance(session, account_id=account.id) == Money(0, "USD")
        assert_books_agree(session, account.id)


def test_a_locked_wallet_takes_money_in(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session, status=AccountStatus.LOCKED)

        assert receive(session, account, now, random).status is TransactionStatus.COMPLETED


def test_the_same_money_is_taken_in_once(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0)

        first = receive(session, account, now, random, request_key="bank:1")
        second = receive(session, account, now, random, request_key="bank:1")
        with pytest.raises(RequestConflict):
            receive(session, account, now, random, request_key="bank:1", amount=Money(1, "USD"))

        assert first == second
        assert accounts.balance(session, account_id=account.id) == Money(500, "USD")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount": Money(0, "USD")}, InvalidAmount),
        ({"amount": Money(-5, "USD")}, InvalidAmount),
        ({"amount": Money(LARGEST_MINOR, "USD")}, InvalidAmount),  # with what is in the wallet, too much
        ({"amount": Money(5, "JPY")}, CurrencyMismatch),
        ({"kind": TransactionKind.PAYMENT}, WrongState),
        ({"kind": TransactionKind.REFUND}, WrongState),
        ({"account_id": "nobody's"}, NotFound),
        ({"now": datetime(2026, 11, 23)}, InvalidTime),  # noqa: DTZ001 (the fault itself)
        ({"expected_by": datetime(2026, 11, 23)}, InvalidTime),  # noqa: DTZ001
    ],
)
def test_bad_money_is_refused_and_nothing_is_written(
    database: Database, now: datetime, random: Random, changes: dict[str, Any], error: type[WalletError]
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=100)

        with pytest.raises(error):
            receive(session, account, now, random, **changes)

    with database.reading() as session:
        assert len(transactions.recent(session, account_id=account.id, now=now)) == 1


def test_money_that_no_longer_fits_stays_pending(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=100)
        coming = receive(session, account, now, random, amount=Money(LARGEST_MINOR - 100, "USD"), pending=True)
        receive(session, account, now, random, amount=Money(1, "USD"))

    with database.transaction() as session, pytest.raises(InvalidAmount):
        transactions.complete(session, transaction_id=coming.id, now=now)

    with database.reading() as session:
        assert len(transactions.history(session, transaction_id=coming.id)) == 1
        assert_books_agree(session, account.id)


def test_a_payment_wholly_given_back_is_refunded(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account, payment_id = paid(session, 1_000)

        refund = give_back(session, payment_id, now, random, 1_000)

        assert (refund.kind, refund.incoming, refund.related_id) == (TransactionKind.REFUND, True, payment_id)
        assert refund.counterparty == "Corner Books"
        assert status(session, account, payment_id, now) is TransactionStatus.REFUNDED
        assert accounts.balance(session, account_id=account.id) == Money(1_000, "USD")
        assert_books_agree(session, account.id)


def test_parts_given_back_are_never_more_than_the_payment(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account, payment_id = paid(session, 1_000)
        give_back(session, payment_id, now, random, 400)
        give_back(session, payment_id, now, random, 500, pending=True)

        assert transactions.refundable(session, transaction_id=payment_id) == Money(100, "USD")
        with pytest.raises(InvalidAmount):
            give_back(session, payment_id, now, random, 101)
        give_back(session, payment_id, now, random, 100)

        assert status(session, account, payment_id, now) is TransactionStatus.COMPLETED  # 500 are still on their way
        assert accounts.balance(session, account_id=account.id) == Money(500, "USD")


def test_the_last_part_to_arrive_makes_the_payment_refunded(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account, payment_id = paid(session, 1_000)
        give_back(session, payment_id, now, random, 400)
        last = give_back(session, payment_id, now, random, 600, pending=True)
        before = status(session, account, payment_id, now)

        transactions.complete(session, transaction_id=last.id, now=now)

        assert before is TransactionStatus.COMPLETED
        assert status(session, account, payment_id, now) is TransactionStatus.REFUNDED
        assert transactions.refundable(session, transaction_id=payment_id) == Money(0, "USD")


def test_a_refund_that_failed_can_be_made_again(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        _, payment_id = paid(session, 1_000)
        lost = give_back(session, payment_id, now, random, 1_000, pending=True)

        transactions.fail(session, transaction_id=lost.id, reason=FailureReason.NETWORK_ERROR, now=now)

        assert transactions.refundable(session, transaction_id=payment_id) == Money(1_000, "USD")
        assert give_back(session, payment_id, now, random, 1_000).status is TransactionStatus.COMPLETED


def test_the_same_refund_is_made_once(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account, payment_id = paid(session, 1_000)

        first = give_back(session, payment_id, now, random, 600, request_key="r1")
        second = give_back(session, payment_id, now, random, 600, request_key="r1")
        with pytest.raises(RequestConflict):
            give_back(session, payment_id, now, random, 100, request_key="r1")

        assert first == second
        assert accounts.balance(session, account_id=account.id) == Money(600, "USD")


@pytest.mark.parametrize(
    "given",
    [
        {"status": TransactionStatus.PENDING},
        {"status": TransactionStatus.HELD},
        {"status": TransactionStatus.CANCELLED},
        {"status": TransactionStatus.REVERSED},
        {"status": TransactionStatus.FAILED, "failure_reason": FailureReason.NETWORK_ERROR},
        {"kind": TransactionKind.TRANSFER_OUT},
        {"kind": TransactionKind.TOP_UP},
    ],
)
def test_only_a_completed_payment_is_refunded(
    database: Database, now: datetime, random: Random, given: dict[str, Any]
) -> None:
    with database.transaction() as session:
        account = create_account(session)
        row = create_transaction(session, account_id=account.id, **given)

        with pytest.raises(WrongState):
            give_back(session, row.id, now, random, 1)

        assert transactions.refundable(session, transaction_id=row.id) == Money(0, "USD")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount": Money(0, "USD")}, InvalidAmount),
        ({"amount": Money(1_001, "USD")}, InvalidAmount),
        ({"amount": Money(1, "EUR")}, CurrencyMismatch),
        ({"transaction_id": "nothing"}, NotFound),
        ({"now": datetime(2026, 11, 23)}, InvalidTime),  # noqa: DTZ001 (the fault itself)
        ({"expected_by": datetime(2026, 11, 23)}, InvalidTime),  # noqa: DTZ001
    ],
)
def test_bad_refunds_are_refused(
    database: Database, now: datetime, random: Random, changes: dict[str, Any], error: type[WalletError]
) -> None:
    with database.transaction() as session:
        account, payment_id = paid(session, 1_000)
        wanted = {"transaction_id": payment_id, "amount": Money(1, "USD"), "now": now, "random": random, **changes}

        with pytest.raises(error):
            transactions.refund(session, **wanted)

        assert accounts.balance(session, account_id=account.id) == Money(0, "USD")


def test_what_is_unknown_cannot_be_refunded(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        transactions.refundable(session, transaction_id="nothing")


@pytest.mark.parametrize("kind", [TransactionKind.PAYMENT, TransactionKind.TRANSFER_OUT, TransactionKind.WITHDRAWAL])
def test_reversing_what_went_out_brings_it_back(
    database: Database, now: datetime, random: Random, kind: TransactionKind
) -> None:
    with database.transaction() as session:
        account, transaction_id = paid(session, 1_000, kind=kind)

        reversal = transactions.reverse(session, transaction_id=transaction_id, now=now, random=random)

        assert (reversal.kind, reversal.incoming) == (TransactionKind.REVERSAL, True)
        assert reversal.related_id == transaction_id
        assert status(session, account, transaction_id, now) is TransactionStatus.REVERSED
        assert accounts.balance(session, account_id=account.id) == Money(1_000, "USD")
        assert_books_agree(session, account.id)


def test_reversing_what_came_in_takes_it_back(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0)
        received = receive(session, account, now, random)

        reversal = transactions.reverse(session, transaction_id=received.id, now=now, random=random)

        assert reversal.incoming is False
        assert accounts.balance(session, account_id=account.id) == Money(0, "USD")
        assert_books_agree(session, account.id)


def test_what_came_in_and_is_spent_is_not_taken_back(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0)
        received = receive(session, account, now, random)
        create_transaction(session, account_id=account.id, amount_minor=1)

        reversal = transactions.reverse(session, transaction_id=received.id, now=now, random=random)

        assert (reversal.status, reversal.failure_reason) == (TransactionStatus.FAILED, FailureReason.BALANCE_TOO_LOW)
        assert status(session, account, received.id, now) is TransactionStatus.COMPLETED
        assert accounts.balance(session, account_id=account.id) == Money(499, "USD")


def test_reversing_twice_gives_the_same_reversal(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account, payment_id = paid(session, 1_000)

        first = transactions.reverse(session, transaction_id=payment_id, now=now, random=random)
        second = transactions.reverse(session, transaction_id=payment_id, now=now, random=random)

        assert first == second
        assert accounts.balance(session, account_id=account.id) == Money(1_000, "USD")


def test_reversing_a_payment_brings_back_what_is_not_refunded(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account, payment_id = paid(session, 1_000)
        give_back(session, payment_id, now, random, 300)

        reversal = transactions.reverse(session, transaction_id=payment_id, now=now, random=random)

        assert reversal.amount == Money(700, "USD")
        assert accounts.balance(session, account_id=account.id) == Money(1_000, "USD")


def test_a_payment_with_a_refund_on_its_way_is_not_reversed(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        _, payment_id = paid(session, 1_000)
        give_back(session, payment_id, now, random, 300, pending=True)

        with pytest.raises(WrongState) as refusal:
            transactions.reverse(session, transaction_id=payment_id, now=now, random=random)

    assert refusal.value.facts["state"] == "refund_pending"


def test_refunds_reversals_and_what_is_not_completed_are_not_reversed(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account, payment_id = paid(session, 1_000)
        refund = give_back(session, payment_id, now, random, 1_000)
        received = receive(session, account, now, random)
        reversal = transactions.reverse(session, transaction_id=received.id, now=now, random=random)
        pending = create_transaction(session, account_id=account.id, status=TransactionStatus.PENDING)

        for transaction_id in (refund.id, reversal.id, pending.id, payment_id):
            with pytest.raises(WrongState):
                transactions.reverse(session, transaction_id=transaction_id, now=now, random=random)


def receive(session: Session, account: Account, now: datetime, random: Random, /, **overrides: Any) -> TransactionView:
    wanted = {
        "account_id": account.id,
        "amount": Money(500, "USD"),
        "counterparty": "Sam Rivera",
        "now": now,
        "random": random,
        **overrides,
    }
    return transactions.receive(session, **wanted)


def paid(session: Session, minor: int, **overrides: Any) -> tuple[Account, str]:
    """A wallet that has spent all it had on one payment."""
    account = create_account(session, balance=minor)
    return account, create_transaction(session, account_id=account.id, amount_minor=minor, **overrides).id


def give_back(
    session: Session, payment_id: str, now: datetime, random: Random, minor: int, **overrides: Any
) -> TransactionView:
    return transactions.refund(
        session, transaction_id=payment_id, amount=Money(minor, "USD"), now=now, random=random, **overrides
    )


def status(session: Session, account: Account, transaction_id: str, now: datetime) -> TransactionStatus:
    return transactions.get_transaction(session, account_id=account.id, transaction_id=transaction_id, now=now).status
