"""Transactions are made once for each request, and every state that they come into is kept and written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from tests.wallet_core.books import assert_books_agree
from tests.wallet_core.factories import create_account, make_grant
from tests.wallet_core.payment_helpers import get, request
from wallet_core import accounts, transactions
from wallet_core.database import Database
from wallet_core.errors import RequestConflict
from wallet_core.models import AuditEntry, FailureReason, TransactionKind, TransactionStatus
from wallet_core.money import Money
from wallet_core.policy import Action
from wallet_core.transactions import TransactionView

# Making


def test_the_same_request_again_gives_the_first_transaction_as_it_is_now(
    database: Database, now: datetime, random: Random
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_000)
        first = request(session, account, now, random, minor=600, request_key="app:1")
        done = transactions.complete(session, transaction_id=first.id, now=now)

    with database.transaction() as session:
        again = request(session, account, now + timedelta(hours=1), random, minor=600, request_key="app:1")

        assert again == done
        assert accounts.balance(session, account_id=account.id) == Money(400, "USD")


def test_a_refused_request_again_is_refused_as_before(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0)
        first = request(session, account, now, random, request_key="k")
        transactions.receive(
            session, account_id=account.id, amount=Money(9_999, "USD"), counterparty="Sam", now=now, random=random
        )

        assert request(session, account, now, random, request_key="k") == first


@pytest.mark.parametrize(
    "changes",
    [
        {"minor": 501},
        {"counterparty": "Somebody Else"},
        {"kind": TransactionKind.TRANSFER_OUT},
        {"original": Money(5, "EUR")},
    ],
)
def test_the_same_key_with_another_order_is_a_conflict(
    database: Database, now: datetime, random: Random, changes: dict[str, Any]
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_000)
        request(session, account, now, random, request_key="k", minor=500)

        with pytest.raises(RequestConflict):
            request(session, account, now, random, request_key="k", **{"minor": 500, **changes})

        assert accounts.balance(session, account_id=account.id) == Money(500, "USD")


def test_two_customers_may_use_the_same_key_however_long(database: Database, now: datetime, random: Random) -> None:
    key = "k" * 1_000
    with database.transaction() as session:
        one, other = create_account(session), create_account(session)

        first = request(session, one, now, random, request_key=key)
        second = request(session, other, now, random, request_key=key)

    assert first.id != second.id


def test_one_request_made_by_many_at_once_pays_once(
    database: Database, now: datetime, race: Callable[..., list[Any]]
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1_000)

    def pay() -> TransactionView:
        with database.transaction() as session:
            return request(session, account, now, Random(), minor=600, request_key="once")

    results = race(*[pay] * 8, threads=8)

    assert len({result.id for result in results}) == 1
    with database.reading() as session:
        assert accounts.balance(session, account_id=account.id) == Money(400, "USD")
        assert_books_agree(session, account.id)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("  Corner\tBooks\n", "Corner Books"),
        ("Café 晨光", "Café 晨光"),
        ("a\x00b\x1b[31mc\u202ed", "a b [31mc d"),
        ("x" * 500, "x" * 120),
        ("", ""),
    ],
)
def test_names_of_others_are_stored_as_they_may_be_shown(
    database: Database, now: datetime, random: Random, given: str, stored: str
) -> None:
    with database.transaction() as session:
        account = create_account(session)

        payment = request(session, account, now, random, counterparty=given)

    assert payment.counterparty == stored


def test_what_was_charged_abroad_is_kept(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session)

        payment = request(session, account, now, random, original=Money(152, "JPY"))

        assert get(session, account, payment, now).original == Money(152, "JPY")


# Moving


def test_a_completed_payment_has_its_history(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session)
        payment = request(session, account, now, random, hold=True)
        grant = make_grant(Action.CONFIRM_HELD, account)

        transactions.confirm_held(session, grant=grant, transaction_id=payment.id, now=now + timedelta(minutes=1))
        transactions.complete(session, transaction_id=payment.id, now=now + timedelta(minutes=2))

        states = transactions.history(session, transaction_id=payment.id)
    assert [(state.status, state.at) for state in states] == [
        (TransactionStatus.HELD, now),
        (TransactionStatus.PENDING, now + timedelta(minutes=1)),
        (TransactionStatus.COMPLETED, now + timedelta(minutes=2)),
    ]


def test_each_change_of_state_is_written_down_by_whom(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session)
        payment = request(session, account, now, random, hold=True)
        grant = make_grant(Action.CONFIRM_HELD, account)
        transactions.confirm_held(session, grant=grant, transaction_id=payment.id, now=now)
        transactions.fail(session, transaction_id=payment.id, reason=FailureReason.BANK_DECLINED, now=now)

    with database.reading() as session:
        entries = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.chain == account.customer_id, AuditEntry.subject == payment.id)
            .order_by(AuditEntry.position)
        ).all()
    assert [(entry.actor, entry.action, entry.subject, entry.reason, entry.channel) for entry in entries] == [
        ("customer", "payment_held", payment.id, "payment", "wallet"),
        ("customer", "payment_pending", payment.id, "payment", "web"),
        ("network", "payment_failed", payment.id, "bank_declined", "network"),
    ]
