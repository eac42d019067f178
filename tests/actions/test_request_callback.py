"""A callback: on the number on file at once, on a new one after two codes; the phrase is for whom we know alone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from actions.base import Wiring
from tests.actions.picking_helpers import Call
from tests.actions.trust_helpers import WRONG, Person, make_person, phone_of, rows
from wallet_core.models import Assurance, Callback, CallbackStatus, TextThread, Ticket

Inbox = list[tuple[str, str]]
NEW_NUMBER = "+447400123456"
NIGHT = "tomorrow at 4am"  # in the customer's zone as in ours: nobody is there


async def book(person: Person, *, about: str | None = None, when: str = "asap") -> list[dict[str, Any]]:
    """Ask for one on the number on file."""
    await person.opens("call me back")
    if person.requested == "callback_number":
        await person.presses("affirm")
    await (person.says(about) if about else person.presses("deny"))
    await person.says(when)
    return await person.is_done()


async def test_a_customer_is_called_on_file_and_told_the_phrase(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, wallet = make_person(call, wiring, "request_callback")

    booked, phrase = await book(person)

    [callback] = rows(wiring, Callback)
    assert (booked["response"], booked["receipts"]) == ("utter_callback_booked", [callback.reference])
    assert (phrase["response"], phrase["phrase"]) == ("utter_callback_phrase", callback.phrase)
    assert callback.number == phone_of(wiring, wallet)
    assert booked["masked"].endswith(callback.number[-2:])
    assert callback.number not in str(booked)
    assert inbox == []


async def test_what_it_is_about_stands_in_a_ticket_that_goes_with_it(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")

    replies = await book(person, about="my refund from Bright Books")

    [ticket], [callback] = rows(wiring, Ticket), rows(wiring, Callback)
    assert replies[-1]["receipts"] == [ticket.reference]
    assert callback.ticket_id == ticket.id
    assert ticket.summary == "my refund from Bright Books"


async def test_what_was_said_with_the_wish_is_not_asked_again(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")

    await person.opens("call me tomorrow at 3pm", ticket_topic="refund_request")
    asked = person.requested
    await person.presses("affirm")

    assert asked == "callback_number"
    assert person.requested is None
    assert person.slots["callback_topic"] == "refund_request"


async def test_a_call_after_a_theft_is_about_the_theft(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    await call("action_freeze_aftermath", person.conversation_id, freeze_topic="stolen_funds", stolen_details="300")

    await person.opens("call me back", ticket_topic="limits")

    assert person.slots["callback_topic"] == "stolen_funds"


async def test_an_answered_question_is_not_what_the_call_is_about(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")

    await person.opens("call me back", ticket_topic="contact_support")
    await person.presses("affirm")

    assert person.requested == "callback_about"


async def test_a_new_number_takes_a_code_on_file_and_one_of_its_own(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, wallet = make_person(call, wiring, "request_callback")
    await person.opens("call me back")
    await person.presses("another_number")

    first = await person.says("+44 7400 123456")
    asked = [person.requested]
    second = await person.answers(inbox[-1][1])
    asked.append(person.requested)
    await person.answers(inbox[-1][1])
    await person.presses("deny")
    await person.presses("affirm")
    booked, _ = await person.is_done()

    [callback] = rows(wiring, Callback)
    assert first == ["utter_code_sent_callback_new_number"]
    assert second == ["utter_new_number_code_sent"]
    assert asked == ["one_time_code", "new_number_code"]
    assert [to for to, _ in inbox] == [phone_of(wiring, wallet), NEW_NUMBER]
    assert (booked["response"], callback.number) == ("utter_callback_booked", NEW_NUMBER)


async def test_a_new_number_that_is_not_proven_is_not_called(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, _ = make_person(call, wiring, "request_callback", assurance=Assurance.PROVEN)
    await person.opens(f"call me on {NEW_NUMBER}")
    await person.answers(WRONG)

    replies, _ = await call("action_request_callback", person.conversation_id, callback_number=NEW_NUMBER)

    assert [reply["response"] for reply in replies] == ["utter_error_not_allowed_3"]
    assert rows(wiring, Callback) == []


async def test_a_number_in_a_country_where_we_call_nobody_is_refused_with_what_to_do_instead(
    call: Call, wiring: Wiring
) -> None:
    object.__setattr__(wiring, "call_countries", frozenset({"HK"}))
    person, _ = make_person(call, wiring, "request_callback")
    another, _ = make_person(call, wiring, "request_callback")

    opened = await person.opens("call me on +44 7400 123456")
    again = await person.says("+44 7400 123456")
    asked = person.requested
    await person.says("+852 6123 4567")
    await another.opens("call me back")
    on_file = await another.presses("affirm")

    assert opened[0] == on_file[0] == again[0] == "utter_callback_country_not_called"
    assert (asked, another.requested) == ("callback_number", "callback_number")
    assert person.slots["callback_number"] == "+85261234567"
    assert rows(wiring, Callback) == []


async def test_the_number_on_file_given_as_a_new_one_takes_no_code(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    person, wallet = make_person(call, wiring, "request_callback")

    await person.opens(f"call me on {phone_of(wiring, wallet)}")

    assert person.requested == "callback_about"
    assert inbox == []


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (NIGHT, "utter_callback_time_closed"),
        ("yesterday at 3pm", "utter_callback_time_impossible"),
        ("2026-12-24 10:00", "utter_callback_time_impossible"),
        ("when the moon is full", "utter_callback_time_unclear"),
    ],
)
async def test_a_time_that_will_not_do_is_told_and_asked_for_again(
    call: Call, wiring: Wiring, when: str, said: str
) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    await person.opens("call me back")
    await person.presses("affirm")
    await person.presses("deny")

    told = await person.says(when)

    assert told == [said]
    assert person.requested == "callback_when"


async def test_a_wish_first_said_is_asked_anew_where_others_answer_for_the_topic(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    await person.opens("call me tonight at 9")  # general: open until 22:00; account: until 18:00
    await person.presses("affirm")

    said = await person.says("i can't get my identity verified", intent="verify_identity")

    assert said == ["utter_callback_time_closed"]
    assert person.requested == "callback_when"


# Who is not signed in


async def test_whoever_asks_in_a_name_gets_one_answer_and_no_phrase(call: Call, wiring: Wiring) -> None:
    known, wallet = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)
    nobody, _ = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)

    told = []
    for person, name in ((known, wallet), (nobody, "W999999")):
        await person.opens("call me back")
        await person.says(name)
        await person.presses("deny")
        await person.presses("affirm")
        [reply] = await person.is_done()
        told.append((reply["response"], reply["window"], reply["masked"]))

    callbacks = rows(wiring, Callback)
    assert told[0] == told[1]
    assert told[0][0] == "utter_callback_perhaps"
    assert told[0][2] is None
    assert [bool(callback.number) for callback in callbacks] == [True, False]
    assert [callback.phrase for callback in callbacks] == [None, None]


async def test_a_stranger_s_request_gives_way_to_the_customer_s_own(call: Call, wiring: Wiring) -> None:
    person, wallet = make_person(call, wiring, "request_callback")
    stranger, _ = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)
    await stranger.opens("call me back")
    await stranger.says(wallet)
    await stranger.presses("deny")
    await stranger.presses("affirm")
    await stranger.is_done()

    booked, _ = await book(person)

    statuses = sorted(callback.status for callback in rows(wiring, Callback))
    assert booked["response"] == "utter_callback_booked"
    assert statuses == [CallbackStatus.CANCELLED, CallbackStatus.REQUESTED]


async def test_what_it_is_about_goes_with_it_whoever_asks_and_opens_no_ticket(call: Call, wiring: Wiring) -> None:
    stranger, wallet = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)
    await stranger.opens("call me back")
    await stranger.says(wallet)
    await stranger.says("my refund from Bright Books")
    await stranger.presses("affirm")

    replies = await stranger.is_done()

    [callback] = rows(wiring, Callback)
    assert [reply["response"] for reply in replies] == ["utter_callback_perhaps"]
    assert callback.about == "my refund from Bright Books"
    assert rows(wiring, Ticket) == []


# Below SIGNED_IN, proving it


async def test_proven_after_the_neutral_answer_the_call_is_theirs_and_nothing_is_asked_twice(
    call: Call, wiring: Wiring, inbox: Inbox
) -> None:
    person, wallet = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)
    await person.opens("call me back")
    await person.says(wallet)
    await person.says("my refund from Bright Books")
    await person.says("tomorrow at 3pm")
    await person.is_done()

    asked, _ = await _prove(person)
    assert asked == "one_time_code"
    await _sent()
    assert await person.answers(inbox[-1][1]) == []
    replies = await person.is_done()

    before, booked = sorted(rows(wiring, Callback), key=lambda callback: callback.status)
    assert [reply["response"] for reply in replies] == [
        "utter_callback_booked",
        "utter_callback_phrase",
        "utter_callback_noted",
    ]
    assert (before.status, booked.status) == (CallbackStatus.CANCELLED, CallbackStatus.REQUESTED)
    assert (before.window_start, before.about) == (booked.window_start, booked.about)
    assert (before.phrase, booked.phrase) == (None, replies[1]["phrase"])
    assert booked.number == phone_of(wiring, wallet)
    assert person.slots["callback_about"] is None


async def test_who_proves_it_where_the_wallet_is_asked_for_gets_the_phrase_at_once(
    call: Call, wiring: Wiring, inbox: Inbox
) -> None:
    person, wallet = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)
    await person.opens("call me tomorrow at 3pm")
    await person.presses("prove_here")
    question, _ = await call("action_ask_request_callback_form_claimed_wallet", person.conversation_id, proving=True)
    asked = [person.requested]
    await person.says(wallet)
    asked.append(person.requested)
    await _sent()
    await person.answers(inbox[-1][1])
    asked.append(person.requested)
    await person.presses("deny")
    replies = await person.is_done()

    assert [one["response"] for one in question] == ["utter_ask_claimed_wallet"]
    assert asked == ["claimed_wallet", "one_time_code", "callback_about"]
    assert [reply["response"] for reply in replies] == ["utter_callback_booked", "utter_callback_phrase"]


async def test_proving_a_wallet_that_is_not_there_looks_the_same(call: Call, wiring: Wiring, inbox: Inbox) -> None:
    known, wallet = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)
    nobody, _ = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)

    told = []
    for person, name in ((known, wallet), (nobody, "W999999")):
        await person.opens("call me back")
        await person.says(name)
        await person.presses("deny")
        await person.presses("affirm")
        await person.is_done()
        told.append((await _prove(person), await person.answers(WRONG), person.requested))

    await _sent()
    assert told[0] == told[1]
    assert told[0][0] == ("one_time_code", ["utter_code_sent_perhaps"])
    assert len(inbox) == 1


async def test_who_leaves_the_proof_keeps_the_call_that_was_booked(call: Call, wiring: Wiring) -> None:
    person, wallet = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)
    await person.opens("call me back")
    await person.says(wallet)
    await person.presses("deny")
    await person.presses("affirm")
    await person.is_done()
    await _prove(person)

    await person.presses("deny")
    [reply] = await person.is_done()

    [callback] = rows(wiring, Callback)
    assert (reply["response"], reply["receipts"]) == ("utter_callback_kept", [callback.reference])
    assert callback.status is CallbackStatus.REQUESTED


async def test_what_was_booked_without_proof_is_not_taken_for_the_next_wish(call: Call, wiring: Wiring) -> None:
    person, wallet = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)
    await person.opens("call me back")
    await person.says(wallet)
    await person.says("my refund")
    await person.presses("affirm")
    await person.is_done()

    await person.opens(intent="affirm")

    assert (person.slots["callback_about"], person.slots["callback_when"]) == (None, None)


async def _sent() -> None:
    """A code to who is not signed in goes out after the answer."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))


async def _prove(person: Person) -> tuple[str | None, list[str]]:
    """Press the button of the neutral answer: what is asked then, and what is told."""
    assert person.slots["wish_to_prove"] == person.form
    person.slots |= {"proving": True, "wish_to_prove": None}  # as `action_prove_here` does
    told = await person.opens(intent="prove_here")
    return person.requested, told


# On whose clocks


def texts_from(wiring: Wiring, person: Person, number: str) -> None:
    with wiring.database.transaction() as session:
        session.add(
            TextThread(
                conversation_id=person.conversation_id,
                theirs=number,
                ours="+85258080000",
                customer_id=None,
                began_at=wiring.clock.now(),
                superseded_at=None,
            )
        )


async def test_who_texts_means_the_clocks_of_their_number(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback", assurance=Assurance.ANONYMOUS)
    texts_from(wiring, person, "+12125550123")
    await person.opens("call me back")
    await person.says("W999999")
    await person.presses("deny")
    await person.says("tomorrow at 9pm")
    [reply] = await person.is_done()

    [callback] = rows(wiring, Callback)
    assert callback.window_start == datetime(2026, 11, 25, 2, tzinfo=UTC)  # 21:00 in New York
    assert reply["window"] == "24 Nov, 21:00 – 23:00 (GMT-05:00)"


async def test_a_zone_that_is_named_counts_and_is_told(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")

    booked, _ = await book(person, when="tomorrow 9 pm New York time")

    [callback] = rows(wiring, Callback)
    assert callback.window_start == datetime(2026, 11, 25, 2, tzinfo=UTC)
    assert booked["window"] == "24 Nov, 21:00 – 23:00 (GMT-05:00)"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("tomorrow 3 pm Narnia time", "utter_callback_zone_unknown"),
        ("明天纳尼亚时间下午三点", "utter_callback_zone_unknown"),
    ],
)
async def test_a_zone_that_does_not_exist_is_asked_back(call: Call, wiring: Wiring, when: str, said: str) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    await person.opens("call me back")
    await person.presses("affirm")
    await person.presses("deny")

    told = await person.says(when)

    assert told == [said]
    assert person.requested == "callback_when"


# One that stands


async def test_a_callback_that_stands_is_told_and_can_be_moved(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    await book(person)
    await person.opens("call me back please")
    asked = person.requested
    told, _ = await call("action_ask_callback_change", person.conversation_id)

    await person.presses("move_callback")
    await person.says("tomorrow at 3pm")
    [reply] = await person.is_done()

    [callback] = rows(wiring, Callback)
    assert asked == "callback_change"
    assert [one["response"] for one in told] == ["utter_ask_callback_change_of"]
    assert (reply["response"], reply["receipts"]) == ("utter_callback_moved", [callback.reference])
    assert callback.window_start > wiring.clock.now() + timedelta(hours=12)


@pytest.mark.parametrize(
    ("words", "said", "status"),
    [
        ("cancel it", "utter_callback_cancelled", CallbackStatus.CANCELLED),
        ("取消", "utter_callback_cancelled", CallbackStatus.CANCELLED),
    ],
)
async def test_a_callback_that_stands_can_be_cancelled(
    call: Call, wiring: Wiring, words: str, said: str, status: CallbackStatus
) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    await book(person)
    await person.opens("call me back please")

    await person.says(words)
    [reply] = await person.is_done()

    assert reply["response"] == said
    assert [callback.status for callback in rows(wiring, Callback)] == [status]


async def test_left_as_it_is_it_stays(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    await book(person)
    await person.opens("call me back please")

    await person.presses("deny")
    [reply] = await person.is_done()

    assert reply["response"] == "utter_callback_kept"
    assert [callback.status for callback in rows(wiring, Callback)] == [CallbackStatus.REQUESTED]


async def test_another_time_in_one_go_moves_it(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    await book(person)

    await person.opens("call me tomorrow at 3pm instead")
    [reply] = await person.is_done()

    assert reply["response"] == "utter_callback_moved"


async def test_where_there_is_none_nothing_is_cancelled_and_nothing_asked(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")

    said = await person.opens("cancel my callback")

    assert said == ["utter_callback_none"]
    assert await person.is_done() == []


async def test_the_same_message_again_gets_the_same_call_and_phrase(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    wish = {"callback_number": "on_file", "callback_when": "now", "message_id": "same"}

    first, _ = await call("action_request_callback", person.conversation_id, **wish)
    again, _ = await call("action_request_callback", person.conversation_id, **wish)

    assert first == again
    assert [reply["response"] for reply in first] == ["utter_callback_booked", "utter_callback_phrase"]
    assert len(rows(wiring, Callback)) == 1


async def test_a_question_where_the_number_was_asked_for_is_no_number(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    await person.opens("call me back")

    replies = await person.says("what will the display of my phone show", intent="out_of_scope")

    assert replies == []
    assert person.requested == "callback_number"


async def test_another_hour_where_the_number_was_asked_for_is_no_number(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "request_callback")
    await person.opens("call me tomorrow at 3pm")
    earlier = person.slots["callback_when"]

    replies = await person.says("actually make it 4pm")
    again = await person.says("or make it 11")

    assert replies == again == []
    assert person.slots["callback_when"] not in (None, earlier)
