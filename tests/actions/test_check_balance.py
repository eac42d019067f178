"""What is in the wallet is told to its owner only."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.actions.customers import names, visitor
from tests.actions.picking_helpers import Call, Wallet
from tests.wallet_core.factories import NOW
from wallet_core import rates
from wallet_core.database import Database
from wallet_core.models import TransactionKind, TransactionStatus


async def test_the_owner_is_told_the_balance(database: Database, call: Call) -> None:
    wallet = Wallet(database, balance=123_456)

    replies, _ = await call("action_check_balance", wallet.conversation, text="what's my balance")

    assert names(replies) == ["utter_balance"]
    assert replies[0]["balance"] == "HK$1,234.56"


async def test_a_visitor_is_told_why_not(database: Database, call: Call) -> None:
    replies, _ = await call("action_check_balance", visitor(database), text="what's my balance")

    assert names(replies) == ["utter_check_balance_needs_sign_in"]


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("do I have enough for a 60 dollar dinner", "utter_balance_enough"),
        ("够付500吗", "utter_balance_enough"),
        ("can I afford 1,000.01", "utter_balance_short"),
        ("够付1.5万吗", "utter_balance_short"),
        ("what's my balance, is it 5 o'clock yet", "utter_balance"),
    ],
)
async def test_an_amount_that_was_said_is_compared(database: Database, call: Call, text: str, reply: str) -> None:
    wallet = Wallet(database, balance=100_000)

    replies, _ = await call("action_check_balance", wallet.conversation, text=text)

    assert names(replies) == [reply]


async def test_a_foreign_amount_is_compared_by_the_rate_and_the_margin(database: Database, call: Call) -> None:
    wallet = Wallet(database, balance=100_000)
    with database.transaction() as session:
        rates.set_rate(
            session,
            base="EUR",
            quote="HKD",
            rate=Decimal(9),
            valid_from=NOW - timedelta(days=1),
            valid_until=NOW + timedelta(days=1),
        )

    enough, _ = await call("action_check_balance", wallet.conversation, text="is it enough for 110 euros")
    short, _ = await call("action_check_balance", wallet.conversation, text="is it enough for 111 euros")

    assert names(enough) == ["utter_balance_enough_abroad"]
    assert enough[0]["here"] == "HK$997.92"
    assert names(short) == ["utter_balance_short_abroad"]


async def test_without_a_rate_the_balance_alone_is_told(database: Database, call: Call) -> None:
    wallet = Wallet(database)

    replies, _ = await call("action_check_balance", wallet.conversation, text="enough for 10 euros?")

    assert names(replies) == ["utter_balance"]


async def test_what_is_on_its_way_is_told_beside_it(database: Database, call: Call) -> None:
    wallet = Wallet(database, balance=100_000)
    wallet.pending(30_000)
    wallet.add(1_000, status=TransactionStatus.HELD)
    wallet.add(5_000, kind=TransactionKind.TRANSFER_IN, status=TransactionStatus.PENDING)

    replies, _ = await call("action_check_balance", wallet.conversation, text="balance")

    assert names(replies) == ["utter_balance", "utter_balance_going_out", "utter_balance_coming_in"]
    assert [reply.get("amount") for reply in replies] == [None, "HK$310.00", "HK$50.00"]
    assert replies[0]["balance"] == "HK$690.00"


async def test_a_closed_wallet_is_said_to_be_closed(database: Database, call: Call) -> None:
    wallet = Wallet(database, status="closed")

    replies, _ = await call("action_check_balance", wallet.conversation, text="balance")

    assert names(replies) == ["utter_error_account_closed"]


async def test_a_frozen_wallet_is_told_with_its_next_step(database: Database, call: Call) -> None:
    wallet = Wallet(database, frozen=True)

    replies, _ = await call("action_check_balance", wallet.conversation, text="balance")

    assert names(replies) == ["utter_balance", "utter_next_step_frozen"]
