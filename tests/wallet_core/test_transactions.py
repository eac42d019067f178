"""Looking transactions up: only one's own, newest first, and as they are now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.wallet_core.factories import create_account, create_transaction
from wallet_core import transactions
from wallet_core.database import Database
from wallet_core.errors import InvalidTime, NotFound
from wallet_core.models import FailureReason, Transaction, TransactionKind, TransactionStatus
from wallet_core.money import Money


def test_recent_ones_come_newest_first_and_bounded(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=0)
        create_transaction(session, account_id=create_account(session).id)  # somebody else's
        ids = [
            create_transaction(
                session,
                account_id=account.id,
                kind=TransactionKind.TOP_UP,
                created_at=now - timedelta(minutes=minutes),
            ).id
            for minutes in range(105)
        ]

        found = transactions.recent(session, account_id=account.id, limit=3, now=now)
        usual = transactions.recent(session, account_id=account.id, now=now)
        most = transactions.recent(session, account_id=account.id, limit=1_000, now=now)

    assert [one.id for one in found] == ids[:3]
    assert len(usual) == 10
    assert len(most) == 100


@pytest.mark.parametrize("limit", [0, -1])
def test_nothing_is_listed_where_nothing_is_asked_for(database: Database, now: datetime, limit: int) -> None:
    with database.transaction() as session:
        account = create_account(session)

        assert transactions.recent(session, account_id=account.id, limit=limit, now=now) == []


def test_the_latest_failed_attempt_is_found_within_its_time(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session)
        for hours in (5, 3):
            create_transaction(
                session,
                account_id=account.id,
                status=TransactionStatus.FAILED,
                failure_reason=FailureReason.BANK_DECLINED,
                counterparty=f"{hours} hours ago",
                created_at=now - timedelta(hours=hours),
            )
        create_transaction(session, account_id=account.id, created_at=now - timedelta(hours=1))

        latest = transactions.latest_failed(session, account_id=account.id, since=now - timedelta(days=1), now=now)
        too_late = transactions.latest_failed(session, account_id=account.id, since=now - timedelta(hours=2), now=now)

    assert latest is not None
    assert latest.counterparty == "3 hours ago"
    assert latest.failure_reason is FailureReason.BANK_DECLINED
    assert too_late is None


@pytest.mark.parametrize(
    ("status", "expected_in", "late"),
    [
        (TransactionStatus.PENDING, timedelta(seconds=-1), True),
        (TransactionStatus.PENDING, timedelta(0), False),
        (TransactionStatus.PENDING, timedelta(days=1), False),
        (TransactionStatus.PENDING, None, False),
        (TransactionStatus.COMPLETED, timedelta(days=-1), False),
        (TransactionStatus.HELD, timedelta(days=-1), False),
    ],
)
def test_a_transfer_is_overdue_once_its_time_has_passed(
    database: Database, now: datetime, status: TransactionStatus, expected_in: timedelta | None, late: bool
) -> None:
    with database.transaction() as session:
        account = create_account(session)
        expected_by = None if expected_in is None else now + expected_in
        row = create_transaction(
            session,
            account_id=account.id,
            kind=TransactionKind.TRANSFER_OUT,
            status=status,
            expected_by=expected_by,
        )

        overdue = transactions.overdue(session, account_id=account.id, now=now)
        view = transactions.get_transaction(session, account_id=account.id, transaction_id=row.id, now=now)

    assert view.overdue is late
    assert overdue == ([view] if late else [])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"amount": Money(4999, "USD")}, ["shop twice", "shop"]),
        ({"amount": Money(4999, "EUR")}, []),
        ({"amount": Money(152, "JPY")}, ["abroad"]),
        ({"amount": Money(152, "USD")}, []),
        ({"counterparty": "corner"}, ["shop twice", "shop"]),
        ({"counterparty": "ＣＯＲＮＥＲ  shop"}, ["shop twice", "shop"]),
        ({"counterparty": "晨光"}, ["coffee"]),
        ({"counterparty": "CAFÉ"}, ["abroad"]),
        ({"counterparty": "100%"}, ["percent"]),
        ({"counterparty": "_"}, []),
        ({"counterparty": "corner", "amount": Money(152, "JPY")}, []),
        ({"counterparty": "corner", "since_days": 1.5}, ["shop twice"]),
        ({"counterparty": "corner", "until_days": 1.5}, ["shop"]),
        ({"until_days": 2, "since_days": 4}, ["coffee", "abroad"]),
        ({"incoming": True}, ["refund", "opening"]),
        ({"kinds": [TransactionKind.REFUND]}, ["refund"]),
        ({"statuses": [TransactionStatus.PENDING]}, ["percent"]),
        ({"related": "abroad"}, ["refund"]),
        ({"since_days": 0.1}, []),
        ({"limit": 1}, ["shop twice"]),
        ({"counterparty": "corner", "limit": 1}, ["shop twice"]),
    ],
)
def test_transactions_are_found_by_what_customers_say_of_them(
    database: Database, now: datetime, wanted: dict[str, Any], found: list[str]
) -> None:
    with database.transaction() as session:
        account = create_account(session, balance=99_999, created_at=now - timedelta(days=90))
        rows = {
            "shop twice": {"counterparty": "Corner Shop", "amount_minor": 4999},
            "shop": {"counterparty": "Corner Shop", "amount_minor": 4999},
            "coffee": {"counterparty": "晨光咖啡"},
            "abroad": {"counterparty": "Café du Canal", "original_minor": 152, "original_currency": "JPY"},
            "percent": {"counterparty": "100% Juice", "status": TransactionStatus.PENDING},
        }
        names = {session.scalars(select(Transaction.id)).one(): "opening"}
        for days, (name, row) in enumerate(rows.items(), start=1):
            made = create_transaction(session, account_id=account.id, created_at=now - timedelta(days=days), **row)
            names[made.id] = name
        ids = {name: id_ for id_, name in names.items()}
        refund = create_transaction(
            session,
            account_id=account.id,
            kind=TransactionKind.REFUND,
            counterparty="Nobody",
            related_id=ids["abroad"],
            created_at=now - timedelta(days=6),
        )
        names[refund.id] = "refund"
        conditions = dict(wanted)
        for end in ("since", "until"):
            if f"{end}_days" in conditions:
                conditions[end] = now - timedelta(days=conditions.pop(f"{end}_days"))
        if "related" in conditions:
            conditions["related_id"] = ids[conditions.pop("related")]

        result = transactions.find(session, account_id=account.id, now=now, **conditions)

    assert [names[one.id] for one in result] == found


def test_another_wallets_transaction_is_not_found(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        mine, theirs = create_account(session), create_account(session)
        row = create_transaction(session, account_id=theirs.id)

        for transaction_id in (row.id, "nothing"):
            with pytest.raises(NotFound):
                transactions.get_transaction(session, account_id=mine.id, transaction_id=transaction_id, now=now)
        assert transactions.find(session, account_id=mine.id, counterparty="Corner Books", now=now) == []


def test_what_is_unknown_has_no_history(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        transactions.history(session, transaction_id="nothing")


@pytest.mark.parametrize(
    "look",
    [
        lambda session, naive, aware: transactions.recent(session, account_id="a", now=naive),
        lambda session, naive, aware: transactions.overdue(session, account_id="a", now=naive),
        lambda session, naive, aware: transactions.latest_failed(session, account_id="a", since=naive, now=aware),
        lambda session, naive, aware: transactions.find(session, account_id="a", since=naive, now=aware),
    ],
)
def test_naive_times_are_refused(database: Database, now: datetime, look: Callable[..., Any]) -> None:
    with database.reading() as session, pytest.raises(InvalidTime):
        look(session, now.replace(tzinfo=None), now)
