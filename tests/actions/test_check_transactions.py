"""The customer's own transactions, by what was said of them."""

from __future__ import annotations

import pytest

from tests.actions.customers import names, visitor
from tests.actions.picking_helpers import Call, Wallet, filled
from wallet_core.database import Database
from wallet_core.models import TransactionKind, TransactionStatus


@pytest.fixture
def wallet(database: Database) -> Wallet:
    """A day and more of life, the newest first: books, coffee, salary, transfer, coffee, last month's shop."""
    wallet = Wallet(database, balance=0)
    wallet.add(900_000, "Brightwater Studio", hours_ago=20 * 24, kind=TransactionKind.TRANSFER_IN)
    wallet.add(4_990, "Corner Shop", hours_ago=35 * 24)
    wallet.add(550, "Harbor Coffee", hours_ago=30)
    wallet.add(6_000, "Aisha Khan", hours_ago=26, kind=TransactionKind.TRANSFER_OUT)
    wallet.add(20_000, "Sam Rivera", hours_ago=5, kind=TransactionKind.TRANSFER_IN)
    wallet.add(450, "Harbor Coffee", hours_ago=3)
    wallet.add(2_499, "Bright Books", hours_ago=1, status=TransactionStatus.FAILED, failure_reason="balance_too_low")
    return wallet


async def test_the_latest_are_listed_newest_first(wallet: Wallet, call: Call) -> None:
    replies, events = await call("action_check_transactions", wallet.conversation, text="show my transactions")

    assert names(replies) == ["utter_transactions"]
    lines = replies[0]["list"].splitlines()
    assert lines[0] == "1. 23 Nov, 16:30 · Bright Books · -HK$24.99 · failed"
    assert lines[1] == "2. 23 Nov, 14:30 · Harbor Coffee · -HK$4.50"
    assert lines[2] == "3. 23 Nov, 12:30 · Sam Rivera · +HK$200.00"
    assert len(lines) == len(filled(events)["shown_transactions"]) == 5


@pytest.mark.parametrize(
    ("text", "payees"),
    [
        ("what was my last payment to Harbor Coffee", ["Harbor Coffee"]),
        ("all Harbor Coffee payments", ["Harbor Coffee", "Harbor Coffee"]),
        ("what did I spend yesterday", ["Aisha Khan", "Harbor Coffee"]),
        ("昨天花了哪些钱", ["Aisha Khan", "Harbor Coffee"]),
        ("did anyone send me money today", ["Sam Rivera"]),
        ("今天收了几笔款", ["Sam Rivera"]),
        ("check whether I sent 60 to Aisha", ["Aisha Khan"]),
        ("search for a transaction of 49.90", ["Corner Shop"]),
        ("list transactions over 150", ["Sam Rivera", "Brightwater Studio"]),
        ("show me the failed ones", ["Bright Books"]),
        ("my last two transactions", ["Bright Books", "Harbor Coffee"]),
        ("最近三笔交易", ["Bright Books", "Harbor Coffee", "Sam Rivera"]),
        ("买咖啡 harbor coffee 的记录", ["Harbor Coffee", "Harbor Coffee"]),
        ("上个月的消费记录", ["Corner Shop"]),
    ],
)
async def test_what_was_said_filters(wallet: Wallet, call: Call, text: str, payees: list[str]) -> None:
    replies, _ = await call("action_check_transactions", wallet.conversation, text=text)

    assert "utter_transactions_none_found" not in names(replies)
    assert [line.split(" · ")[1] for line in replies[-1]["list"].splitlines()] == payees


async def test_what_went_out_is_counted_and_added_up(wallet: Wallet, call: Call) -> None:
    replies, _ = await call("action_check_transactions", wallet.conversation, text="what did I spend yesterday")

    assert names(replies) == ["utter_transactions_found_out"]
    assert (replies[0]["count"], replies[0]["total"]) == (2, "HK$65.50")


async def test_of_many_the_latest_are_shown_and_all_are_counted(database: Database, call: Call) -> None:
    wallet = Wallet(database)
    for hour in range(8):
        wallet.add(100, "City Transit", hours_ago=hour)

    replies, _ = await call("action_check_transactions", wallet.conversation, text="all payments to City Transit")

    assert names(replies) == ["utter_transactions_found_out_latest"]
    assert (replies[0]["count"], replies[0]["shown"], replies[0]["total"]) == (8, 5, "HK$8.00")


@pytest.mark.parametrize("text", ["last payment to Lidl", "transactions of 77.77", "what did I pay in 2023"])
async def test_nothing_that_fits_is_said_to_be_so(wallet: Wallet, call: Call, text: str) -> None:
    replies, _ = await call("action_check_transactions", wallet.conversation, text=text)

    assert names(replies) == ["utter_transactions_none_found", "utter_transactions"]


async def test_a_list_by_text_or_phone_is_shorter(wallet: Wallet, call: Call) -> None:
    written, _ = await call("action_check_transactions", wallet.conversation, text="history", channel="sms")
    spoken, _ = await call("action_check_transactions", wallet.conversation, text="history", channel="voice")

    assert len(written[0]["list"].splitlines()) == 3
    assert spoken[0]["list"].startswith("number 1: 24.99 Hong Kong dollars to Bright Books, on 23 Nov")
    assert "\n" not in spoken[0]["list"]


async def test_a_button_shows_the_one_it_carries_and_nobody_elses(
    database: Database, wallet: Wallet, call: Call
) -> None:
    theirs = Wallet(database).add(99_999, "Their Shop")

    replies, _ = await call(
        "action_check_transactions",
        wallet.conversation,
        intent="pick_transaction",
        text="/pick_transaction",
        entities=[{"entity": "picked", "value": theirs}],
    )

    assert "Their Shop" not in str(replies)
    assert names(replies)[0] == "utter_transactions_none_found"


async def test_an_empty_wallet_says_so(database: Database, call: Call) -> None:
    wallet = Wallet(database, balance=0)

    replies, _ = await call("action_check_transactions", wallet.conversation, text="history")

    assert names(replies) == ["utter_transactions_empty"]


async def test_a_visitor_is_told_why_not(database: Database, call: Call) -> None:
    replies, _ = await call("action_check_transactions", visitor(database), text="history")

    assert names(replies) == ["utter_check_transactions_needs_sign_in"]
