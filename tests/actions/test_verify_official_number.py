"""Was that you? From the register and our own log, and about other people's calls nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from actions.base import Wiring
from actions.verify_official_number import names_a_website, number_asked_about
from bot.settings import PROJECT
from tests.actions.picking_helpers import Call
from tests.actions.trust_helpers import Person, make_person, phone_of
from wallet_core import callbacks, contacts, verification
from wallet_core.models import Account, Assurance, ContactKind, ContactMedium, Language
from wallet_core.policy import Action

CALLS, HOTLINE = "+1 202 555 0171", "+1 800 555 0199"


@pytest.fixture(autouse=True)
def _register(wiring: Wiring) -> None:
    with wiring.database.transaction() as session:
        numbers = contacts.load_official_numbers(PROJECT / "data" / "official_numbers.yml")
        contacts.seed_official_numbers(session, numbers=numbers)


def contacted(wiring: Wiring, wallet: str, kind: ContactMedium, *, hours_ago: float, sender: str = CALLS) -> int:
    with wiring.database.transaction() as session:
        return contacts.log_contact(
            session,
            customer_id=session.get_one(Account, wallet).customer_id,
            kind=kind,
            sender=sender,
            destination=phone_of(wiring, wallet),
            purpose="callbacks",
            now=wiring.clock.now() - timedelta(hours=hours_ago),
        )


async def told(person: Person, text: str) -> list[str]:
    at_once = await person.opens(text)
    return [*at_once, *(reply["response"] for reply in await person.is_done())]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (f"is {CALLS} really you?", "utter_official_not_contacted"),
        ("02025550171 called me", "utter_official_not_ours"),
        ("（202）555-0171 是你们吗", "utter_official_not_contacted"),
        (f"i got a call from {HOTLINE}", "utter_official_never_calls"),
        ("+44 7700 900123 says it is the wallet", "utter_official_not_ours"),
        ("mail from Support@OakWallet.example", "utter_official_never_calls"),
        ("mail from help@oak-wallet.example", "utter_official_not_ours"),
    ],
)
async def test_a_customer_hears_what_the_number_is_and_that_we_are_not_on_a_call(
    call: Call, wiring: Wiring, text: str, verdict: str
) -> None:
    person, _ = make_person(call, wiring, "verify_official_number")

    assert await told(person, text) == ["utter_official_no_call_now", verdict]


async def test_a_phrase_that_is_typed_back_is_neither_confirmed_nor_denied(call: Call, wiring: Wiring) -> None:
    """Else whoever has the chat, and not the phone, finds out by trying which words make a false call sound true."""
    person, _ = make_person(call, wiring, "verify_official_number")
    with wiring.database.transaction() as session:
        grant = verification.authorise(
            session, conversation_id=person.conversation_id, action=Action.CALLBACK_ON_FILE, now=wiring.clock.now()
        )
        receipt = callbacks.request_callback(
            session,
            grant=grant,
            topic="report_scam",
            language=Language.EN,
            routing=wiring.routing,
            phrases=wiring.phrases,
            now=wiring.clock.now(),
            random=wiring.random,
        )

    right = await told(person, f"{CALLS} called and said {receipt.phrase}, is that right?")
    wrong = await told(person, f"{CALLS} called and said purple elephant, is that right?")

    assert right == wrong


@pytest.mark.parametrize("kind", list(ContactMedium))
async def test_what_we_did_is_owned_up_to(call: Call, wiring: Wiring, kind: ContactMedium) -> None:
    person, wallet = make_person(call, wiring, "verify_official_number")
    contact = contacted(wiring, wallet, kind, hours_ago=3)
    with wiring.database.transaction() as session:
        contacts.end_contact(session, contact_id=contact, now=wiring.clock.now())

    assert await told(person, f"was {CALLS} you") == ["utter_official_no_call_now", f"utter_official_contacted_{kind}"]


async def test_a_call_that_goes_on_is_told(call: Call, wiring: Wiring) -> None:
    person, wallet = make_person(call, wiring, "verify_official_number")
    contacted(wiring, wallet, ContactMedium.CALL, hours_ago=0.05)

    said = await person.opens("are you calling me right now?")

    assert said == ["utter_official_on_call_now"]


async def test_a_visitor_hears_of_the_register_and_never_of_a_call(call: Call, wiring: Wiring) -> None:
    person, wallet = make_person(call, wiring, "verify_official_number", assurance=Assurance.ANONYMOUS)
    contacted(wiring, wallet, ContactMedium.CALL, hours_ago=1)

    assert await told(person, f"was {CALLS} you") == ["utter_official_customer_unknown"]
    assert await told(person, f"was {HOTLINE} you") == ["utter_official_never_calls"]


async def test_the_number_is_asked_for_where_none_was_given(call: Call, wiring: Wiring) -> None:
    person, _ = make_person(call, wiring, "verify_official_number")
    await person.opens("was that really you?")
    asked = person.requested

    unclear = await person.says("the blue one")
    await person.says("+44 7700 900123")
    [reply] = await person.is_done()

    assert asked == "asked_number"
    assert unclear == ["utter_official_number_unclear"]
    assert (reply["response"], reply["number"]) == ("utter_official_not_ours", "+447700900123")


@pytest.mark.parametrize(
    ("assurance", "said"),
    [
        (Assurance.SIGNED_IN, "utter_official_not_contacted_lately"),
        (Assurance.ANONYMOUS, "utter_official_general"),
    ],
)
@pytest.mark.parametrize(
    ("words", "intent"), [("no idea", "out_of_scope"), ("没显示号码", "out_of_scope"), ("no", "deny")]
)
async def test_who_does_not_know_the_number_is_answered_too(
    call: Call, wiring: Wiring, assurance: Assurance, said: str, words: str, intent: str
) -> None:
    person, _ = make_person(call, wiring, "verify_official_number", assurance=assurance)
    await person.opens("was that really you?")
    await person.says(words, intent=intent)

    replies = await person.is_done()

    assert [reply["response"] for reply in replies] == [said]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+1 (202) 555-0171?", "+1 (202) 555-0171"),
        ("95588 texted me", "95588"),
        ("12345", "12345"),
        ("852开头的电话", None),
        ("did you ring me on 2026-11-20?", None),
        ("my wallet T-7KM4RXA", None),
        ("no.reply@Wallet.example wrote", "no.reply@wallet.example"),
    ],
)
def test_a_number_is_read_where_there_is_one(text: str, number: Any) -> None:
    assert number_asked_about(text) == number


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("is wallet-login.net yours", True),
        ("https://x.example/a", True),
        ("me@example.com", False),
        ("call me.", False),
    ],
)
def test_a_website_is_told_from_an_address(text: str, is_one: bool) -> None:
    assert names_a_website(text) is is_one


@pytest.mark.parametrize(
    ("text", "replies"),
    [
        ("did you just send me a text with a code?", ["utter_official_sent_code"]),
        ("22000 sent me a code, is that you", ["utter_official_sent_code", "utter_official_not_ours"]),
    ],
)
async def test_a_code_that_was_sent_in_our_name_is_not_denied(
    call: Call, wiring: Wiring, text: str, replies: list[str]
) -> None:
    person, wallet = make_person(call, wiring, "verify_official_number")
    with wiring.database.transaction() as session:
        contacts.log_sent_for_us(
            session,
            customer_id=None,
            contact=ContactKind.PHONE,
            destination=phone_of(wiring, wallet),
            purpose=contacts.CODE,
            now=wiring.clock.now() - timedelta(minutes=5),
        )

    heard = [*await person.opens(text)]
    if person.requested is not None:
        heard += await person.says("I don't know the number")
    heard += [reply["response"] for reply in await person.is_done()]

    assert [name for name in heard if name != "utter_official_no_call_now"] == replies
