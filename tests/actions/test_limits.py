"""A signed-in customer hears their own limits and what is left of today, a visitor the usual ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.actions.customers import customer, names, visitor
from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from wallet_core.database import Database
from wallet_core.models import TransactionKind


async def test_a_customer_hears_their_own_limits_and_what_is_left_today(
    database: Database, call: Callable[..., Any]
) -> None:
    account_id, conversation_id = customer(
        database, balance=10_000_00, payment_limit_minor=3_000_00, daily_limit_minor=5_000_00
    )
    with database.transaction() as session:
        for kind, minor, ago in (
            (TransactionKind.PAYMENT, 120_50, 1),
            (TransactionKind.WITHDRAWAL, 80_00, 2),
            (TransactionKind.PAYMENT, 999_00, 30),
        ):
            factories.create_transaction(
                session, account_id=account_id, kind=kind, amount_minor=minor, created_at=NOW - timedelta(hours=ago)
            )

    replies, _ = await call("action_limits", conversation_id)

    assert names(replies) == ["utter_limits_own"]
    facts = {name: replies[0][name] for name in ("payment_limit", "daily_limit", "spent_today", "left_today")}
    assert facts == {
        "payment_limit": "US$3,000.00",
        "daily_limit": "US$5,000.00",
        "spent_today": "US$200.50",
        "left_today": "US$4,799.50",
    }


async def test_what_is_left_is_never_below_nothing(database: Database, call: Callable[..., Any]) -> None:
    account_id, conversation_id = customer(database, daily_limit_minor=100_00, payment_limit_minor=100_00)
    with database.transaction() as session:
        factories.create_transaction(session, account_id=account_id, amount_minor=250_00, created_at=NOW)

    replies, _ = await call("action_limits", conversation_id)

    assert replies[0]["left_today"] == "US$0.00"


async def test_a_visitor_hears_the_usual_limits_in_the_currency_of_the_language(
    database: Database, call: Callable[..., Any]
) -> None:
    chinese, _ = await call("action_limits", visitor(database), language="zh")
    english, _ = await call("action_limits", visitor(database), language="en")

    assert (names(chinese), chinese[0]["daily_limit"]) == (["utter_limits_usual"], "¥50,000.00")
    assert (names(english), english[0]["daily_limit"]) == (["utter_limits_usual"], "US$5,000.00")


async def test_on_the_phone_amounts_are_spoken_with_the_currencys_name(
    database: Database, call: Callable[..., Any]
) -> None:
    chinese, _ = await call("action_limits", visitor(database), language="zh", channel="voice")
    english, _ = await call("action_limits", visitor(database), language="en", channel="voice")

    assert chinese[0]["payment_limit"] == "20,000元人民币"
    assert english[0]["payment_limit"] == "3,000 US dollars"


async def test_a_frozen_wallet_is_told_with_the_limits(database: Database, call: Callable[..., Any]) -> None:
    _, conversation_id = customer(database, frozen=True)

    replies, _ = await call("action_limits", conversation_id)

    assert names(replies) == ["utter_limits_own", "utter_next_step_frozen"]
    assert replies[1]["reference"] == "FRZ-2222222"


async def test_a_closed_wallet_has_no_limits(database: Database, call: Callable[..., Any]) -> None:
    _, conversation_id = customer(database, status="closed")

    replies, _ = await call("action_limits", conversation_id)

    assert names(replies) == ["utter_error_account_closed"]
