"""A call: greeting, languages, menus, the assistant's answers, silence and what is not understood."""

from __future__ import annotations

import random

import pytest

from tests.gateway.calling import Line, call_of, fresh_number, messages_of
from tests.gateway.conftest import Gateway
from wallet_core.models import CallOutcome, CallState, Language, Owner, Role
from wallet_core.references import ReferenceKind, new_reference


@pytest.fixture
def gateway(with_phone: Gateway) -> Gateway:
    return with_phone


def test_an_unknown_caller_is_greeted_in_both_languages_and_chooses_one(line: Line) -> None:
    call = line.call()

    assert "For English, press 1" in call.heard and "中文请按 2" in call.heard
    assert call.languages == {"en-US", "zh-CN"}

    call.press("2")

    assert "请直接说" in call.heard and call.key_of("马上冻结钱包") == "1"
    assert call.languages == {"zh-CN"}
    assert call.asked["language"] == "cmn-Hans-CN"
    assert call.asked["input"] == "dtmf speech" and call.asked["speechTimeout"] == "auto"
    assert "退款" in call.asked["hints"]


def test_the_language_is_remembered_for_the_next_call_of_the_number(line: Line) -> None:
    number = fresh_number()
    line.call(number).press("2").hang_up()

    call = line.call(number)

    assert "马上冻结钱包" in call.heard
    assert "For English, press 8" in call.heard


def test_a_known_caller_is_greeted_in_their_own_language(gateway: Gateway, line: Line) -> None:
    number = fresh_number()
    customer = gateway.customer(phone=number, language=Language.ZH)

    call = line.call(number)

    assert "马上冻结钱包" in call.heard and "For English, press 1" not in call.heard
    with gateway.database.reading() as session:
        conversation = messages_of(session, call.sid)[0]
    assert (conversation.customer_id, conversation.assurance) == (customer, 1)


def test_the_language_can_be_chosen_in_words_or_by_simply_speaking_it(line: Line) -> None:
    assert "马上冻结" in line.call().speak("中文").heard
    assert "To freeze" in line.call().speak("English please.").heard
    assert "我的付款失败了" in line.call().speak("我的付款失败了").heard


@pytest.mark.parametrize("way", ["8", "English please"])
def test_the_language_is_switched_in_mid_call_by_key_and_by_words(line: Line, way: str) -> None:
    call = line.call().press("2")

    call = call.press(way) if way == "8" else call.speak(way)

    assert "let's speak English" in call.heard and "To freeze a wallet now" in call.heard
    assert call.asked["language"] == "en-US"
    assert "It works" in call.speak("It works in English").heard
    assert "说中文" in call.speak("说中文吧").heard


def test_what_is_said_is_answered_by_the_assistant(gateway: Gateway, line: Line) -> None:
    call = line.call().press("1")

    call.speak("My payment failed.", sure=0.9)

    assert "My payment failed" in call.heard
    asked = gateway.rasa.asked[-1]
    assert asked["message"] == "My payment failed"
    assert asked["metadata"]["channel"] == "voice" and asked["metadata"]["signed_in"] is False


def test_references_and_numbers_are_written_out_for_the_assistant(gateway: Gateway, line: Line) -> None:
    reference = new_reference(ReferenceKind.TICKET, random.Random(1))
    spoken = " ".join(reference.removeprefix("T-").lower())

    line.call().press("1").speak(f"how is tea dash {spoken} from one two three four")

    assert gateway.rasa.texts() == [f"how is {reference} from 1234"]


def test_buttons_become_keys_and_can_be_spoken(gateway: Gateway, line: Line) -> None:
    for answer in ("press", "title", "number"):
        call = line.call().press("1").speak("give me a choice")
        assert "Yes: press 1" in call.heard and "No: press 2" in call.heard

        if answer == "press":
            call.press("2")
        else:
            call.speak("No" if answer == "title" else "option two")

        assert gateway.rasa.texts()[-1] == "/deny"


def test_menu_keys_reach_the_assistant_as_what_they_mean(gateway: Gateway, line: Line) -> None:
    call = line.call().press("1")

    call.press(call.key_of("Your balance"))

    assert gateway.rasa.texts()[-1] == "/check_balance" and gateway.rasa.asked[-1]["payload"]


def test_nine_star_and_the_word_repeat_what_was_said_last(line: Line) -> None:
    call = line.call().press("1").speak("tell me")
    said = call.heard

    for again in (call.press("9"), call.press("*"), call.speak("repeat that please")):
        assert again.heard == said


def test_seven_goes_back_to_the_menu(line: Line) -> None:
    call = line.call().press("1").speak("tell me")

    assert "To freeze a wallet now" in call.press("7").heard


def test_silence_is_asked_again_then_by_key_then_a_person_is_offered_then_we_hang_up(
    gateway: Gateway, line: Line
) -> None:
    call = line.call().press("1")

    assert "I didn't hear anything" in call.silence().heard
    assert "Let's do it by key" in call.silence().heard
    assert "To be called by a person: press 1" in call.silence().heard
    assert "I can't hear you" in call.silence().heard and call.over

    assert call_of(gateway, call.sid).outcome is CallOutcome.SILENT


def test_silence_at_the_choice_of_language_falls_back_on_the_callers_country(line: Line) -> None:
    assert "按键" in line.call("+85261234567").silence().silence().heard
    assert "by key" in line.call().silence().silence().heard


def test_keys_that_mean_nothing_lead_to_the_menu_and_then_to_a_person(gateway: Gateway, line: Line) -> None:
    call = line.call().press("1").speak("tell me")

    assert "no such option" in call.press("5").heard
    assert "Let's do it by key" in call.press("6").heard
    call.press("6")

    assert "I'll pass you on to a person" in call.heard and "ticket T" in call.heard
    assert call_of(gateway, call.sid).outcome is CallOutcome.PERSON


def test_what_was_understood_forgives_the_misses_before(line: Line) -> None:
    call = line.call().press("1").speak("tell me")

    call.press("5").speak("tell me more").press("5")

    assert "no such option" in call.heard


def test_what_was_heard_badly_is_asked_again(gateway: Gateway, line: Line) -> None:
    call = line.call().press("1").speak("mumble", sure=0.1)

    assert "I didn't catch that" in call.heard
    assert gateway.rasa.texts() == []


@pytest.mark.parametrize("yes", ["1", "yes", "对"])
def test_what_was_heard_in_doubt_is_asked_for_and_goes_on_with_a_yes(gateway: Gateway, line: Line, yes: str) -> None:
    call = line.call().press("1").speak("my wallet is gone", sure=0.4)
    assert "Did you say: my wallet is gone?" in call.heard

    call = call.press(yes) if yes == "1" else call.speak(yes)

    assert gateway.rasa.texts() == ["my wallet is gone"]


def test_what_was_heard_in_doubt_is_dropped_with_a_no(gateway: Gateway, line: Line) -> None:
    call = line.call().press("1").speak("my wallet is gone", sure=0.4).speak("No.")

    assert "say it again" in call.heard
    assert "it was stolen" in call.speak("it was stolen", sure=0.45).heard  # asked about as before
    assert gateway.rasa.texts() == []


def test_a_card_number_said_in_doubt_is_not_kept(gateway: Gateway, line: Line) -> None:
    call = line.call().press("1").speak("my card is 4111 1111 1111 1111", sure=0.4)

    assert "4111" not in call.heard
    assert "4111" not in call_of(gateway, call.sid).model_dump_json()


def test_a_recogniser_that_is_never_sure_is_believed(gateway: Gateway, line: Line) -> None:
    line.call().press("1").speak("my payment failed", sure=0.0)

    assert gateway.rasa.texts() == ["my payment failed"]


def test_two_calls_from_one_number_do_not_meet(gateway: Gateway, line: Line) -> None:
    number = fresh_number()
    first, second = line.call(number), line.call(number)

    first.press("1").speak("hello from one")
    second.press("2").speak("第二个电话")

    assert "hello from one" in first.heard and "第二个电话" in second.heard
    senders = {asked["sender"] for asked in gateway.rasa.asked}
    assert len(senders) == 2


def test_a_call_that_an_agent_has_says_so_and_speaks_what_they_write(gateway: Gateway, line: Line) -> None:
    call = line.call().press("1").speak("hello there")
    with gateway.database.transaction() as session:
        conversation = messages_of(session, call.sid)[0]
        conversation.owner = Owner.AGENT

    call.speak("are you there")

    assert "A colleague has your case" in call.heard
    assert len(gateway.rasa.texts()) == 1

    line.write_as_agent(gateway, call.sid, "Hello, Ann speaking.")

    assert "Hello, Ann speaking." in call.speak("hello").heard


def test_hanging_up_ends_the_call_and_its_conversation(gateway: Gateway, line: Line) -> None:
    call = line.call().press("1").speak("tell me")

    assert call.hang_up().status_code == 204

    ended = call_of(gateway, call.sid)
    assert ended.state is CallState.OVER and ended.outcome is CallOutcome.ANSWERED and ended.ended_at
    with gateway.database.reading() as session:
        assert messages_of(session, call.sid)[0].ended_at is not None


def test_hanging_up_in_the_middle_loses_nothing_that_was_asked(hasty: Gateway) -> None:
    line = Line(hasty.http, hasty.settings)
    call = line.call().press("1")
    hasty.rasa.hold()
    call.speak("do this for me")
    call.hang_up()
    hasty.rasa.release()

    line.wait_until_answered(hasty, call.sid)

    with hasty.database.reading() as session:
        conversation, *lines = messages_of(session, call.sid)
    assert conversation.ended_at is None
    assert [line.text for line in lines if line.role is Role.BOT][-1].endswith("do this for me")


def test_the_call_goes_on_while_the_assistant_is_slow(hasty: Gateway) -> None:
    line = Line(hasty.http, hasty.settings)
    call = line.call().press("1")
    hasty.rasa.hold()

    call.speak("take your time")
    assert "One moment" in call.heard and call.asked["input"] == "dtmf"
    call.silence()
    assert "please stay on the line" in call.heard
    hasty.rasa.release()
    line.wait_until_answered(hasty, call.sid)
    call.silence()

    assert "take your time" in call.heard
    assert hasty.rasa.texts() == ["take your time"]


def test_zero_is_a_person_also_while_the_assistant_is_slow(hasty: Gateway) -> None:
    call = Line(hasty.http, hasty.settings).call().press("1")
    hasty.rasa.hold()

    call.speak("take your time").press("0")

    assert "ticket T" in call.heard
