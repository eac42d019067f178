"""A wallet is closed by a person: the chat says what has to be done before, and does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.actions.customers import customer, names, visitor
from wallet_core import accounts
from wallet_core.database import Database
from wallet_core.models import AccountStatus


async def test_money_that_is_left_is_told_and_the_wallet_stays_open(
    database: Database, call: Callable[..., Any]
) -> None:
    account_id, conversation_id = customer(database, balance=42_00)

    replies, events = await call("action_close_account", conversation_id)

    assert (names(replies), replies[0]["balance"]) == (["utter_close_account_balance_left"], "US$42.00")
    assert [(event["name"], event["value"]) for event in events] == [("ticket_topic", "close_account")]
    with database.reading() as session:
        assert accounts.get_account(session, account_id=account_id).status is AccountStatus.ACTIVE


async def test_an_empty_wallet_and_a_visitor_hear_the_general_steps(
    database: Database, call: Callable[..., Any]
) -> None:
    _, empty = customer(database, balance=0)

    for conversation_id in (empty, visitor(database)):
        replies, _ = await call("action_close_account", conversation_id)
        assert names(replies) == ["utter_close_account"]


async def test_a_closed_wallet_is_closed_already(database: Database, call: Callable[..., Any]) -> None:
    _, conversation_id = customer(database, status="closed")

    replies, _ = await call("action_close_account", conversation_id)

    assert names(replies) == ["utter_error_account_closed"]
