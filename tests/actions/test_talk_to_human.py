"""Wanting a person: the queue where somebody is at the desk, else a ticket; and the same after two failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actions.base import Wiring
from actions.server import build_executor
from tests.actions.customers import customer, names, visitor
from tests.wallet_core.factories import NOW, create_agent
from tests.wallet_core.handover_helpers import Floor
from wallet_core import handovers
from wallet_core.database import Database
from wallet_core.models import HandoverReason, Owner

Call = Callable[..., Any]

QUEUES = ["general", "payments", "account", "fraud"]


@pytest.fixture
def ana(database: Database) -> str:
    """At her desk, for every queue."""
    with database.transaction() as session:
        return str(create_agent(session, id="ana", queues=QUEUES, seen_at=NOW).id)


def requested(events: list[dict[str, Any]]) -> Any:
    return next(event["value"] for event in events if event.get("name") == "requested_slot")


async def test_who_wants_a_person_is_put_into_the_queue(database: Database, call: Call, ana: str) -> None:
    _, conversation_id = customer(database)

    replies, _ = await call("action_talk_to_human", conversation_id, intent="talk_to_human", text="a person please")

    assert names(replies) == ["utter_handover_next"]
    assert Floor(database).owner(conversation_id) is Owner.QUEUE


async def test_the_queue_is_that_of_the_matter(database: Database, call: Call, ana: str) -> None:
    _, conversation_id = customer(database)

    await call("action_talk_to_human", conversation_id, ticket_topic="payment_failed")

    with database.reading() as session:
        [waiting] = handovers.waiting(session)
    assert (waiting.queue, waiting.topic, waiting.reason) == ("payments", "payment_failed", HandoverReason.ASKED)


async def test_who_has_to_wait_hears_the_place_and_how_long(database: Database, call: Call, ana: str) -> None:
    floor = Floor(database)
    for _ in range(3):
        conversation_id = floor.conversation()
        await call("action_talk_to_human", conversation_id)
        floor.claim(ana, conversation_id)
    await call("action_talk_to_human", floor.conversation())

    replies, _ = await call("action_talk_to_human", floor.conversation())

    assert names(replies) == ["utter_handover_waiting"]
    assert (replies[0]["place"], replies[0]["minutes"]) == (2, 12)


async def test_a_visitor_is_asked_for_a_contact_only_where_nobody_is_there(database: Database, call: Call) -> None:
    conversation_id = visitor(database)

    async def opens() -> Any:
        _, events = await call("validate_talk_to_human_form", conversation_id, intent="talk_to_human")
        return requested(events)

    assert await opens() == "contact"
    with database.transaction() as session:
        create_agent(session, queues=QUEUES, seen_at=NOW)
    assert await opens() is None


async def test_with_nobody_at_the_desk_there_is_a_ticket(database: Database, call: Call) -> None:
    _, conversation_id = customer(database)

    replies, _ = await call("action_talk_to_human", conversation_id, intent="talk_to_human", text="a person please")

    assert names(replies) == ["utter_person_will_contact"]
    assert replies[0]["receipts"]


async def test_a_caller_is_not_put_into_the_queue_of_chats(database: Database, call: Call, ana: str) -> None:
    _, conversation_id = customer(database)

    replies, _ = await call("action_talk_to_human", conversation_id, channel="voice")

    assert names(replies) == ["utter_person_will_contact"]


async def test_who_waits_is_not_offered_the_second_wish_by_the_assistant(
    database: Database, call: Call, ana: str
) -> None:
    _, conversation_id = customer(database)
    wish = {"entity": "other_wish", "value": "open_ticket"}

    replies, _ = await call("action_talk_to_human", conversation_id, entities=[wish])

    assert names(replies) == ["utter_handover_next"]


async def test_not_understood_twice_a_person_takes_over(database: Database, wiring: Wiring, ana: str) -> None:
    first, then = [await not_understood(wiring, visitor(database), times) for times in (1, 2)]

    assert names(first) == ["utter_out_of_scope"]
    assert names(then) == ["utter_handover_next"]


async def test_not_understood_twice_with_nobody_there_a_person_is_offered(database: Database, wiring: Wiring) -> None:
    replies = await not_understood(wiring, visitor(database), 2)

    assert names(replies) == ["utter_out_of_scope_again"]


async def not_understood(wiring: Wiring, conversation_id: str, times: int) -> list[dict[str, Any]]:
    """So many messages one after the other; the replies to the last."""
    said = [{"event": "user", "text": "blub", "parse_data": {"intent": {"name": "out_of_scope"}}}] * times
    result = await build_executor(wiring).run(
        {
            "next_action": "action_out_of_scope",
            "sender_id": conversation_id,
            "tracker": {
                "sender_id": conversation_id,
                "slots": {"language": "en"},
                "latest_message": {"intent": {"name": "out_of_scope"}, "text": "blub", "metadata": {}},
                "events": said,
                "paused": False,
                "active_loop": {},
                "latest_action_name": "action_listen",
            },
        }
    )
    assert result is not None
    return list(result.responses)
