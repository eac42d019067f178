"""TwiML, verb by verb: Twilio's rule, the document in, what the caller hears and we are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import cast

import pytest

from bot.simulator.calls import Call, Gathering
from bot.simulator.gather import Gather, Keys, press
from bot.simulator.interpreter import Interpreter
from bot.simulator.twiml import Element
from tests.simulator.conftest import CUSTOMER, NUMBER, OurSide
from tests.telephony.phone import CallOnPhone, Network, Phone

VOICE, NEXT = "/twilio/voice", "/next"


DialIn = Callable[..., CallOnPhone]


@pytest.fixture
def dial_in(customer: Phone, ours: OurSide) -> DialIn:
    """Calls us, where this document is the answer."""

    def call(document: str, **answers: str | int | list[str]) -> CallOnPhone:
        ours.answers |= {VOICE: document, **{f"/{name}": answer for name, answer in answers.items()}}
        return customer.call()

    return call


def test_a_call_comes_in_as_a_request(dial_in: DialIn, ours: OurSide) -> None:
    call = dial_in("<Say language='zh-CN' voice='Polly.Zhiyu-Neural'>您好</Say><Gather/>")

    form = ours.to(VOICE)[0]
    assert (form["CallSid"], form["From"], form["To"]) == (call.sid, CUSTOMER, NUMBER)
    assert (form["CallStatus"], form["Direction"], form["FromCity"]) == ("ringing", "inbound", "")
    heard = call.view["heard"][0]
    assert (heard["text"], heard["language"], heard["voice"]) == ("您好", "zh-CN", "Polly.Zhiyu-Neural")
    assert call.status == "in-progress"


def test_a_number_may_be_withheld(phones: Network, customer: Phone, ours: OurSide) -> None:
    customer.call(hidden=True)

    assert ours.to(VOICE)[0]["From"] == "+266696687"


def test_a_document_ends_the_call_with_its_last_verb(dial_in: DialIn, ours: OurSide, phones: Network) -> None:
    call = dial_in("<Say>One</Say><Play>http://us/two.mp3</Play>")

    assert call.heard == ["One", "http://us/two.mp3"]
    assert call.status == "completed"
    assert ours.to("/twilio/voice/status")[0]["CallStatus"] == "completed"


def test_hangup_ends_it_at_once(dial_in: DialIn) -> None:
    call = dial_in("<Say>One</Say><Hangup/><Say>Two</Say>")

    assert (call.heard, call.status) == (["One"], "completed")


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_reject_as_the_first_verb_does_not_answer(dial_in: DialIn, reason: str, status: str) -> None:
    call = dial_in(f"<Reject reason='{reason}'/>")

    assert (call.status, call.view["seconds"]) == (status, 0)


def test_pause_waits_a_second_unless_told(dial_in: DialIn) -> None:
    call = dial_in("<Pause/><Say>One</Say><Pause length='10'/><Say>Two</Say><Gather/>")
    assert call.heard == []

    assert call.wait(1).heard == ["One"]
    assert call.wait(9.9).heard == ["One"]
    assert call.wait(0.1).heard == ["One", "Two"]


def test_redirect_goes_on_elsewhere_relative_to_the_document(dial_in: DialIn, ours: OurSide) -> None:
    call = dial_in("<Redirect>../next?turn=2&amp;x=1</Redirect><Say>Never</Say>", next="<Say>Here</Say>")

    assert call.heard == ["Here"]
    assert ours.to(NEXT)[0]["CallStatus"] == "in-progress"


def test_redirect_may_ask_by_get(dial_in: DialIn, ours: OurSide) -> None:
    dial_in("<Redirect method='GET'>/next</Redirect>")

    assert ours.hooks[1].method == "GET" and ours.hooks[1].form["From"] == CUSTOMER


def test_documents_that_lead_in_a_circle_end(dial_in: DialIn, phones: Network) -> None:
    call = dial_in("<Redirect>/twilio/voice</Redirect>")

    assert call.status == "completed"
    assert phones.warnings == [11215]


def test_gather_takes_keys_up_to_the_wanted_number(dial_in: DialIn, ours: OurSide) -> None:
    call = dial_in("<Gather numDigits='4' action='/next'><Say>Code?</Say></Gather>", next="<Gather/>")
    assert call.heard == ["Code?"]
    assert call.gathering is not None and call.gathering["numDigits"] == 4

    call.press("12").press("345")

    assert [form["Digits"] for form in ours.to(NEXT)] == ["1234"]


def test_gather_ends_with_the_finishing_key_which_is_not_among_the_digits(dial_in: DialIn, ours: OurSide) -> None:
    dial_in("<Gather action='/next'/>").press("42#")
    dial_in("<Gather action='/next' finishOnKey='*'/>").press("4#2*")

    assert [form["Digits"] for form in ours.to(NEXT)] == ["42", "4#2"]


def test_gather_waits_five_seconds_and_again_after_each_key(dial_in: DialIn, ours: OurSide) -> None:
    call = dial_in("<Gather action='/next'/><Say>Nothing</Say>")

    call.wait(4).press("7").wait(4)
    assert ours.to(NEXT) == []
    call.wait(1)

    assert [form["Digits"] for form in ours.to(NEXT)] == ["7"]


def test_gather_falls_through_where_nothing_comes(dial_in: DialIn, ours: OurSide) -> None:
    call = dial_in("<Gather action='/next' timeout='3'/><Say>Nothing came</Say><Pause/>")

    assert call.wait(3).just_heard == "Nothing came"
    assert ours.to(NEXT) == []


def test_gather_with_action_on_empty_result_asks_with_blank_fields(dial_in: DialIn, ours: OurSide) -> None:
    document = "<Gather input='dtmf speech' action='/next' actionOnEmptyResult='true'/>"
    dial_in(document, next="<Say>Still there?</Say>").silence()

    assert (ours.to(NEXT)[0]["Digits"], ours.to(NEXT)[0]["SpeechResult"]) == ("", "")


def test_gather_without_an_action_asks_the_same_document_again(dial_in: DialIn, ours: OurSide) -> None:
    call = dial_in("<Gather numDigits='1'><Say>Which?</Say></Gather>")

    call.press("1").press("2")

    assert [form.get("Digits") for form in ours.to(VOICE)] == [None, "1", "2"]
    assert call.heard == ["Which?"] * 3


def test_gather_hears_speech_with_its_confidence(dial_in: DialIn, ours: OurSide) -> None:
    document = "<Gather input='dtmf speech' language='cmn-Hans-CN' hints='冻结,余额' action='/next'/>"
    call = dial_in(document, next=document)
    assert call.gathering is not None
    assert (call.gathering["language"], call.gathering["hints"]) == ("cmn-Hans-CN", "冻结,余额")

    call.say("冻结账户", confidence=0.5).say("余额", confidence=None)

    first, second = ours.to(NEXT)
    assert (first["SpeechResult"], first["Confidence"]) == ("冻结账户", "0.5")
    assert second["SpeechResult"] == "余额" and "Confidence" not in second


def test_gather_takes_only_what_it_asked_for(dial_in: DialIn, ours: OurSide) -> None:
    dial_in("<Gather input='dtmf' action='/next'/>").say("hello").silence()
    dial_in("<Gather input='speech' action='/next'/>").press("1").silence()

    assert ours.to(NEXT) == []


def test_keys_that_nobody_waits_for_are_lost(dial_in: DialIn, ours: OurSide) -> None:
    call = dial_in("<Pause length='5'/><Gather numDigits='1' action='/next'/>")

    call.press("9").wait(5).press("1")

    assert [form["Digits"] for form in ours.to(NEXT)] == ["1"]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("<Say>One", 12100),
        ("<Sing>One</Sing>", 12200),
        ("<Gather speechTimout='3'/>", 12200),
        ("<Gather language='zh-CN'/>", 12200),
        ("<Gather><Dial>+12025550191</Dial></Gather>", 12200),
        ("<Say voice='Polly.Nobody'>One</Say>", 12200),
        ("<Gather actionOnEmptyResult='True'/>", 12200),
        ("<Say> </Say>", 13520),
        (f"<Say>{'好' * 501}</Say>", 13521),
        ("<Dial>12345</Dial>", 13224),
        ("<Redirect>mailto:nobody</Redirect>", 11100),
        (500, 11200),
        (404, 11200),
    ],
)
def test_a_bad_answer_ends_the_call_with_twilios_regret(
    dial_in: DialIn, phones: Network, document: str | int, code: int
) -> None:
    call = dial_in(document)

    assert call.heard == ["We are sorry, an application error has occurred. Goodbye."]
    assert call.status == "completed"
    assert phones.warnings == [code]


@pytest.mark.parametrize("patience", [2.0])
def test_an_answer_that_takes_too_long_does_too(dial_in: DialIn, phones: Network, ours: OurSide) -> None:
    ours.slow.add(VOICE)

    call = dial_in("<Say>Too late</Say>")

    assert call.heard == ["We are sorry, an application error has occurred. Goodbye."]
    assert phones.warnings == [11205]


def test_the_fallback_is_asked_first_where_there_is_one(dial_in: DialIn, phones: Network, ours: OurSide) -> None:
    phones.simulator.line.voice_fallback_url = "http://us/fallback"

    call = dial_in(500, fallback="<Say>Later</Say>")

    assert call.heard == ["Later"]
    assert ours.to("/fallback")[0]["ErrorCode"] == "11200"


def test_the_same_request_may_come_twice(dial_in: DialIn, phones: Network, ours: OurSide) -> None:
    phones.break_with(duplicate=True)

    call = dial_in("<Gather numDigits='1' action='/next'><Say>One</Say></Gather>")
    call.press("1")

    assert call.heard == ["One"]
    assert [form["Digits"] for form in ours.to(NEXT)] == ["1", "1"]
    assert ours.hooks[-1].token == ours.hooks[-2].token


def test_hanging_up_ends_whatever_is_going_on(dial_in: DialIn, phones: Network, ours: OurSide) -> None:
    call = dial_in("<Gather action='/next'/>").wait(2).hang_up()

    assert call.status == "completed"
    assert ours.to("/twilio/voice/status")[0]["CallDuration"] == "2"
    with pytest.raises(AssertionError, match="409"):
        call.press("1")


def test_while_the_clock_runs_speech_takes_time_and_can_be_cut(dial_in: DialIn, phones: Network, ours: OurSide) -> None:
    phones.post("clock", stands=False)
    long = "word " * 100

    call = dial_in(f"<Gather numDigits='1' action='/next'><Say>{long}</Say><Say>Two</Say></Gather>", next="<Hangup/>")
    call.press("1")

    assert [(heard["text"][:4], heard["cut"]) for heard in call.view["heard"]] == [("word", True)]
    assert ours.to(NEXT)[0]["Digits"] == "1"


def test_two_keys_of_one_moment_are_both_taken() -> None:
    gathering = Gathering(input=("dtmf",), num_digits=2, finish_on_key="#", language="en-US", hints="", timeout=5)
    busy = cast(Call, SimpleNamespace(gathering=gathering, wake=lambda _signal, awaits: False))
    no_prompt = cast(Element, SimpleNamespace(children=[]))

    taken = [press(busy, "4"), press(busy, "2")]
    with ThreadPoolExecutor(1) as pool:  # the browser's loop runs in this thread
        got = pool.submit(asyncio.run, Gather(cast(Interpreter, None))._collect(busy, no_prompt, gathering))

    assert taken == [True, True]
    assert got.result() == Keys("42")
