"""After the freeze of a lost device: the phone that gets the codes, asked about, and reported lost on a yes."""

from __future__ import annotations

from typing import Any

import pytest

from actions.base import Wiring
from tests.actions.picking_helpers import Call, filled
from tests.actions.test_unfreeze import freeze
from tests.actions.trust_helpers import Person, make_person, rows
from wallet_core.models import (
    Assurance,
    AuditEntry,
    Channel,
    ContactPoint,
    Conversation,
    Freeze,
    FreezeKind,
    Notice,
    TextThread,
)

PHONE, EMAIL = "+12025550123", "lin@example.com"


class Aftermath:
    """Somebody whose wallet was just frozen, because of a lost device unless `topic` says otherwise."""

    def __init__(self, call: Call, wiring: Wiring, *, topic: str = "lost_device", **facts: Any) -> None:
        self._call, self.slots = call, {"freeze_topic": topic}
        self.person, self.wallet = make_person(call, wiring, "lost_device", **{"phone": PHONE, "email": EMAIL, **facts})
        self.wiring = wiring

    async def opens(self) -> str | None:
        await self._validate(form=None, text="yes", intent="affirm")
        return self.requested

    async def says(self, text: str, *, intent: str = "out_of_scope") -> list[dict[str, Any]]:
        return await self._validate(form="freeze_aftermath_form", text=text, intent=intent)

    async def asks(self) -> list[dict[str, Any]]:
        replies, _ = await self._call("action_ask_phone_lost", self.person.conversation_id, **self.slots)
        return list(replies)

    async def ends(self) -> list[str]:
        replies, _ = await self._call("action_freeze_aftermath", self.person.conversation_id, **self.slots)
        return [reply["response"] for reply in replies]

    @property
    def requested(self) -> str | None:
        return self.slots.get("requested_slot")

    def lost(self) -> list[str]:
        return [point.value for point in rows(self.wiring, ContactPoint) if point.reported_lost_at is not None]

    async def _validate(self, **facts: Any) -> list[dict[str, Any]]:
        replies, events = await self._call(
            "validate_freeze_aftermath_form", self.person.conversation_id, **self.slots, **facts
        )
        self.slots |= filled(events)
        return list(replies)


async def test_a_yes_reports_the_phone_lost_and_says_where_codes_go(call: Call, wiring: Wiring) -> None:
    told = Aftermath(call, wiring)
    asked = await told.opens()
    [question] = await told.asks()

    [reply] = await told.says("yes", intent="affirm")

    assert (asked, question["masked"]) == ("phone_lost", "+1 ••••••••23")
    assert (reply["response"], reply["masked"], reply["email"]) == (
        "utter_phone_reported_lost",
        "+1 ••••••••23",
        "l•••@example.com",
    )
    assert told.lost() == [PHONE]
    assert told.requested == "payments_unknown"
    [entry] = [one for one in rows(wiring, AuditEntry) if one.action == "contact_reported_lost"]
    assert (entry.actor, entry.channel, entry.reason) == ("customer", "web", "phone")
    assert [(one.destination, one.name) for one in rows(wiring, Notice)] == [(EMAIL, "utter_notice_contact_lost")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("my phone was stolen, please freeze my wallet", "lost_device"), ("freeze my wallet", "freeze_account")],
)
async def test_the_wish_to_freeze_that_names_a_stolen_phone_is_about_it(
    call: Call, wiring: Wiring, text: str, reason: str
) -> None:
    person, _ = make_person(call, wiring, "freeze_account")
    await person.opens(text)
    await person.says("yes", intent="affirm")
    await person.is_done()

    assert [frozen.reason for frozen in rows(wiring, Freeze)] == [reason]


async def test_a_no_leaves_the_phone_as_it_is(call: Call, wiring: Wiring) -> None:
    told = Aftermath(call, wiring)
    await told.opens()

    assert await told.says("no, I have it", intent="deny") == []

    assert (told.lost(), told.requested) == ([], "payments_unknown")


@pytest.mark.parametrize("text", ["my phone was stolen", "手机被偷了"])
async def test_that_something_was_lost_said_once_more_is_no_yes(call: Call, wiring: Wiring, text: str) -> None:
    told = Aftermath(call, wiring)
    await told.opens()

    await told.says(text, intent="lost_device")

    assert (told.lost(), told.requested) == ([], "phone_lost")


async def test_a_yes_that_says_it_once_more_is_a_yes(call: Call, wiring: Wiring) -> None:
    told = Aftermath(call, wiring)
    await told.opens()

    await told.says("yes, that phone was stolen", intent="lost_device")

    assert told.lost() == [PHONE]


async def test_without_another_contact_a_person_is_offered(call: Call, wiring: Wiring) -> None:
    told = Aftermath(call, wiring, email=None)
    await told.opens()

    [reply] = await told.says("yes", intent="affirm")

    assert reply["response"] == "utter_phone_reported_lost_nothing_else"
    assert told.lost() == [PHONE]


async def test_what_is_known_or_was_not_about_a_device_is_not_asked(call: Call, wiring: Wiring) -> None:
    known = Aftermath(call, wiring)
    await known.opens()
    await known.says("yes", intent="affirm")
    again = Aftermath(call, wiring, topic="freeze_account", phone="+12025550124", email="x@example.com")

    assert await known.opens() == "payments_unknown"
    assert await again.opens() == "payments_unknown"


async def test_who_texts_from_the_phone_on_file_is_not_asked(call: Call, wiring: Wiring) -> None:
    told = Aftermath(call, wiring)
    with wiring.database.transaction() as session:
        session.get_one(Conversation, told.person.conversation_id).channel = Channel.SMS
        session.add(
            TextThread(
                conversation_id=told.person.conversation_id,
                theirs=PHONE,
                ours="+12025550100",
                customer_id=None,
                began_at=wiring.clock.now(),
                superseded_at=None,
            )
        )

    assert await told.opens() == "payments_unknown"


async def test_an_owner_fact_reports_nothing_lost(call: Call, wiring: Wiring) -> None:
    told = Aftermath(call, wiring, assurance=Assurance.ANONYMOUS)
    freezer = told.person
    await freezer.opens("I lost my phone")
    await freezer.says(told.wallet)
    await freezer.answers("19900131")
    await freezer.is_done()

    asked = await told.opens()
    told.slots["phone_lost"] = None
    await told.says("yes", intent="affirm")

    assert asked == "payments_unknown"
    assert told.lost() == []
    told.slots["payments_unknown"] = False
    assert await told.ends() == ["utter_freeze_next_steps", "utter_phone_lost_sign_in"]


async def test_the_code_that_lifts_a_lost_device_s_freeze_goes_to_the_mailbox(
    call: Call, wiring: Wiring, inbox: list[tuple[str, str]]
) -> None:
    owner, wallet = make_person(call, wiring, "unfreeze", phone=PHONE, email=EMAIL)
    freeze(wiring, wallet, FreezeKind.PROTECTIVE, reason="lost_device")

    await owner.opens("unfreeze my wallet")

    assert [to for to, _ in inbox] == [EMAIL]


async def test_with_no_mailbox_on_file_the_phone_still_gets_it(
    call: Call, wiring: Wiring, inbox: list[tuple[str, str]]
) -> None:
    owner, wallet = make_person(call, wiring, "unfreeze", phone=PHONE, email=None)
    freeze(wiring, wallet, FreezeKind.PROTECTIVE, reason="lost_device")

    await owner.opens("unfreeze my wallet")

    assert [to for to, _ in inbox] == [PHONE]


async def test_a_phone_reported_lost_gets_no_code(call: Call, wiring: Wiring, inbox: list[tuple[str, str]]) -> None:
    told = Aftermath(call, wiring)
    await told.opens()
    await told.says("yes", intent="affirm")
    freeze(wiring, told.wallet, FreezeKind.PROTECTIVE)

    await Person(call, wiring, told.person.conversation_id, "unfreeze").opens("unfreeze my wallet")

    assert [to for to, _ in inbox] == [EMAIL]
