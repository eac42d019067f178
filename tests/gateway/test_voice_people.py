"""Asking for a person in a call: a ticket that says where to call, told truly."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import select, update

from bot.gateway.channels.voice_matter import _FAMILIES
from bot.telephony.spoken import spelled
from tests.gateway.calling import Call, Line, call_of, fresh_number
from tests.gateway.conftest import Gateway
from tests.wallet_core.routings import DATA
from wallet_core import tickets
from wallet_core.models import CallOutcome, Language, Rating, Ticket
from wallet_core.ports import SystemClock
from wallet_core.routing import load_routing

GOODBYE = {"goodbye": [{"name": "utter_goodbye", "text": "Goodbye, take care."}]}


@pytest.fixture
def gateway(with_phone: Gateway) -> Gateway:
    return with_phone


def _tickets(gateway: Gateway, call: Call) -> list[Ticket]:
    conversation_id = call_of(gateway, call.sid).conversation_id
    with gateway.database.reading() as session:
        found = list(session.scalars(select(Ticket).where(Ticket.conversation_id == conversation_id)))
        session.expunge_all()
        return found


@pytest.mark.parametrize("way", ["0", "a person please", "Operator.", "我要转人工"])
def test_at_any_time_a_person_can_be_asked_for(gateway: Gateway, line: Line, way: str) -> None:
    call = line.call().press("1").speak("my payment failed")

    call = call.press(way) if way == "0" else call.speak(way)

    (ticket,) = _tickets(gateway, call)
    assert (ticket.topic, ticket.contact, ticket.summary) == ("talk_to_human", call.number, "my payment failed")
    assert "A colleague will call the number you are calling from" in call.heard
    assert call.heard.count(spelled(ticket.reference)) == 3
    assert call_of(gateway, call.sid).outcome is CallOutcome.PERSON


def test_before_a_language_is_chosen_too(gateway: Gateway, line: Line) -> None:
    call = line.call("+85261234568").press("0")

    assert "工单号" in call.heard
    assert _tickets(gateway, call)[0].language is Language.ZH


def test_asked_for_again_it_is_the_same_ticket(gateway: Gateway, line: Line) -> None:
    call = line.call().press("1").press("0")
    first = call.heard

    call.press("0").press("0")

    assert len(_tickets(gateway, call)) == 1
    assert call.heard == first


def test_a_known_callers_ticket_is_theirs(gateway: Gateway, line: Line) -> None:
    number = fresh_number()
    customer = gateway.customer(phone=number)

    call = line.call(number).press("0")

    assert _tickets(gateway, call)[0].customer_id == customer


@pytest.mark.parametrize("withheld", ["anonymous", "Anonymous", "+266696687", "", "+0"])
def test_whose_number_is_withheld_keys_one_in(gateway: Gateway, line: Line, withheld: str) -> None:
    call = line.call(withheld).press("1").press("0")
    assert "number is withheld" in call.heard and call.asked["input"] == "dtmf"

    call.press("0016465550177#")

    assert "ending in 0 1 7 7" in call.heard
    assert _tickets(gateway, call)[0].contact == "+16465550177"


def test_who_has_no_number_gets_a_ticket_to_ask_with(gateway: Gateway, line: Line) -> None:
    call = line.call("anonymous").press("1").press("0").press("#")

    assert "no number to call you on" in call.heard
    assert _tickets(gateway, call)[0].contact is None


def test_a_premium_number_or_words_are_not_called(gateway: Gateway, line: Line) -> None:
    call = line.call("anonymous").press("1").press("0")

    assert "not a number I can use" in call.press("19005550123#").heard
    assert "use your keypad" in call.speak("one six four six five five five").heard
    call.press("44909879#")

    assert _tickets(gateway, call)[0].contact is None


def test_the_third_miss_of_the_assistant_is_handed_to_a_person(gateway: Gateway, line: Line) -> None:
    beyond = {"name": "utter_out_of_scope", "text": "That is beyond me."}
    gateway.rasa.scripted |= {"what about the moon": [beyond]}
    call = line.call().press("1").speak("what about the moon")
    assert "That is beyond me" in call.heard

    assert "Let's do it by key" in call.speak("what about the moon").heard
    call.speak("what about the moon")

    assert "ticket T" in call.heard and _tickets(gateway, call)


def test_the_button_for_a_person_in_an_answer_is_the_same_as_zero(gateway: Gateway, line: Line) -> None:
    offer = {
        "name": "utter_x",
        "text": "Shall I?",
        "buttons": [{"title": "Talk to a person", "payload": "/talk_to_human"}],
    }
    gateway.rasa.scripted |= {"hm": [offer]}

    call = line.call().press("1").speak("hm").press("1")

    assert _tickets(gateway, call) and len(gateway.rasa.asked) == 1


@pytest.mark.parametrize("number", [None, "anonymous"])
def test_a_goodbye_ends_the_call(gateway: Gateway, line: Line, number: str | None) -> None:
    gateway.rasa.scripted |= GOODBYE

    call = line.call(number).press("1").speak("goodbye")
    if number is None:
        assert "How good was our help?" in call.heard and call.asked["input"] == "dtmf"
        call.silence()

    assert "Goodbye, take care" in call.heard and call.over


@pytest.mark.parametrize(("keys", "kept"), [("4", [4]), ("6", []), ("#", [])])
def test_before_the_goodbye_the_help_is_rated_by_one_key(
    gateway: Gateway, line: Line, keys: str, kept: list[int]
) -> None:
    gateway.rasa.scripted |= GOODBYE
    call = line.call().press("1").speak("goodbye")

    call.press(keys)

    assert "Goodbye, take care" in call.heard and call.over
    with gateway.database.reading() as session:
        subject = f"conversation:{call_of(gateway, call.sid).conversation_id}"
        found = session.scalars(select(Rating).where(Rating.subject == subject)).all()
        assert [(one.score, one.confirmed) for one in found] == [(score, False) for score in kept]


def test_who_called_again_within_the_week_is_not_asked_again(gateway: Gateway, line: Line) -> None:
    gateway.rasa.scripted |= GOODBYE
    number = fresh_number()
    line.call(number).press("1").speak("goodbye").press("5")

    again = line.call(number).speak("goodbye")

    assert again.over and "How good" not in again.heard


def test_who_is_asked_to_rate_may_still_have_a_person_or_the_other_language(gateway: Gateway, line: Line) -> None:
    gateway.rasa.scripted |= GOODBYE
    call = line.call().press("1").speak("goodbye")

    assert "请按 1 到 5 打分" in call.press("8").heard
    assert "工单号" in call.press("0").heard


def test_where_the_assistant_asks_for_a_contact_the_callers_own_number_is_one_key(gateway: Gateway, line: Line) -> None:
    gateway.rasa.scripted |= {"i complain": [{"name": "utter_ask_contact", "text": "Where can we reach you?"}]}
    call = line.call().press("1").speak("i complain")
    assert call.asked["input"] == "dtmf speech" and "numDigits" not in call.asked

    call.press(call.key_of("To use this number"))

    assert gateway.rasa.texts()[-1] == call.number


def test_a_contact_can_be_keyed_in_too(gateway: Gateway, line: Line) -> None:
    gateway.rasa.scripted |= {"i complain": [{"name": "utter_ask_contact", "text": "Where can we reach you?"}]}

    line.call("anonymous").press("1").speak("i complain").press("16465550177#")

    assert gateway.rasa.texts()[-1] == "+16465550177"


@pytest.mark.parametrize(
    ("answer", "topic"),
    [
        ("utter_payment_failed_general", "payment_failed"),
        ("utter_ask_scam_details", "report_scam"),
        ("utter_ask_disputed_transactions", "unauthorized_transaction"),
        ("utter_greeting", "talk_to_human"),
    ],
)
@pytest.mark.parametrize("way", ["0", "a person please"])
def test_a_person_is_asked_for_about_what_was_answered_last(
    gateway: Gateway, line: Line, answer: str, topic: str, way: str
) -> None:
    gateway.rasa.scripted |= {"something": [{"name": answer, "text": "Well."}]}
    call = line.call().press("1").speak("something")

    call = call.press(way) if way == "0" else call.speak(way)

    assert [ticket.topic for ticket in _tickets(gateway, call)] == [topic]


def test_the_ticket_of_the_call_outweighs_what_was_answered_since(gateway: Gateway, line: Line) -> None:
    gateway.rasa.scripted |= {"limits": [{"name": "utter_limits_usual", "text": "500 a day."}]}
    call = line.call().press("1")
    _open_ticket(gateway, call, "stolen_funds", contact=call.number)

    call.speak("limits").press("0")

    assert [ticket.topic for ticket in _tickets(gateway, call)] == ["stolen_funds"]
    assert "A colleague will call the number you are calling from" in call.heard


def test_a_strangers_ticket_without_a_number_is_no_way_to_call_them(gateway: Gateway, line: Line) -> None:
    call = line.call().press("1")
    _open_ticket(gateway, call, "stolen_funds", contact=None)

    call.press("0")

    assert [ticket.contact for ticket in _tickets(gateway, call)] == [None, call.number]


def _open_ticket(gateway: Gateway, call: Call, topic: str, *, contact: str | None) -> None:
    """As the assistant does in the middle of the call."""
    conversation_id = call_of(gateway, call.sid).conversation_id
    with gateway.database.transaction() as session:
        tickets.open_ticket_ourselves(
            session,
            customer_id=None,
            conversation_id=conversation_id,
            topic=topic,
            summary="it is gone",
            language=Language.EN,
            routing=load_routing(DATA / "routing.yml"),
            now=SystemClock().now(),
            random=Random(1),
            request_key=f"test:{conversation_id}",
        )
        session.execute(update(Ticket).where(Ticket.conversation_id == conversation_id).values(contact=contact))


def test_every_family_of_answers_is_of_a_topic_that_is_routed() -> None:
    assert set(_FAMILIES.values()) <= set(load_routing(DATA / "routing.yml").topics)
