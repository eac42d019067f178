"""Customers for scripts, made through the core."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from random import SystemRandom
from typing import Any

from sqlalchemy.orm import Session

from bot.settings import DEMO_KEY
from tests.wallet_core import factories
from wallet_core import contacts
from wallet_core.database import Database
from wallet_core.models import (
    AccountStatus,
    ContactMedium,
    FailureReason,
    Freeze,
    FreezeKind,
    Language,
    TransactionKind,
    TransactionStatus,
)
from wallet_core.ports import SystemClock
from wallet_core.references import ReferenceKind, new_reference

_numbers = count(1000)


def make_customer(
    database: Database,
    *,
    language: str,
    failed: str | None = None,
    currency: str = "HKD",
    payee: str = "Corner Shop",
    status: str = "active",
    verified: bool = True,
    transactions: list[dict[str, Any]] | None = None,
    freeze: str | None = None,
    contacted: str | None = None,
    birth_date: str = "19900131",
) -> str:
    """A customer in good standing; `failed` is the recorded reason of a payment of theirs an hour ago.

    `transactions`: see `make_transaction`; the first is the newest unless `hours_ago` says otherwise. `freeze`: the
    kind of one that stands. `contacted`: by what we contacted them an hour ago, from +1 202 555 0171. The
    identity document ends in 123X.
    """
    now = SystemClock().now()
    with database.transaction() as session:
        customer = factories.create_customer(
            session,
            phone=f"+1646555{next(_numbers)}",
            secret_key=DEMO_KEY,
            birth_date=birth_date,
            language=Language(language),
            identity_verified=verified,
        )
        account = factories.create_account(
            session, customer_id=customer.id, currency=currency, status=AccountStatus(status)
        )
        if freeze is not None:
            make_freeze(session, account.id, FreezeKind(freeze), now)
        if contacted is not None:
            contact = contacts.log_contact(
                session,
                customer_id=customer.id,
                kind=ContactMedium(contacted),
                sender="+12025550171",
                destination="+16465550000",
                purpose="callbacks",
                now=now - timedelta(hours=1),
            )
            contacts.end_contact(session, contact_id=contact, now=now)
        if failed is not None:
            factories.create_transaction(
                session,
                account_id=account.id,
                counterparty=payee,
                amount_minor=12345,
                status=TransactionStatus.FAILED,
                failure_reason=FailureReason(failed),
                created_at=now - timedelta(hours=1),
            )
        made: list[str] = []
        for place, facts in enumerate(transactions or [], start=1):
            made.append(make_transaction(session, account.id, now, made, **{"hours_ago": place, **facts}))
        return str(customer.id)


def make_freeze(session: Session, account_id: str, kind: FreezeKind, now: datetime) -> None:
    """A freeze of two hours ago."""
    session.add(
        Freeze(
            reference=new_reference(ReferenceKind.FREEZE, SystemRandom()),
            account_id=account_id,
            kind=kind,
            reason="freeze_account",
            assurance=2,
            channel="web",
            created_at=now - timedelta(hours=2),
        )
    )


def make_transaction(
    session: Session,
    account_id: str,
    now: datetime,
    made: list[str],
    *,
    payee: str,
    amount: int,
    hours_ago: float,
    kind: str = "payment",
    status: str = "completed",
    due_in: float | None = None,
    refund_of: int | None = None,
) -> str:
    """One transaction; `due_in` is in hours, below zero for what is overdue, `refund_of` the place of the payment."""
    transaction = factories.create_transaction(
        session,
        account_id=account_id,
        counterparty=payee,
        amount_minor=amount,
        kind=TransactionKind(kind),
        status=TransactionStatus(status),
        created_at=now - timedelta(hours=hours_ago),
        expected_by=None if due_in is None else now + timedelta(hours=due_in),
        related_id=None if refund_of is None else made[refund_of],
    )
    return transaction.id
