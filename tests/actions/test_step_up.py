"""Proof is asked for when it is needed, told why, counted as the core counts, and never asked for in vain."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from actions.base import Wiring
from actions.server import build_executor
from bot.outside import NotConnected
from tests.actions.conftest import caller
from tests.actions.picking_helpers import Call, followed_by
from tests.actions.trust_helpers import WRONG, make_person, phone_of, rows
from tests.wallet_core.factories import NOW
from wallet_core.models import AccountStatus, Assurance, Challenge, SentCode

Inbox = list[tuple[str, str]]


async def test_the_code_goes_to_the_number_on_file_and_the_reason_is_told(
    call: Call, wiring: Wiring, inbox: Inbox
) -> None:
    person, wallet = make_person(call, wiring, "forgot_password")

    said = await person.opens("i forgot my password")

    assert said == ["utter_code_sent_reset_link"]
    assert person.requested == "one_time_code"
    assert [to for to, _ in inbox] == [phone_of(wiring, wallet)]


async def test_who_is_proven_already_is_asked_nothing(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password", assurance=Assurance.PROVEN)

    said = await person.opens("i forgot my password")

    assert said == []
    assert person.requested is None
    assert inbox == []


async def test_a_question_in_between_sends_no_second_code(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password")
    await person.opens("i forgot my password")

    said = await person.says("what do you charge abroad?", intent="international_fees")
    again = await person.says("what do you charge abroad?", intent="international_fees")

    assert said == again == []
    assert person.requested == "one_time_code"
    assert len(inbox) == 1


async def test_a_wrong_code_is_told_with_what_is_left_and_asked_again(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password")
    await person.opens("i forgot my password")

    said = await person.answers(WRONG)

    assert said == ["utter_code_wrong"]
    assert person.requested == "one_time_code"
    assert len(inbox) == 1


async def test_five_wrong_codes_close_the_way_and_a_person_is_offered(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password")
    await person.opens("i forgot my password")

    told = [await person.answers(WRONG) for _ in range(5)]
    after = await person.is_done()

    assert told == [*[["utter_code_wrong"]] * 4, ["utter_error_too_many_attempts"]]
    assert after == []
    assert person.slots["form_refused"] is None


async def test_asking_for_new_codes_gives_no_new_tries(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password")
    await person.opens("i forgot my password")
    for _ in range(4):
        await person.answers(WRONG)

    await person.presses("resend_code")
    told = await person.answers(WRONG)

    assert told == ["utter_error_too_many_attempts"]


@pytest.mark.parametrize("words", ["I didn't get the code", "send it again", "没收到验证码", "再发一次"])
async def test_a_code_that_did_not_come_is_sent_again(call: Call, wiring: Wiring, inbox: Inbox, words: str) -> None:
    person, _ = make_person(call, wiring, "forgot_password")
    await person.opens("i forgot my password")

    said = await person.says(words)

    assert said == ["utter_code_sent_reset_link"]
    assert len(inbox) == 2
    assert await person.answers(inbox[-1][1]) == []
    assert person.requested is None


async def test_the_code_can_go_to_the_mailbox_instead(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password")
    await person.opens("i forgot my password")

    await person.presses("code_by_email")

    assert "@" in inbox[-1][0]


async def test_without_a_mailbox_the_first_code_stays_good(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password", email=None)
    await person.opens("i forgot my password")

    said = await person.presses("code_by_email")
    await person.answers(inbox[0][1])

    assert said == ["utter_code_no_email"]
    assert person.requested is None


async def test_no_settled_contact_ends_the_form_with_the_reason(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password", contact_since=NOW - timedelta(hours=71))

    said = await person.opens("i forgot my password")

    assert said == ["utter_error_no_settled_contact"]
    assert person.requested is None
    assert await person.is_done() == []


async def test_an_expired_code_is_replaced(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password")
    await person.opens("i forgot my password")
    wiring.clock.time += timedelta(minutes=11)  # type: ignore[attr-defined]

    said = await person.answers(inbox[0][1])

    assert said == ["utter_code_expired", "utter_code_sent_reset_link"]
    assert len(inbox) == 2


async def test_where_no_codes_can_be_sent_that_is_told_and_the_form_ends(wiring: Wiring) -> None:
    object.__setattr__(wiring, "code_sender", NotConnected("codes"))
    person, _ = make_person(caller(build_executor(wiring)), wiring, "forgot_password")

    said = await person.opens("i forgot my password")

    assert said == ["utter_error_service_unavailable"]
    assert person.requested is None
    assert await person.is_done() == []
    assert [challenge.status for challenge in rows(wiring, Challenge)] == ["superseded"]


async def test_a_code_that_nobody_sent_before_a_crash_is_sent_when_the_form_is_opened_again(
    call: Call, wiring: Wiring, inbox: Inbox
) -> None:
    person, _ = make_person(call, wiring, "forgot_password")
    await person.opens("i forgot my password")
    with wiring.database.transaction() as session:
        session.query(Challenge).one().provider_reference = None

    said = await person.opens("i forgot my password")

    assert said == ["utter_code_sent_reset_link"]
    assert await person.answers(inbox[-1][1]) == []


@pytest.mark.parametrize(
    ("words", "intent"),
    [("never mind", "deny"), ("算了不约了", "out_of_scope"), ("cancel", "cancel_payment"), ("bye", "goodbye")],
)
async def test_stopping_stops_and_no_answer_is_waited_for(
    call: Call, wiring: Wiring, inbox: Inbox, words: str, intent: str
) -> None:
    person, _ = make_person(call, wiring, "forgot_password")
    await person.opens("i forgot my password")

    await person.says(words, intent=intent)
    replies = await person.is_done()

    assert [reply["response"] for reply in replies] == ["utter_stopped"]
    assert [challenge.status for challenge in rows(wiring, Challenge)] == ["superseded"]


# Who is not signed in


async def test_a_visitor_names_the_wallet_and_gets_a_code_on_file(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, wallet = make_person(
        call, wiring, "account_locked", assurance=Assurance.ANONYMOUS, status=AccountStatus.LOCKED
    )
    await person.opens(intent="prove_here", proving=True)
    asked = person.requested

    said = await person.says(f"it is {wallet}")
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))

    assert asked == "claimed_wallet"
    assert said == ["utter_code_sent_perhaps"]
    assert person.requested == "one_time_code"
    assert [to for to, _ in inbox] == [phone_of(wiring, wallet)]


@pytest.mark.parametrize("name", ["W999999", "+1 202 555 9999"])
async def test_an_unknown_name_is_answered_like_a_known_one(
    call: Call, wiring: Wiring, inbox: Inbox, name: str
) -> None:
    known, wallet = make_person(call, wiring, "account_locked", assurance=Assurance.ANONYMOUS)
    unknown, _ = make_person(call, wiring, "account_locked", assurance=Assurance.ANONYMOUS)

    told: dict[str, Any] = {}
    for person, said in ((known, wallet), (unknown, name)):
        await person.opens(intent="prove_here", proving=True)
        first = await person.says(said)
        told[said] = [first, person.requested, await person.answers(WRONG), person.requested]

    assert told[wallet] == told[name]


async def test_a_mistyped_name_can_be_put_right(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, wallet = make_person(
        call, wiring, "account_locked", assurance=Assurance.ANONYMOUS, status=AccountStatus.LOCKED
    )
    await person.opens(intent="prove_here", proving=True)
    await person.says("W424242")

    await person.says(f"sorry, {wallet}")
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))
    await person.answers(inbox[-1][1])

    assert person.requested is None


async def test_what_is_no_name_is_asked_for_once_more(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "account_locked", assurance=Assurance.ANONYMOUS)
    await person.opens(intent="prove_here", proving=True)

    assert await person.says("the blue one") == ["utter_claimed_wallet_not_understood"]
    assert person.requested == "claimed_wallet"


async def test_codes_are_stored_as_hashes_only(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "forgot_password")

    await person.opens("i forgot my password")

    [sent] = rows(wiring, SentCode)
    assert inbox[0][1] not in sent.code_hash


# When no form waits


async def test_a_proof_goes_on_with_the_form_that_was_interrupted(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "forgot_password")

    replies, events = await call(
        "action_challenge_answered",
        person.conversation_id,
        intent="challenge_passed",
        interrupted_form="forgot_password_form",
    )

    assert [reply["response"] for reply in replies] == ["utter_proof_taken"]
    assert followed_by(events) == "forgot_password_form"


@pytest.mark.parametrize(
    ("intent", "challenge", "form", "said"),
    [
        ("challenge_passed", "passed", None, "utter_proof_taken_say_again"),
        ("challenge_passed", "passed", "open_ticket_form", "utter_proof_taken"),
        ("challenge_failed", "late", None, "utter_answer_late"),
        ("challenge_failed", "closed", None, "utter_error_too_many_attempts"),
    ],
)
async def test_an_answer_that_no_form_waits_for_is_answered(
    call: Call, wiring: Wiring, intent: str, challenge: str, form: str | None, said: str
) -> None:
    person, _ = make_person(call, wiring, "forgot_password")

    replies, _ = await call(
        "action_challenge_answered", person.conversation_id, intent=intent, challenge=challenge, form=form
    )

    assert [reply["response"] for reply in replies] == [said]


async def test_the_button_goes_on_with_the_wish(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "forgot_password", assurance=Assurance.ANONYMOUS)

    replies, events = await call("action_prove_here", person.conversation_id, wish_to_prove="unfreeze_form")

    assert replies == []
    assert followed_by(events) == "unfreeze_form"
