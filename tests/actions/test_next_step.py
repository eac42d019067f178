"""After an answer the customer hears what keeps their own wallet from paying, and the way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.actions.customers import customer, names, visitor
from wallet_core.database import Database


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, []),
        ({"frozen": True}, ["utter_next_step_frozen"]),
        ({"status": "locked"}, ["utter_next_step_locked"]),
        ({"verified": False}, ["utter_next_step_unverified"]),
        ({"frozen": True, "status": "locked", "verified": False}, ["utter_next_step_frozen"]),
        ({"status": "closed", "frozen": True}, []),
    ],
)
async def test_the_first_thing_in_the_way_is_told(
    database: Database, call: Callable[..., Any], state: dict[str, Any], told: list[str]
) -> None:
    _, conversation_id = customer(database, **state)

    replies, _ = await call("action_next_step", conversation_id, intent="app_problem")

    assert names(replies) == told


async def test_a_visitor_hears_nothing_of_any_wallet(database: Database, call: Callable[..., Any]) -> None:
    customer(database, frozen=True)

    replies, _ = await call("action_next_step", visitor(database), intent="app_problem")

    assert replies == []


async def test_a_ticket_opened_next_is_about_the_topic(database: Database, call: Callable[..., Any]) -> None:
    _, events = await call("action_next_step", visitor(database), intent="app_problem")

    assert [(event["name"], event["value"]) for event in events] == [("ticket_topic", "app_problem")]


async def test_in_the_middle_of_a_form_nothing_is_added_and_its_ticket_stays_what_it_is(
    database: Database, call: Callable[..., Any]
) -> None:
    _, conversation_id = customer(database, frozen=True)

    replies, events = await call("action_next_step", conversation_id, intent="app_problem", form="open_ticket_form")

    assert (replies, events) == ([], [])
