"""A wallet knows its balance, its limits, and whether it may be used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.wallet_core.factories import create_account, create_customer, create_transaction, make_grant
from wallet_core import accounts, transactions
from wallet_core.database import Database
from wallet_core.errors import AccountClosed, InvalidTime, NotFound, WrongState
from wallet_core.models import (
    Account,
    AccountStatus,
    AuditEntry,
    Freeze,
    FreezeKind,
    TransactionKind,
    TransactionStatus,
)
from wallet_core.money import Money
from wallet_core.policy import Action


def test_a_wallet_is_shown_with_all_that_concerns_paying(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=250_00, currency="HKD", payment_limit_minor=100_00)
        create_transaction(session, account_id=account.id, amount_minor=30_00)

    with database.reading() as session:
        view = accounts.account_of(session, customer_id=account.customer_id, now=now)

    assert view.id == account.id
    assert view.balance == Money(220_00, "HKD")
    assert view.payment_limit == Money(100_00, "HKD")
    assert view.spent_today == Money(30_00, "HKD")
    assert view.status is AccountStatus.ACTIVE
    assert (view.frozen, view.freezes) == (False, [])


def test_a_new_wallet_is_empty(database: Database) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0, currency="JPY")

        assert accounts.balance(session, account_id=account.id) == Money(0, "JPY")


def test_what_was_spent_today_is_only_told_with_a_time(database: Database) -> None:
    with database.transaction() as session:
        account = create_account(session)

        assert accounts.get_account(session, account_id=account.id).spent_today is None


def test_active_freezes_are_named_oldest_first_and_lifted_ones_not(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session)
        add_freeze(session, account, "FRZ-1", FreezeKind.FULL, now, lifted_at=now)
        add_freeze(session, account, "FRZ-2", FreezeKind.PROTECTIVE, now)
        add_freeze(session, account, "FRZ-3", FreezeKind.FULL, now)

        view = accounts.get_account(session, account_id=account.id)

    assert view.frozen
    assert view.freezes == ["FRZ-2", "FRZ-3"]


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (TransactionStatus.PENDING, True),
        (TransactionStatus.HELD, True),
        (TransactionStatus.COMPLETED, True),
        (TransactionStatus.REFUNDED, True),
        (TransactionStatus.FAILED, False),
        (TransactionStatus.CANCELLED, False),
        (TransactionStatus.REVERSED, False),
    ],
)
def test_what_came_to_nothing_does_not_count_as_spent(
    database: Database, now: datetime, status: TransactionStatus, counts: bool
) -> None:
    with database.transaction() as session:
        account = create_account(session)
        create_transaction(session, account_id=account.id, amount_minor=700, status=status)

        view = accounts.get_account(session, account_id=account.id, now=now)

    assert view.spent_today == Money(700 if counts else 0, "USD")


def test_money_coming_in_and_yesterdays_spending_do_not_count_as_spent_today(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        customer = create_customer(session, time_zone="Asia/Shanghai")  # where it is 17:30
        account = create_account(session, customer_id=customer.id)
        create_transaction(session, account_id=account.id, kind=TransactionKind.TRANSFER_IN, created_at=now)
        create_transaction(
            session, account_id=account.id, amount_minor=1, created_at=now - timedelta(hours=17, minutes=30)
        )
        create_transaction(
            session, account_id=account.id, amount_minor=2, created_at=now - timedelta(hours=17, minutes=31)
        )

        view = accounts.get_account(session, account_id=account.id, now=now)

    assert view.spent_today == Money(1, "USD")


@pytest.mark.parametrize("read", [accounts.account_of, accounts.get_account, accounts.balance])
def test_an_unknown_wallet_is_not_found(database: Database, read: Callable[..., object]) -> None:
    name = "customer_id" if read is accounts.account_of else "account_id"

    with database.reading() as session, pytest.raises(NotFound):
        read(session, **{name: "nobody"})


def test_locking_stops_and_unlocking_allows_payments(database: Database, now: datetime, random: Random) -> None:
    with database.transaction() as session:
        account = create_account(session)

        locked = accounts.lock(session, account_id=account.id, reason="wrong_passwords", now=now)
        refused = pay(session, account, now, random)
        unlocked = accounts.unlock(session, grant=make_grant(Action.UNLOCK, account), now=now)
        accepted = pay(session, account, now, random)

    assert (locked.status, unlocked.status) == (AccountStatus.LOCKED, AccountStatus.ACTIVE)
    assert (refused.status, accepted.status) == (TransactionStatus.FAILED, TransactionStatus.PENDING)


def test_locking_and_unlocking_are_written_down_once(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session)
        for _ in range(2):
            accounts.lock(session, account_id=account.id, reason="wrong_passwords", now=now)
        for _ in range(2):
            accounts.unlock(session, grant=make_grant(Action.UNLOCK, account, channel=None, actor="agent:ana"), now=now)

    with database.reading() as session:
        entries = session.query(AuditEntry).filter_by(chain=account.customer_id).order_by(AuditEntry.position).all()

    assert [(entry.action, entry.actor, entry.reason, entry.channel) for entry in entries] == [
        ("account_locked", "system", "wrong_passwords", "system"),
        ("account_active", "agent:ana", "unlock", "desk"),
    ]


def test_an_empty_wallet_can_be_closed_once(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0)
        grant = make_grant(Action.CLOSE_ACCOUNT, account, actor="agent:ana", channel=None)

        first = accounts.close(session, grant=grant, now=now)
        second = accounts.close(session, grant=grant, now=now)

    assert first == second
    assert first.status is AccountStatus.CLOSED
    with database.reading() as session:
        assert session.query(AuditEntry).count() == 1


def test_a_wallet_with_money_in_it_is_not_closed(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=1)

        with pytest.raises(WrongState) as refusal:
            accounts.close(session, grant=make_grant(Action.CLOSE_ACCOUNT, account), now=now)

    assert refusal.value.facts["state"] == "balance_left"


@pytest.mark.parametrize("status", [TransactionStatus.PENDING, TransactionStatus.HELD])
def test_a_wallet_with_money_on_its_way_is_not_closed(
    database: Database, now: datetime, status: TransactionStatus
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=500)
        create_transaction(session, account_id=account.id, amount_minor=500, status=status)

        with pytest.raises(WrongState) as refusal:
            accounts.close(session, grant=make_grant(Action.CLOSE_ACCOUNT, account), now=now)

    assert refusal.value.facts["state"] == "transactions_open"


def test_a_closed_wallet_is_neither_locked_nor_unlocked(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0, status=AccountStatus.CLOSED)

        with pytest.raises(AccountClosed):
            accounts.lock(session, account_id=account.id, reason="wrong_passwords", now=now)
        with pytest.raises(AccountClosed):
            accounts.unlock(session, grant=make_grant(Action.UNLOCK, account), now=now)


def test_a_grant_for_something_else_opens_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0, status=AccountStatus.LOCKED)

        with pytest.raises(WrongState):
            accounts.unlock(session, grant=make_grant(Action.VIEW, account), now=now)
        with pytest.raises(WrongState):
            accounts.close(session, grant=make_grant(Action.UNLOCK, account), now=now)

        assert accounts.get_account(session, account_id=account.id).status is AccountStatus.LOCKED


def test_a_naive_time_is_refused_before_anything_is_done(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session)

        with pytest.raises(InvalidTime):
            accounts.lock(session, account_id=account.id, reason="x", now=now.replace(tzinfo=None))

        assert accounts.get_account(session, account_id=account.id).status is AccountStatus.ACTIVE


def add_freeze(
    session: Session, account: Account, reference: str, kind: FreezeKind, now: datetime, **overrides: Any
) -> None:
    session.add(
        Freeze(
            **{
                "reference": reference,
                "account_id": account.id,
                "kind": kind,
                "reason": "freeze_account",
                "assurance": 2,
                "channel": "web",
                "created_at": now,
                **overrides,
            }
        )
    )
    session.flush()


def pay(session: Session, account: Account, now: datetime, random: Random) -> transactions.TransactionView:
    return transactions.request_payment(
        session,
        account_id=account.id,
        kind=TransactionKind.PAYMENT,
        amount=Money(100, "USD"),
        counterparty="Corner Books",
        now=now,
        random=random,
    )
