"""Customers for scripts, made through the core."""

from __future__ import annotations

from datetime import timedelta

from tests.wallet_core import factories
from wallet_core.database import Database
from wallet_core.models import AccountStatus, FailureReason, Language, TransactionStatus
from wallet_core.ports import SystemClock


def make_customer(
    database: Database,
    *,
    language: str,
    failed: str | None = None,
    currency: str = "HKD",
    payee: str = "Corner Shop",
    status: str = "active",
    verified: bool = True,
) -> str:
    """A customer in good standing; `failed` is the recorded reason of a payment of theirs an hour ago."""
    now = SystemClock().now()
    with database.transaction() as session:
        account = factories.create_account(session, currency=currency, status=AccountStatus(status))
        customer = session.get_one(factories.Customer, account.customer_id)
        customer.language = Language(language)
        customer.identity_verified = verified
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
        return str(customer.id)
