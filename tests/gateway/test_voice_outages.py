"""With Rasa or the database away, a caller hears the truth, and what needs neither still works."""

from __future__ import annotations

import pytest

from tests.gateway.calling import Line, call_of, fresh_number
from tests.gateway.conftest import Gateway
from wallet_core import tickets
from wallet_core.models import CallOutcome


@pytest.fixture
def gateway(with_phone: Gateway) -> Gateway:
    return with_phone


def test_without_rasa_the_caller_hears_so_and_a_menu_of_what_works(gateway: Gateway, line: Line) -> None:
    gateway.rasa.stop()

    call = line.call().press("1").speak("my payment failed")

    assert "out of order" in call.heard and "not carried out" in call.heard
    assert call.key_of("To freeze a wallet now") == "1"
    assert "8:00 to 22:00" in call.press(call.key_of("To hear when people are here")).heard
    assert call_of(gateway, call.sid).outcome is CallOutcome.UNANSWERED


def test_without_rasa_a_person_gets_what_was_said(gateway: Gateway, line: Line) -> None:
    gateway.rasa.stop()
    call = line.call().press("1").speak("my payment failed")

    call.press(call.key_of("To have a person contact you"))

    conversation_id = call_of(gateway, call.sid).conversation_id
    with gateway.database.reading() as session:
        (ticket,) = tickets.tickets_of_conversation(session, conversation_id=conversation_id)
    assert ticket.summary == "my payment failed"


def test_without_rasa_menu_keys_say_what_is_the_matter(gateway: Gateway, line: Line) -> None:
    gateway.rasa.mode = "error"
    call = line.call().press("2")

    call.press(call.key_of("查余额"))

    assert "出了故障" in call.heard and "马上冻结钱包" in call.heard


def test_rasa_that_hangs_is_waited_for_in_turns(hasty: Gateway) -> None:
    hasty.rasa.hold()
    call = Line(hasty.http, hasty.settings).call().press("1").speak("hang on")

    waits = [call.silence().heard for _ in range(2)]

    assert all("stay on the line" in heard for heard in waits)
    assert call.press("0").heard.count("ticket T") == 1


def test_with_the_records_away_both_languages_tell_the_number_and_promise_nothing(gateway: Gateway, line: Line) -> None:
    with gateway.database.transaction() as session:
        session.connection().exec_driver_sql("UPDATE calls SET turn = turn")  # the writer's place is taken

        call = line.call()

    assert call.languages == {"en-US", "zh-CN"} and call.over
    assert "1, 8 0 0" in call.heard and "现在什么都办不了" in call.heard


def test_a_turn_with_the_records_away_can_be_asked_again(gateway: Gateway, line: Line) -> None:
    call = line.call(fresh_number()).press("1")
    action = call.action
    with gateway.database.transaction() as session:
        session.connection().exec_driver_sql("UPDATE calls SET turn = turn")
        call.press("7")
    assert "cannot reach our records" in call.heard

    again = call.take(call.post(action, {"Digits": "7"}))

    assert "To freeze a wallet now" in again.heard
