"""Rates come from the rate table, for the currencies that were said, whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
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


@pytest.mark.parametrize(
    ("text", "language", "given", "gives"),
    [
        ("usd to cny", "en", "1 US dollar", "7.0850 Chinese yuan"),
        ("美元兑日元的汇率", "zh", "1美元", "153.85日元"),
        ("how much is 100 dollars in yen", "en", "100 US dollars", "15,385 Japanese yen"),
        ("how many dollars is 100 yen", "en", "100 Japanese yen", "0.64998 US dollars"),
        ("1.5万日元是多少人民币", "zh", "15,000日元", "690.77元人民币"),
        ("越南盾汇率", "zh", "100越南盾", "0.026929元人民币"),
        ("what's the euro at", "en", "1 euro", "1.1641 US dollars"),
        ("what is the rate in Japan", "en", "100 Japanese yen", "0.64998 US dollars"),
        ("人民币汇率", "zh", "1美元", "7.0850元人民币"),
        ("三百港纸换日元", "zh", "300港元", "5,931日元"),
        ("how much $ for 50€", "en", "50 euros", "58.21 US dollars"),
    ],
)
async def test_a_visitor_hears_the_rate_of_what_was_said(
    rated: Database, call: Callable[..., Any], text: str, language: str, given: str, gives: str
) -> None:
    replies, _ = await call("action_exchange_rate", visitor(rated), text=text, language=language)

    assert names(replies) == ["utter_exchange_rate"]
    assert (replies[0]["given"], replies[0]["gives"], replies[0]["margin"]) == (given, gives, "0.8%")


async def test_one_currency_is_told_in_that_of_the_customers_wallet(rated: Database, call: Callable[..., Any]) -> None:
    _, conversation_id = customer(rated, currency="HKD")

    replies, _ = await call("action_exchange_rate", conversation_id, text="what is the rate for pounds")

    assert (replies[0]["given"], replies[0]["gives"]) == ("1 British pound", "10.273 Hong Kong dollars")


@pytest.mark.parametrize(
    "text", ["where do your exchange rates come from", "the exchange rate is wrong", "/exchange_rate", "dollar rate?"]
)
async def test_without_two_currencies_it_is_told_how_rates_come_about(
    rated: Database, call: Callable[..., Any], text: str
) -> None:
    replies, events = await call("action_exchange_rate", visitor(rated), text=text)

    assert names(replies) == ["utter_exchange_rate_in_general"]
    assert [(event["name"], event["value"]) for event in events] == [("ticket_topic", "exchange_rate")]


async def test_a_rate_that_does_not_hold_any_more_is_not_told(database: Database, call: Callable[..., Any]) -> None:
    with database.transaction() as session:
        rates.set_rate(
            session,
            base="USD",
            quote="CNY",
            rate=Decimal("7.1"),
            valid_from=NOW - timedelta(days=2),
            valid_until=NOW - timedelta(days=1),
        )

    replies, _ = await call("action_exchange_rate", visitor(database), text="usd to cny")

    assert names(replies) == ["utter_error_rate_unavailable"]
