"""Freezing first: one confirmation at most when signed in, one owner fact when not, and then the questions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.base import Wiring
from tests.actions.picking_helpers import Call, filled
from tests.actions.test_unfreeze import freeze
from tests.actions.trust_helpers import make_person, phone_of, rows
from wallet_core.models import Assurance, Freeze, FreezeKind, Notice, Ticket

BIRTH_DATE, TAIL = "19900131", "123X"


@pytest.mark.parametrize("topic", ["freeze_account", "lost_device", "stolen_funds"])
async def test_signed_in_one_yes_freezes(call: Call, wiring: Wiring, topic: str) -> None:
    person, wallet = make_person(call, wiring, topic)
    await person.opens("please help")
    asked = person.requested
    await person.says("yes", intent="affirm")

    [reply] = await person.is_done()

    [frozen] = rows(wiring, Freeze)
    assert asked == "freeze_confirmed"
    assert (reply["response"], reply["receipts"]) == ("utter_freeze_done", [frozen.reference])
    assert (frozen.kind, frozen.account_id, frozen.reason) == (FreezeKind.FULL, wallet, topic)
    assert person.next == "freeze_aftermath_form"


@pytest.mark.parametrize("fact", [BIRTH_DATE, TAIL])
@pytest.mark.parametrize("by", ["phone", "wallet"])
async def test_who_cannot_sign_in_freezes_with_one_owner_fact(call: Call, wiring: Wiring, fact: str, by: str) -> None:
    person, wallet = make_person(call, wiring, "freeze_account", assurance=Assurance.ANONYMOUS)

    said = await person.opens("freeze my wallet")
    asked = [person.requested]
    await person.says(wallet if by == "wallet" else phone_of(wiring, wallet))
    asked.append(person.requested)
    await person.answers(fact)
    [reply] = await person.is_done()

    [frozen] = rows(wiring, Freeze)
    assert said == ["utter_freeze_needs_sign_in"]
    assert asked == ["claimed_wallet", "owner_fact"]
    assert (reply["response"], reply["receipts"]) == ("utter_freeze_done_protective", [frozen.reference])
    assert (frozen.kind, frozen.account_id) == (FreezeKind.PROTECTIVE, wallet)
    assert {notice.name for notice in rows(wiring, Notice)} == {"utter_notice_freeze_protective"}


async def test_a_wrong_fact_freezes_nothing_and_tells_nothing(call: Call, wiring: Wiring) -> None:
    known, wallet = make_person(call, wiring, "freeze_account", assurance=Assurance.ANONYMOUS)
    nobody, _ = make_person(call, wiring, "freeze_account", assurance=Assurance.ANONYMOUS)

    told = []
    for person, name in ((known, wallet), (nobody, "W999999")):
        await person.opens("freeze my wallet")
        await person.says(name)
        told.append([await person.answers("19700101"), person.requested])

    assert told[0] == told[1] == [["utter_owner_fact_wrong"], "owner_fact"]
    assert rows(wiring, Freeze) == []


async def test_after_too_many_wrong_facts_the_hotline_is_told(call: Call, wiring: Wiring) -> None:
    person, wallet = make_person(call, wiring, "freeze_account", assurance=Assurance.ANONYMOUS)
    await person.opens("freeze my wallet")
    await person.says(wallet)
    for _ in range(5):
        said = await person.answers("19700101")

    replies = await person.is_done()

    assert said == ["utter_error_too_many_attempts"]
    assert [(reply["response"], reply["hotline"]) for reply in replies] == [
        ("utter_freeze_by_hotline", wiring.support.hotline)
    ]


async def test_pressing_on_asks_once_more_instead_of_losing_the_place(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "freeze_account", assurance=Assurance.ANONYMOUS)
    await person.opens("freeze my wallet")

    await person.says("FREEZE IT NOW!!", intent="freeze_account")

    assert person.requested == "claimed_wallet"


async def test_a_freeze_that_stands_is_told_without_a_question(call: Call, wiring: Wiring) -> None:
    person, wallet = make_person(call, wiring, "freeze_account")
    reference = freeze(wiring, wallet, FreezeKind.FULL)
    await person.opens("freeze my wallet")

    [reply] = await person.is_done()

    assert (reply["response"], reply["receipts"]) == ("utter_freeze_already", [reference])


@pytest.mark.parametrize(("kind", "asked"), [(FreezeKind.PROTECTIVE, False), (FreezeKind.FULL, True)])
async def test_what_would_change_a_freeze_that_stands_takes_a_yes(
    call: Call, wiring: Wiring, kind: FreezeKind, asked: bool
) -> None:
    person, wallet = make_person(call, wiring, "freeze_account")
    freeze(wiring, wallet, kind, asked=asked)

    await person.opens("freeze my wallet")

    assert person.requested == "freeze_confirmed"


async def test_a_fourth_protective_freeze_of_a_day_is_refused(call: Call, wiring: Wiring) -> None:
    person, wallet = make_person(call, wiring, "freeze_account", assurance=Assurance.ANONYMOUS)
    with wiring.database.transaction() as session:
        for number in range(3):
            session.add(
                Freeze(
                    reference=f"FRZ-{number}",
                    account_id=wallet,
                    kind=FreezeKind.PROTECTIVE,
                    reason="freeze_account",
                    assurance=1,
                    channel="web",
                    created_at=wiring.clock.now() - timedelta(hours=3),
                    lifted_at=wiring.clock.now() - timedelta(hours=2),
                )
            )
    await person.opens("freeze my wallet")
    await person.says(wallet)
    await person.answers(BIRTH_DATE)

    [reply] = await person.is_done()

    assert reply["response"] == "utter_error_limit_reached"


# Where money is gone


async def aftermath(call: Call, conversation: str, **slots: object) -> list[dict[str, object]]:
    replies, _ = await call("action_freeze_aftermath", conversation, **slots)
    return list(replies)


async def test_what_is_known_of_the_theft_goes_to_the_fraud_queue(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "stolen_funds")
    _, events = await call("validate_freeze_aftermath_form", person.conversation_id, freeze_topic="stolen_funds")

    [reply] = await aftermath(
        call, person.conversation_id, freeze_topic="stolen_funds", stolen_details="300 to Rick last night"
    )

    [ticket] = rows(wiring, Ticket)
    assert any(event.get("value") == "stolen_details" for event in events)
    assert (reply["response"], reply["receipts"]) == ("utter_fraud_ticket_opened", [ticket.reference])
    assert (ticket.topic, ticket.queue, ticket.summary) == ("stolen_funds", "fraud", "300 to Rick last night")


async def test_who_can_tell_nothing_more_gets_the_ticket_all_the_same(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "stolen_funds")

    await call(
        "action_freeze_aftermath",
        person.conversation_id,
        freeze_topic="stolen_funds",
        stolen_details="-",
        said=("my money is gone",),
    )

    [ticket] = rows(wiring, Ticket)
    assert "my money is gone" in ticket.summary


async def test_without_the_freeze_the_theft_is_taken_up_all_the_same(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "stolen_funds")
    await person.opens("my money is gone")
    await person.says("no", intent="deny")

    [reply] = await person.is_done()

    assert reply["response"] == "utter_freeze_not_done"
    assert person.next == "freeze_aftermath_form"
    assert rows(wiring, Freeze) == []


@pytest.mark.parametrize(
    ("text", "intent", "answer"),
    [
        ("有的", "out_of_scope", True),
        ("no", "deny", False),
        ("no, call me back please", "request_callback", None),
        ("hm", "out_of_scope", None),
    ],
)
async def test_a_short_answer_about_unknown_payments_is_read(
    call: Call, wiring: Wiring, text: str, intent: str, answer: bool | None
) -> None:
    person, _ = make_person(call, wiring, "freeze_account")

    _, events = await call(
        "validate_freeze_aftermath_form",
        person.conversation_id,
        form="freeze_aftermath_form",
        requested_slot="payments_unknown",
        text=text,
        intent=intent,
    )

    assert filled(events).get("payments_unknown") is answer


@pytest.mark.parametrize(
    ("text", "language"), [("what happens when i freeze my wallet", "en"), ("冻结了以后别人还能转钱给我吗", "zh")]
)
async def test_a_question_what_a_freeze_does_is_answered_and_is_no_yes(
    call: Call, wiring: Wiring, text: str, language: str
) -> None:
    person, _ = make_person(call, wiring, "freeze_account")
    opened = await person.opens(text)

    again = await person.says(text, intent="freeze_account")

    assert (opened, again) == (["utter_freeze_explained"], ["utter_freeze_explained"])
    assert person.requested == "freeze_confirmed"
    assert rows(wiring, Freeze) == []


@pytest.mark.parametrize(("text", "language"), [("don't freeze it", "en"), ("先不冻结", "zh")])
async def test_a_no_that_names_the_freeze_is_a_no(call: Call, wiring: Wiring, text: str, language: str) -> None:
    person, _ = make_person(call, wiring, "freeze_account")
    await person.opens("freeze my wallet")

    await person.says(text, intent="freeze_account")

    assert [reply["response"] for reply in await person.is_done()] == ["utter_freeze_not_done"]
    assert rows(wiring, Freeze) == []
