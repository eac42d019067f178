"""A scam: the warning comes first, and what happened reaches the fraud queue."""

from __future__ import annotations

import pytest

from actions.base import Wiring
from tests.actions.picking_helpers import Call
from tests.actions.trust_helpers import make_person, rows
from wallet_core.models import Assurance, Ticket


async def test_the_warning_comes_before_any_question(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "report_scam")

    said = await person.opens("a man had me share my screen")

    assert said == ["utter_report_scam"]
    assert person.requested == "scam_details"


async def test_both_what_was_said_first_and_what_was_added_reach_the_fraud_queue(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "report_scam")
    await person.opens("a man had me share my screen")
    await person.says("he called from +44 20 7946 0000")

    [reply] = await person.is_done()

    [ticket] = rows(wiring, Ticket)
    assert (reply["response"], reply["receipts"]) == ("utter_scam_ticket_opened", [ticket.reference])
    assert (ticket.queue, ticket.topic) == ("fraud", "report_scam")
    assert ticket.summary == "a man had me share my screen\nhe called from +44 20 7946 0000"


async def test_nothing_has_to_be_added(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "report_scam")
    await person.opens("a man had me share my screen")

    await person.presses("affirm")
    await person.is_done()

    [ticket] = rows(wiring, Ticket)
    assert ticket.summary == "a man had me share my screen"


@pytest.mark.parametrize("how", ["deny", "goodbye"])
async def test_who_would_rather_not_report_it_need_not(call: Call, wiring: Wiring, how: str) -> None:
    person, _ = make_person(call, wiring, "report_scam")
    await person.opens("a man had me share my screen")

    await person.says("no", intent=how)
    replies = await person.is_done()

    assert [reply["response"] for reply in replies] == ["utter_stopped"]
    assert rows(wiring, Ticket) == []


async def test_a_visitor_may_leave_a_contact(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "report_scam", assurance=Assurance.ANONYMOUS)
    await person.opens("a man had me share my screen")
    await person.says("he called from +44 20 7946 0000")
    asked = person.requested
    await person.says("me@example.com")

    await person.is_done()

    [ticket] = rows(wiring, Ticket)
    assert asked == "contact"
    assert ticket.contact == "me@example.com"


async def test_taken_up_again_it_warns_no_second_time(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "report_scam")
    await person.opens("a man had me share my screen")

    said = await person.opens("yes", intent="affirm")

    assert said == []
    assert person.slots["scam_report"] == "a man had me share my screen"
