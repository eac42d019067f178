"""The fee that is told is that of the amount and the country that were said, in the money of the customer's own wallet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.settings import PROJECT
from tests.actions.customers import customer, names, visitor
from tests.wallet_core.factories import NOW
from wallet_core import rates
from wallet_core.database import Database


@pytest.fixture
def rated(database: Database) -> Database:
    with database.transaction() as session:
        rates.store_rates(session, rates=rates.load_rates(PROJECT / "data/rates.yml"), now=NOW - timedelta(hours=1))
    return database


# By data/rates.yml 1 USD is 7.085 CNY, 153.85 JPY or 0.859 EUR. With the margin of 0.8%, rounded half up.
@pytest.mark.parametrize(
    ("text", "language", "reply", "told"),
    [
        (
            "what does it cost to pay 200 euros in France",
            "en",
            "utter_price_of_payment_abroad_converted",
            {
                "country": "France",
                "amount": "€200.00",
                "converted": "US$234.69",
                "fee": "US$2.35",
                "total": "US$237.04",
            },
        ),
        (
            "fee for sending 500 dollars to Mexico",
            "en",
            "utter_price_of_transfer_abroad",
            {
                "country": "Mexico",
                "fee": "US$7.00",
                "total": "US$507.00",
                "rule": "0.8% plus US$3.00, at most US$50.00",
            },
        ),
        (
            "how much do you charge if i take out 20 bucks at an atm in Canada",
            "en",
            "utter_price_of_withdrawal_abroad",
            {"country": "Canada", "fee": "US$3.00", "total": "US$23.00", "rule": "2%, at least US$3.00"},
        ),
        (
            "汇500美元去墨西哥手续费多少",
            "zh",
            "utter_price_of_transfer_abroad_converted",
            {"country": "墨西哥", "converted": "¥3,570.84", "fee": "¥49.57", "total": "¥3,620.41"},
        ),
        (
            "刷两万日元要收几多手续费",
            "zh",
            "utter_price_of_payment_abroad_converted",
            {"country": "日本", "converted": "¥928.40", "fee": "¥9.28", "total": "¥937.68"},
        ),
        ("paying 50 euro, what fee", "en", "utter_price_of_payment_abroad_converted", {"country": "Eurozone"}),
        (
            "what are the fees in Japan",
            "en",
            "utter_fees_there",
            {"country": "Japan", "withdrawal_abroad": "2%, at least US$3.00"},
        ),
        (
            "在日本付款怎么收费",
            "zh",
            "utter_fees_there",
            {"country": "日本", "transfer_abroad": "0.5% 加 ¥14.00，最多 ¥245.00"},
        ),
        ("去巴西刷卡手续费", "zh", "utter_fees_there_no_transfers", {"country": "巴西", "payment_abroad": "1.5%"}),
        ("fee to send 100 dollars to Brazil", "en", "utter_fees_there_no_transfers", {"country": "Brazil"}),
        ("fees for paying 100 euros in Iran", "en", "utter_international_payments_not_served", {"country": "Iran"}),
        ("what do you charge abroad", "en", "utter_international_fees", {"payment_abroad_europe_percent": "1%"}),
        ("what would sending 500 dollars abroad cost", "en", "utter_international_fees", {}),
        ("/international_fees", "zh", "utter_international_fees", {"margin": "0.8%"}),
    ],
)
async def test_what_was_said_is_priced(
    rated: Database, call: Callable[..., Any], text: str, language: str, reply: str, told: dict[str, str]
) -> None:
    replies, events = await call("action_international_fees", visitor(rated), text=text, language=language)

    assert names(replies) == [reply]
    assert {name: replies[0][name] for name in told} == told
    assert [(event["name"], event["value"]) for event in events] == [("ticket_topic", "international_fees")]


async def test_the_price_is_in_the_money_of_the_customers_own_wallet(rated: Database, call: Callable[..., Any]) -> None:
    _, conversation_id = customer(rated, currency="HKD")

    replies, _ = await call("action_international_fees", conversation_id, text="fee for paying 100 pounds in London")

    assert replies[0]["total"].startswith("HK$")


@pytest.mark.parametrize(
    "text",
    [
        "You took £2.75 extra on my dinner in Lisbon, is that a fee?",
        "why was I charged 4.99 for sending money to Jamaica",
        "在东京吃饭为什么多扣了我 300 日元",
    ],
)
async def test_the_amount_of_a_fee_already_taken_is_not_priced(
    rated: Database, call: Callable[..., Any], text: str
) -> None:
    replies, _ = await call("action_international_fees", visitor(rated), text=text)

    assert not names(replies)[0].startswith("utter_price_of")


async def test_money_without_a_rate_is_refused_in_words(database: Database, call: Callable[..., Any]) -> None:
    replies, _ = await call("action_international_fees", visitor(database), text="fee for paying 100 euros in Rome")

    assert names(replies) == ["utter_error_rate_unavailable"]


async def test_in_speech_percentages_and_amounts_are_words(rated: Database, call: Callable[..., Any]) -> None:
    replies, _ = await call(
        "action_international_fees", visitor(rated), text="fee for 100 dollars in Canada", channel="voice"
    )

    assert (replies[0]["rule"], replies[0]["margin"]) == ("1.5 percent", "0.8 percent")
    assert replies[0]["total"] == "101.50 US dollars"
