"""A merchant that we know is answered by name, else the kinds of places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.actions.customers import customer, names, visitor
from wallet_core import merchants
from wallet_core.database import Database


@pytest.fixture
def known(database: Database) -> Database:
    with database.transaction() as session:
        merchants.register(session, name="Lucky Star Betting", takes_wallet=False)
        merchants.register(session, name="Lucky Star", takes_wallet=True)
        merchants.register(session, name="老街面馆", takes_wallet=True)
        merchants.register(session, name="McArthur's", takes_wallet=True)
    return database


@pytest.mark.parametrize(
    ("text", "reply", "merchant"),
    [
        ("does lucky star betting take it?", "utter_merchant_without_wallet", "Lucky Star Betting"),
        ("can I pay at LUCKY  STAR", "utter_merchant_takes_wallet", "Lucky Star"),
        ("老街面馆收不收你们钱包", "utter_merchant_takes_wallet", "老街面馆"),
        ("what about mcarthur's", "utter_merchant_takes_wallet", "McArthur's"),
    ],
)
async def test_the_merchant_that_was_named_is_looked_up(
    known: Database, call: Callable[..., Any], text: str, reply: str, merchant: str
) -> None:
    replies, _ = await call("action_supported_merchants", visitor(known), text=text)

    assert names(replies) == [reply]
    assert replies[0]["merchant"] == merchant


@pytest.mark.parametrize("text", ["where can I use it", "does unlucky starlight take it", "/supported_merchants"])
async def test_otherwise_the_kinds_of_places_are_told(known: Database, call: Callable[..., Any], text: str) -> None:
    replies, _ = await call("action_supported_merchants", visitor(known), text=text)

    assert names(replies) == ["utter_supported_merchants"]
    assert replies[0]["places"].startswith("online shops, restaurants")


async def test_who_cannot_pay_there_anyway_hears_why(known: Database, call: Callable[..., Any]) -> None:
    _, conversation_id = customer(known, status="locked")

    replies, _ = await call("action_supported_merchants", conversation_id, text="does Lucky Star take it")

    assert names(replies) == ["utter_merchant_takes_wallet", "utter_next_step_locked"]
