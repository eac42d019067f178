"""Calls that our side places, asked for by twilio-python itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.simulator.conftest import CUSTOMER, NUMBER, OurSide, refusal
from tests.telephony.phone import MORNING, Network, Phone

ALL = ["initiated", "ringing", "answered", "completed"]
US = "http://us/call"


def place(twilio: Client, **wanted: object) -> str:
    return str(twilio.calls.create(**{"to": CUSTOMER, "from_": NUMBER, "url": US, **wanted}).sid)


def progress(ours: OurSide) -> list[tuple[str, str]]:
    return [(event["SequenceNumber"], event["CallStatus"]) for event in ours.to("/progress")]


def test_a_call_rings_is_answered_and_ends(twilio: Client, phones: Network, customer: Phone, ours: OurSide) -> None:
    ours.answers["/call"] = "<Say>Hello</Say><Gather/>"
    sid = place(twilio, status_callback="http://us/progress", status_callback_event=ALL)

    call = customer.wait_for_call().answer()
    phones.advance(3)
    call.hang_up()

    assert (call.sid, call.heard, call.status) == (sid, ["Hello"], "completed")
    assert progress(ours) == [("0", "initiated"), ("1", "ringing"), ("2", "in-progress"), ("3", "completed")]
    assert ours.to("/progress")[-1]["CallDuration"] == "3"
    fetched = twilio.calls(sid).fetch()
    assert (fetched.status, fetched.duration, fetched.start_time) == ("completed", "3", MORNING)


def test_only_the_end_is_told_unless_more_is_asked_for(twilio: Client, customer: Phone, ours: OurSide) -> None:
    place(twilio, status_callback="http://us/progress")

    customer.wait_for_call().answer()

    assert progress(ours) == [("0", "completed")]


def test_status_events_are_signed(twilio: Client, phones: Network, customer: Phone, ours: OurSide) -> None:
    place(twilio, status_callback="http://us/progress?attempt=7#rc=3")

    customer.wait_for_call().answer("busy")

    hook = ours.hooks[-1]
    validator = RequestValidator(phones.simulator.line.auth_token)
    assert validator.validate("http://us/progress?attempt=7", hook.form, hook.signature)


@pytest.mark.parametrize("by", ["busy", "no-answer", "failed"])
def test_a_call_that_nobody_takes_ends_so(twilio: Client, customer: Phone, ours: OurSide, by: str) -> None:
    sid = place(twilio, status_callback="http://us/progress", status_callback_event=ALL)

    customer.wait_for_call().answer(by)

    assert twilio.calls(sid).fetch().status == by
    assert progress(ours)[-1] == ("2", by)
    assert ours.to("/call") == []


def test_it_rings_as_long_as_asked_for_and_five_seconds_more(
    twilio: Client, phones: Network, customer: Phone, ours: OurSide
) -> None:
    sid = place(twilio, timeout=20)
    customer.wait_for_call()

    phones.advance(24)
    assert twilio.calls(sid).fetch().status == "ringing"
    phones.advance(1)

    assert twilio.calls(sid).fetch().status == "no-answer"


def test_one_call_a_second_is_started(twilio: Client, phones: Network) -> None:
    numbers = [f"+1202555010{last}" for last in range(5)]
    for number in numbers:
        phones.phone(number).always("human")

    for number in numbers:
        place(twilio, to=number)
    phones.advance(2)

    statuses = [call.status for call in twilio.calls.list()][::-1]
    assert statuses == ["completed"] * 3 + ["queued"] * 2
    phones.advance(60)
    started = [call.start_time - MORNING for call in twilio.calls.list()][::-1]
    assert started == [timedelta(seconds=second) for second in range(5)]


def test_a_queued_call_can_be_canceled_and_takes_nobodys_turn(twilio: Client, phones: Network, ours: OurSide) -> None:
    place(twilio)
    second = place(twilio, to="+12025550102", status_callback="http://us/progress")
    third = place(twilio, to="+12025550103")

    assert twilio.calls(second).update(status="canceled").status == "canceled"
    phones.advance(1)

    assert progress(ours) == [("0", "canceled")]
    assert phones.phone("+12025550102").ringing is None
    assert twilio.calls(third).fetch().status == "ringing"


def test_a_call_in_progress_can_be_led_elsewhere_and_ended(
    twilio: Client, phones: Network, customer: Phone, ours: OurSide
) -> None:
    ours.answers |= {"/call": "<Pause length='60'/>", "/else": "<Say>Else</Say><Pause length='60'/>"}
    sid = place(twilio)
    call = customer.wait_for_call().answer()

    twilio.calls(sid).update(url="http://us/else")
    phones.advance(0)
    assert call.look().heard == ["Else"]
    twilio.calls(sid).update(twiml="<Response><Say>Here</Say><Pause length='60'/></Response>")
    phones.advance(0)
    assert call.look().heard == ["Else", "Here"]

    twilio.calls(sid).update(status="completed")

    assert call.look().status == "completed"


def test_what_is_over_or_has_not_begun_cannot_be_led(twilio: Client, customer: Phone) -> None:
    sid = place(twilio)
    for _ in ("ringing", "over"):
        with pytest.raises(TwilioRestException) as error:
            twilio.calls(sid).update(url="http://us/else")
        assert refusal(error) == (400, 21220)
        if customer.ringing:
            customer.ringing.answer()


@pytest.mark.parametrize(
    ("by", "wish", "found"),
    [
        ("human", "Enable", "human"),
        ("machine", "Enable", "machine_start"),
        ("machine", "DetectMessageEnd", "machine_end_beep"),
        ("fax", "Enable", "fax"),
    ],
)
def test_a_machine_is_told_from_a_person(
    twilio: Client, customer: Phone, ours: OurSide, by: str, wish: str, found: str
) -> None:
    place(twilio, machine_detection=wish)

    customer.wait_for_call().answer(by)

    assert ours.to("/call")[0]["AnsweredBy"] == found


def test_detection_may_come_later_by_itself(twilio: Client, phones: Network, customer: Phone, ours: OurSide) -> None:
    place(
        twilio,
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback="http://us/amd",
    )

    customer.wait_for_call().answer("machine")
    phones.advance(0)

    assert "AnsweredBy" not in ours.to("/call")[0]
    assert ours.to("/amd")[0]["AnsweredBy"] == "machine_start"


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"to": "12345"}, 400, 21211),
        ({"to": "+19005551212"}, 400, 21215),
        ({"from_": "+12025550199"}, 400, 21210),
        ({"url": ""}, 400, 21205),
        ({"url": "us/call"}, 400, 21205),
        ({"twiml": "<Response/>" + " " * 4000, "url": ""}, 400, 32018),
        ({"status_callback": "http://us", "status_callback_event": ["finished"]}, 400, 21626),
        ({"machine_detection": "Yes"}, 400, 20001),
    ],
)
def test_what_twilio_refuses_is_refused(twilio: Client, wanted: dict[str, object], status: int, code: int) -> None:
    with pytest.raises(TwilioRestException) as error:
        place(twilio, **wanted)

    assert refusal(error) == (status, code)


def test_calls_are_found_by_receiver_state_and_time(twilio: Client, phones: Network) -> None:
    first = place(twilio)
    phones.advance(60)
    second = place(twilio, to="+12025550102")

    assert [call.sid for call in twilio.calls.list(to=CUSTOMER)] == [first]
    assert [call.sid for call in twilio.calls.list(status="ringing", start_time_after=MORNING)] == [second, first]
    assert [call.sid for call in twilio.calls.list(start_time_after=MORNING + timedelta(seconds=30))] == [second]
    assert twilio.calls.list(start_time_before=MORNING - timedelta(seconds=1)) == []


def test_lists_have_pages(twilio: Client, phones: Network) -> None:
    for _ in range(7):
        place(twilio)

    assert len(twilio.calls.list(page_size=3)) == 7


def test_an_unknown_call_is_not_found(twilio: Client) -> None:
    with pytest.raises(TwilioRestException) as error:
        twilio.calls("CA" + "0" * 32).fetch()

    assert refusal(error) == (404, 20404)
