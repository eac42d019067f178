"""Proving by a keyed-in code who calls, and what that opens."""

from __future__ import annotations

import time
from random import SystemRandom
from typing import Any

import pytest

from bot.demo_inbox import DemoInbox
from bot.gateway import wiring
from bot.outside import build_code_sender
from bot.settings import DEMO_KEY, Settings
from tests.gateway.calling import Call, Line, fresh_number, messages_of
from tests.gateway.conftest import Gateway, Start, phone_settings
from wallet_core import verification
from wallet_core.database import Database
from wallet_core.policy import Action
from wallet_core.ports import CodeSender, SystemClock
from wallet_core.verification import Ways

NEEDS_SIGN_IN = {"name": "utter_check_balance_needs_sign_in", "text": "Your balance is for you alone."}
BALANCE = {"name": "utter_balance", "text": "You have 12 US dollars."}
CODE_ASKED = {"name": "utter_ask_one_time_code", "text": "Please enter the code on your keypad."}


@pytest.fixture
def gateway(start: Start, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """Its codes go to the demo's inbox, though it has a phone."""

    def to_the_inbox(settings: Settings, database: Database, **tools: Any) -> CodeSender:
        return build_code_sender(settings.model_copy(update={"simulator_url": None}), database, **tools)

    monkeypatch.setattr(wiring, "build_code_sender", to_the_inbox)
    return start(**phone_settings())


@pytest.fixture
def line(gateway: Gateway) -> Line:
    return Line(gateway.http, gateway.settings)


@pytest.fixture
def number(gateway: Gateway) -> str:
    """A customer's."""
    number = fresh_number()
    gateway.customer(phone=number, secret_key=DEMO_KEY)
    return number


def _asks_for_balance(gateway: Gateway, line: Line, number: str) -> Call:
    gateway.rasa.scripted["/check_balance"] = [NEEDS_SIGN_IN]
    return line.call(number).press("3")


def _begins_proof(gateway: Gateway, line: Line, number: str) -> Call:
    call = _asks_for_balance(gateway, line, number)
    return call.press(call.key_of("To prove it by a code"))


def _code(gateway: Gateway, number: str, *, newer_than: int = 0) -> str:
    """The newest code that came to this number; it goes out after the caller heard that it does."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        sent = [mail for mail in DemoInbox.of(gateway.settings).read(to={number}) if mail.kind == "code"]
        if len(sent) > newer_than:
            return sent[-1].content
        time.sleep(0.02)  # nothing to wait on but the inbox
    raise AssertionError("no code came")


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_who_asks_for_their_balance_may_prove_who_they_are_and_then_hears_it(
    gateway: Gateway, line: Line, number: str
) -> None:
    call = _begins_proof(gateway, line, number)
    assert call.asked["input"] == "dtmf" and call.asked["numDigits"] == "6"
    assert "phone or mailbox on file" in call.heard and number[-4:] not in call.heard
    gateway.rasa.scripted["/check_balance"] = [BALANCE]

    call.press(_code(gateway, number))

    assert "that is confirmed" in call.heard and "You have 12 US dollars" in call.heard
    with gateway.database.reading() as session:
        verification.authorise(
            session,
            conversation_id=messages_of(session, call.sid)[0].id,
            action=Action.VIEW,
            now=SystemClock().now(),
        )


def test_what_was_said_in_words_goes_on_too(gateway: Gateway, line: Line, number: str) -> None:
    gateway.rasa.scripted["how much do I have"] = [NEEDS_SIGN_IN]
    call = line.call(number).speak("how much do I have")
    call.press(call.key_of("To prove it by a code"))
    gateway.rasa.scripted["how much do I have"] = [BALANCE]

    call.press(_code(gateway, number))

    assert "You have 12 US dollars" in call.heard


def test_a_wrong_code_is_told_alike_and_the_code_is_found_nowhere(gateway: Gateway, line: Line, number: str) -> None:
    call = _begins_proof(gateway, line, number)
    code = _code(gateway, number)

    call.press(_wrong(code))

    assert "could not be confirmed" in call.heard and "tries left: 4" in call.heard
    with gateway.database.reading() as session:
        texts = [line.text for line in messages_of(session, call.sid)[1:]]
    assert not any(code in text or _wrong(code) in text for text in texts)
    assert not any(code in str(asked) for asked in gateway.rasa.asked)


def test_forty_wrong_codes_open_nothing(gateway: Gateway, line: Line, number: str) -> None:
    call = _begins_proof(gateway, line, number)
    code = _code(gateway, number)

    judged = 0
    for _ in range(40):
        if call.asked.get("numDigits") != "6":
            call = _begins_proof(gateway, line, number)
        if call.asked.get("numDigits") == "6":
            judged += "tries left" in call.press(_wrong(code)).heard

    assert judged == 4  # the fifth closed the way
    assert "closed for a while" in _begins_proof(gateway, line, number).heard


def test_the_code_can_be_sent_again_and_the_old_one_is_void(gateway: Gateway, line: Line, number: str) -> None:
    call = _begins_proof(gateway, line, number)
    old = _code(gateway, number)

    call.press(call.key_of("To have it sent again"))
    new = _code(gateway, number, newer_than=1)

    assert "tries left" in call.press(old).heard or old == new
    assert "confirmed" in call.press(new).heard


def test_who_would_rather_not_leaves_it(gateway: Gateway, line: Line, number: str) -> None:
    call = _begins_proof(gateway, line, number)

    call.press(call.key_of("To leave it"))

    assert "leave it at that" in call.heard and "speech" in call.asked["input"]


def test_a_code_that_is_said_aloud_is_not_taken(gateway: Gateway, line: Line, number: str) -> None:
    call = _begins_proof(gateway, line, number)
    code = _code(gateway, number)
    before = len(gateway.rasa.asked)

    call.speak(" ".join(code))

    assert "use your keypad" in call.heard
    assert len(gateway.rasa.asked) == before


def test_an_unknown_caller_names_the_wallet_first_and_an_unknown_wallet_sounds_the_same(
    gateway: Gateway, line: Line, number: str
) -> None:
    heard = []
    for named in (number, fresh_number()):
        gateway.rasa.scripted["/check_balance"] = [NEEDS_SIGN_IN]
        call = line.call().press("1").press("3")
        call.press(call.key_of("To prove it by a code"))
        assert "phone number on file" in call.heard
        call.press(named.removeprefix("+") + "#")
        heard.append(call.heard)
        heard.append(call.press("000000").heard)

    assert heard[:2] == heard[2:]


def test_while_rasa_asks_for_a_code_keys_alone_are_taken(gateway: Gateway, line: Line, number: str) -> None:
    call = line.call(number).speak("hello again")
    _rasa_opens_a_code_challenge(gateway, call)
    gateway.rasa.scripted["send me a link"] = [CODE_ASKED | {"buttons": [{"title": "Leave it", "payload": "/deny"}]}]

    call.speak("send me a link")
    assert call.asked["input"] == "dtmf" and call.asked["numDigits"] == "6"
    assert "Leave it: press 1, then the hash key" in call.heard
    before = len(gateway.rasa.asked)
    call.speak("four eight three nine two zero")
    assert "use your keypad" in call.heard and len(gateway.rasa.asked) == before

    call.press(_code(gateway, number))

    asked = gateway.rasa.asked[-1]
    assert asked["message"] == "/challenge_passed" and asked["metadata"]["challenge"] == "passed"


def test_a_code_that_is_left_for_the_menu_is_not_waited_for_any_more(gateway: Gateway, line: Line, number: str) -> None:
    call = _begins_proof(gateway, line, number)

    call.press("7")

    assert "speech" in call.asked["input"]
    with gateway.database.reading() as session:
        conversation_id = messages_of(session, call.sid)[0].id
        assert verification.current_challenge(session, conversation_id=conversation_id, now=SystemClock().now()) is None


def test_the_question_for_a_code_follows_a_change_of_language(gateway: Gateway, line: Line, number: str) -> None:
    call = _begins_proof(gateway, line, number)

    call.press("8")

    assert "请用键盘输入" in call.heard and call.asked["numDigits"] == "6"


def _rasa_opens_a_code_challenge(gateway: Gateway, call: Call) -> None:
    """What the actions do while Rasa answers."""
    with gateway.database.reading() as session:
        conversation_id = messages_of(session, call.sid)[0].id
    now = SystemClock().now()
    verification.send_code(
        gateway.database,
        build_code_sender(
            gateway.settings.model_copy(update={"simulator_url": None}),
            gateway.database,
            clock=SystemClock(),
            random=SystemRandom(),
        ),
        ways=Ways(conversation_id=conversation_id),
        action=Action.RESET_LINK,
        secret_key=DEMO_KEY,
        now=now,
        random=SystemRandom(),
    )
