"""The emergency freeze by key: whose wallet, an owner fact by keypad, the receipt; all of it without Rasa."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from bot.settings import DEMO_KEY
from tests.gateway.calling import Call, Line, call_of, fresh_number, messages_of
from tests.gateway.conftest import Gateway
from wallet_core import accounts, freezes
from wallet_core.models import CallOutcome, ContactPoint, FreezeKind, Language, Notice, Ticket

_REFERENCE = re.compile(r"F R Z, (?:\w ){2}\w, (?:\w ){3}\w")


@pytest.fixture
def gateway(with_phone: Gateway) -> Gateway:
    return with_phone


def _customer(gateway: Gateway, language: Language = Language.EN) -> tuple[str, str]:
    """A customer's id and number."""
    number = fresh_number()
    return gateway.customer(phone=number, secret_key=DEMO_KEY, language=language), number


def _frozen(gateway: Gateway, customer_id: str) -> list[FreezeKind]:
    with gateway.database.reading() as session:
        account = accounts.account_of(session, customer_id=customer_id)
        return [freeze.kind for freeze in freezes.active(session, account_id=account.id)]


def _begin(call: Call) -> Call:
    return call.press("1")


@pytest.mark.parametrize("fact", ["19900131", "123*"])
def test_a_known_caller_freezes_with_one_fact_and_without_rasa(gateway: Gateway, line: Line, fact: str) -> None:
    customer, number = _customer(gateway)
    gateway.rasa.stop()

    call = _begin(line.call(number))
    assert call.asked["input"] == "dtmf" and call.asked["finishOnKey"] == "#" and "numDigits" not in call.asked

    call.press(fact + "#")

    assert "protective freeze" in call.heard
    assert len(_REFERENCE.findall(call.heard)) == 3  # told, slowly, and once more
    assert 'rate="75%"' in call.document
    assert _frozen(gateway, customer) == [FreezeKind.PROTECTIVE]
    assert call_of(gateway, call.sid).outcome is CallOutcome.FROZEN


def test_the_receipt_is_texted_to_the_number_on_file(gateway: Gateway, line: Line) -> None:
    customer, number = _customer(gateway)

    _begin(line.call(number)).press("19900131#")

    with gateway.database.reading() as session:
        told = list(session.scalars(select(Notice.destination).where(Notice.customer_id == customer)))
    assert number in told


def test_it_works_in_chinese(gateway: Gateway, line: Line) -> None:
    _, number = _customer(gateway, Language.ZH)

    call = _begin(line.call(number)).press("19900131#")

    assert "保护性冻结" in call.heard and call.languages == {"zh-CN"}


def test_an_unknown_caller_keys_in_the_number_on_file(gateway: Gateway, line: Line) -> None:
    customer, number = _customer(gateway)

    call = _begin(line.call().press("1"))
    assert "phone number on file" in call.heard and call.asked["input"] == "dtmf"
    call.press(number.removeprefix("+") + "#").press("19900131#")

    assert "protective freeze" in call.heard
    assert _frozen(gateway, customer) == [FreezeKind.PROTECTIVE]


def test_a_number_that_nobody_has_is_answered_alike(gateway: Gateway, line: Line) -> None:
    _, number = _customer(gateway)
    known, unknown = (_begin(line.call().press("1")) for _ in range(2))

    for call, keyed in ((known, number), (unknown, fresh_number())):
        call.press(keyed.removeprefix("+") + "#")
    assert known.heard == unknown.heard
    known.press("19911231#")
    unknown.press("19911231#")

    assert known.heard == unknown.heard and "could not be confirmed" in known.heard


def test_a_number_that_is_none_is_asked_for_again(line: Line) -> None:
    call = _begin(line.call().press("1")).press("12#")

    assert "not a number I can use" in call.heard and "phone number on file" in call.heard


def test_the_word_alone_begins_it_too(gateway: Gateway, line: Line) -> None:
    _, number = _customer(gateway)

    call = line.call(number).speak("Freeze!")

    assert "date of birth" in call.heard


def test_a_fact_that_is_said_aloud_is_not_taken(gateway: Gateway, line: Line) -> None:
    customer, number = _customer(gateway)

    call = _begin(line.call(number)).speak("nineteen ninety oh one thirty one 19900131")

    assert "use your keypad" in call.heard and "date of birth" in call.heard
    assert _frozen(gateway, customer) == [] and gateway.rasa.texts() == []
    with gateway.database.reading() as session:
        assert not any("1990" in message.text for message in messages_of(session, call.sid)[1:])


def test_five_wrong_facts_close_the_way_and_fraud_gets_a_ticket(gateway: Gateway, line: Line) -> None:
    customer, number = _customer(gateway)
    call = _begin(line.call(number))

    for tried in range(5):
        call.press(f"198501{tried + 10}#")

    assert "too many wrong tries" in call.heard and "ticket T" in call.heard
    assert _frozen(gateway, customer) == []
    with gateway.database.reading() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.customer_id == customer)).one()
    assert (ticket.topic, ticket.queue, ticket.contact) == ("freeze_account", "fraud", number)


def test_forty_wrong_facts_from_one_number_never_freeze_and_the_right_one_is_refused_then(
    gateway: Gateway, line: Line
) -> None:
    customer, number = _customer(gateway)
    stranger = fresh_number()

    for tried in range(40):
        call = line.call(stranger)
        if "For English, press 1" in call.heard:
            call.press("1")
        _begin(call)
        if "phone number on file" in call.heard:
            call.press(number.removeprefix("+") + "#")
        if "date of birth" in call.heard:
            call.press(f"19850{100 + tried}#")
    call = _begin(line.call(stranger))
    if "phone number on file" in call.heard:
        call.press(number.removeprefix("+") + "#")

    assert "too many wrong tries" in call.heard
    assert _frozen(gateway, customer) == []
    # The owner's own phone is not closed by it.
    assert "protective freeze" in _begin(line.call(number)).press("19900131#").heard


def test_what_cannot_be_a_fact_does_not_count(gateway: Gateway, line: Line) -> None:
    customer, number = _customer(gateway)
    call = _begin(line.call(number))

    for keys in ("12345#", "99999999#", "#", "12#", "1*3*5#", "0000000000#"):
        assert "did not count" in call.press(keys).heard
    call.press("19900131#")

    assert _frozen(gateway, customer) == [FreezeKind.PROTECTIVE]


def test_the_same_webhook_again_freezes_once_and_says_the_same(gateway: Gateway, line: Line) -> None:
    _, number = _customer(gateway)
    call = _begin(line.call(number))
    action = call.action
    first = call.press("19900131#").document

    again = call.post(action, {"Digits": "19900131"}).text
    other = call.post(action, {"Digits": "19911231"}).text

    assert first == again == other


def test_a_wallet_that_is_frozen_already_says_its_receipt(gateway: Gateway, line: Line) -> None:
    _, number = _customer(gateway)
    first = _begin(line.call(number)).press("19900131#")

    second = _begin(line.call(number)).press("19900131#")

    assert "frozen already" in second.heard
    assert _REFERENCE.findall(first.heard)[0] == _REFERENCE.findall(second.heard)[0]


def test_a_fact_proves_nothing_but_the_freeze(gateway: Gateway, line: Line) -> None:
    _, number = _customer(gateway)

    _begin(line.call(number)).press("19900131#").press("7").press("3")

    assert gateway.rasa.asked[-1]["metadata"]["signed_in"] is False


def test_hanging_up_before_the_fact_freezes_nothing_and_after_it_keeps_the_freeze(gateway: Gateway, line: Line) -> None:
    customer, number = _customer(gateway)

    _begin(line.call(number)).hang_up()
    assert _frozen(gateway, customer) == []
    _begin(line.call(number)).press("19900131#").hang_up()

    assert _frozen(gateway, customer) == [FreezeKind.PROTECTIVE]


def test_a_lost_number_is_no_way_to_be_told(gateway: Gateway, line: Line) -> None:
    customer, number = _customer(gateway)
    with gateway.database.transaction() as session:
        point = session.scalars(select(ContactPoint).where(ContactPoint.value == number)).one()
        point.reported_lost_at = point.since

    _begin(line.call(number)).press("19900131#")

    assert _frozen(gateway, customer) == [FreezeKind.PROTECTIVE]
    with gateway.database.reading() as session:
        told = list(session.scalars(select(Notice.destination).where(Notice.customer_id == customer)))
    assert told and number not in told
