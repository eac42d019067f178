"""Where abroad the wallet works, and what that costs, stands in the data."""

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


@pytest.mark.parametrize(
    ("text", "language", "reply", "country", "fee"),
    [
        ("does it work in Japan?", "en", "utter_international_payments_there", "Japan", "1%"),
        ("在香港能用吗", "zh", "utter_international_payments_there", "香港", "0.5%"),
        ("can I pay in the US", "en", "utter_international_payments_there", "United States", "1.5%"),
        ("去巴西可以付款吗", "zh", "utter_international_payments_no_transfers", "巴西", "1.5%"),
    ],
)
async def test_the_country_that_was_named_is_answered(
    database: Database, call: Callable[..., Any], text: str, language: str, reply: str, country: str, fee: str
) -> None:
    replies, _ = await call("action_international_payments", visitor(database), text=text, language=language)

    assert names(replies) == [reply]
    assert (replies[0]["country"], replies[0]["fee"], replies[0]["margin"]) == (country, fee, "0.8%")


async def test_a_country_that_is_not_served_is_said_to_be_so(database: Database, call: Callable[..., Any]) -> None:
    replies, _ = await call("action_international_payments", visitor(database), text="can I use it in Cuba")

    assert names(replies) == ["utter_international_payments_not_served"]


async def test_without_a_country_the_extent_is_told(database: Database, call: Callable[..., Any]) -> None:
    with database.transaction() as session:
        table = rates.load_rates(PROJECT / "data/rates.yml")
        rates.store_rates(session, rates=table, now=NOW - timedelta(hours=1))

    replies, _ = await call("action_international_payments", visitor(database), text="can I use the wallet abroad")

    assert names(replies) == ["utter_international_payments"]
    assert replies[0]["currencies"] == len(table.rates) + 1
    assert replies[0]["not_served"] == "Cuba, Iran, North Korea and Syria"


async def test_in_speech_percentages_are_words(database: Database, call: Callable[..., Any]) -> None:
    replies, _ = await call(
        "action_international_payments", visitor(database), text="在日本能用吗", language="zh", channel="voice"
    )

    assert (replies[0]["fee"], replies[0]["margin"]) == ("百分之1", "百分之0.8")


async def test_a_customer_who_cannot_pay_hears_why(database: Database, call: Callable[..., Any]) -> None:
    _, conversation_id = customer(database, verified=False)

    replies, _ = await call("action_international_payments", conversation_id, text="does it work in Japan")

    assert names(replies) == ["utter_international_payments_there", "utter_next_step_unverified"]
