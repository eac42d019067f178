"""Wanting a person: the queue where somebody is at the desk, else a ticket; and the same after two failures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from actions.base import Wiring
from actions.server import build_executor
from tests.actions.customers import customer, names, visitor
from tests.wallet_core.factories import NOW, create_agent
from tests.wallet_core.handover_helpers import Floor
from wallet_core import handovers
from wallet_core.database import Database
from wallet_core.models import HandoverReason, Owner, Priority, Ticket

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


# What it is about

AT_NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 23:00 in Beijing: only fraud is open


@pytest.fixture
def fay(database: Database) -> str:
    """At her desk day and night, for fraud alone."""
    with database.transaction() as session:
        return str(create_agent(session, id="fay", queues=["fraud"], seen_at=AT_NIGHT).id)


def waits(database: Database) -> list[tuple[str, str, Priority]]:
    with database.reading() as session:
        return [(one.topic, one.queue, one.priority) for one in handovers.waiting(session)]


def opened(database: Database) -> list[tuple[str, str, Priority]]:
    with database.reading() as session:
        tickets = session.scalars(select(Ticket).order_by(Ticket.id))
        return [(one.topic, one.queue, Priority(one.priority)) for one in tickets]


async def robbed(call: Call, conversation_id: str) -> None:
    await call("action_freeze_account", conversation_id, freeze_confirmed=True, freeze_topic="stolen_funds")
    await call("action_freeze_aftermath", conversation_id, message_id="m2", freeze_topic="stolen_funds")


async def scammed(call: Call, conversation_id: str) -> None:
    await call("action_report_scam", conversation_id, message_id="m2", scam_details="he had me share my screen")


async def disputed(call: Call, conversation_id: str) -> None:
    await call("action_unauthorized_transaction", conversation_id, message_id="m2", dispute_description="not mine")


@pytest.mark.parametrize(
    ("happens", "waiting"),
    [
        (robbed, ("stolen_funds", "fraud", Priority.URGENT)),
        (scammed, ("report_scam", "fraud", Priority.HIGH)),
        (disputed, ("unauthorized_transaction", "fraud", Priority.URGENT)),
    ],
)
async def test_whose_money_may_be_going_gets_to_fraud_at_night(
    database: Database, wiring: Wiring, call: Call, fay: str, happens: Call, waiting: tuple[str, str, Priority]
) -> None:
    wiring.clock.time = AT_NIGHT  # type: ignore[attr-defined]
    _, conversation_id = customer(database)
    await happens(call, conversation_id)

    replies, _ = await call("action_talk_to_human", conversation_id, text="a person please", message_id="m3")

    assert names(replies) == ["utter_handover_next"]
    assert waits(database) == [waiting]


async def test_a_question_since_then_does_not_send_who_was_robbed_elsewhere(
    database: Database, call: Call, ana: str
) -> None:
    _, conversation_id = customer(database)
    await robbed(call, conversation_id)

    await call("action_talk_to_human", conversation_id, message_id="m3", ticket_topic="limits")

    assert waits(database) == [("stolen_funds", "fraud", Priority.URGENT)]


async def test_who_wants_a_person_in_the_middle_of_a_report_gets_to_its_queue(
    database: Database, call: Call, ana: str
) -> None:
    _, conversation_id = customer(database)
    began = [{"event": "active_loop", "name": "report_scam_form"}, {"event": "active_loop", "name": None}]

    await call("action_talk_to_human", conversation_id, happened=began, ticket_topic="limits")

    assert waits(database) == [("report_scam", "fraud", Priority.HIGH)]


@pytest.mark.parametrize(
    "since",
    [
        [{"event": "user", "text": "hm"}] * 6,
        [{"event": "user", "text": "hm", "timestamp": at} for at in (100.0, 3800.0)],
    ],
)
async def test_what_was_asked_about_long_ago_is_not_what_a_person_is_wanted_for(
    database: Database, call: Call, ana: str, since: list[dict[str, Any]]
) -> None:
    _, conversation_id = customer(database)
    at = {"timestamp": since[0]["timestamp"]} if "timestamp" in since[0] else {}
    asked = {"event": "slot", "name": "ticket_topic", "value": "limits", **at}

    await call("action_talk_to_human", conversation_id, happened=[{"event": "user", "text": "hi"}, asked, *since])

    assert waits(database) == [("talk_to_human", "general", Priority.NORMAL)]


async def test_others_than_those_it_is_for_are_better_than_nobody(database: Database, call: Call) -> None:
    with database.transaction() as session:
        create_agent(session, queues=["general"], seen_at=NOW)
    _, conversation_id = customer(database)
    await robbed(call, conversation_id)

    replies, _ = await call("action_talk_to_human", conversation_id, message_id="m3")

    assert names(replies) == ["utter_handover_next"]
    assert waits(database) == [("talk_to_human", "general", Priority.NORMAL)]


async def test_with_nobody_there_the_ticket_is_of_the_matter_and_one_is_enough(database: Database, call: Call) -> None:
    _, conversation_id = customer(database)
    replies, _ = await call("action_talk_to_human", conversation_id, message_id="m1", ticket_topic="account_locked")
    assert opened(database) == [("account_locked", "account", Priority.HIGH)]

    again, _ = await call("action_talk_to_human", conversation_id, message_id="m2", ticket_topic="account_locked")

    assert names(again) == ["utter_person_will_contact"]
    assert again[0]["receipts"] == replies[0]["receipts"] and len(opened(database)) == 1


async def test_a_visitors_contact_is_on_the_ticket_by_which_they_are_reached(database: Database, call: Call) -> None:
    conversation_id = visitor(database)
    await scammed(call, conversation_id)

    await call("action_talk_to_human", conversation_id, message_id="m3", contact="+85251234567")

    with database.reading() as session:
        tickets = session.scalars(select(Ticket).order_by(Ticket.id))
        assert [(one.topic, one.contact) for one in tickets] == [("report_scam", None), ("report_scam", "+85251234567")]


async def test_another_ticket_after_a_freeze_is_not_about_the_freeze(database: Database, call: Call) -> None:
    _, conversation_id = customer(database)
    _, events = await call("action_freeze_account", conversation_id, freeze_confirmed=True)

    assert not any(event.get("name") == "ticket_topic" for event in events)
