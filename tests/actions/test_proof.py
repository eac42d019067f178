"""A code shows who speaks, and the wish that needed it goes on by itself."""

from __future__ import annotations

import asyncio

import pytest

from actions import base
from actions.base import Wiring
from tests.actions.picking_helpers import Call
from tests.actions.trust_helpers import make_person, phone_of
from wallet_core.models import Assurance

TOPICS = [
    ("check_balance", "action_check_balance"),
    ("check_transactions", "action_check_transactions"),
    ("refund_request", "refund_request_form"),
]


@pytest.mark.parametrize(("topic", "goes_on"), TOPICS)
async def test_what_needs_proof_is_remembered(call: Call, wiring: Wiring, topic: str, goes_on: str) -> None:
    visitor, _ = make_person(call, wiring, topic, assurance=Assurance.ANONYMOUS)

    replies, events = await call(f"action_{topic}", visitor.conversation_id, text="…")

    kept = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    assert replies[0]["response"] == f"utter_{topic}_needs_sign_in"
    assert (kept["wish_to_prove"], kept["proof_for"]) == ("proof_form", goes_on)


@pytest.mark.parametrize("goes_on", [step for _, step in TOPICS])
async def test_after_the_code_it_goes_on(
    call: Call, wiring: Wiring, inbox: list[tuple[str, str]], goes_on: str
) -> None:
    visitor, wallet = make_person(call, wiring, "proof", assurance=Assurance.ANONYMOUS)
    asked = []
    await visitor.opens(intent="prove_here", proof_for=goes_on)
    asked.append(visitor.requested)
    await visitor.says(phone_of(wiring, wallet))
    asked.append(visitor.requested)

    await asyncio.gather(*base._AT_WORK)  # the code goes out after the reply
    await visitor.answers(inbox[0][1])
    visitor.action = "proof_given"
    replies = await visitor.is_done()

    assert asked == ["claimed_wallet", "one_time_code"]
    assert replies == []
    assert visitor.next == goes_on


async def test_who_stops_is_left_in_peace(call: Call, wiring: Wiring) -> None:
    visitor, _ = make_person(call, wiring, "proof", assurance=Assurance.ANONYMOUS)
    await visitor.opens(intent="prove_here", proof_for="action_check_balance")
    await visitor.says("stop", intent="deny")

    visitor.action = "proof_given"
    replies = await visitor.is_done()

    assert [reply["response"] for reply in replies] == ["utter_stopped"]
    assert visitor.next is None
