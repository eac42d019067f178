"""Texts through the stand-in, asked for by twilio-python itself."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.simulator.conftest import CUSTOMER, NUMBER, OurSide, ToSimulator, refusal
from tests.telephony.phone import Network, Phone


def test_a_text_arrives_on_the_phone(twilio: Client, customer: Phone) -> None:
    sent = twilio.messages.create(to=CUSTOMER, from_=NUMBER, body="你好" * 40)

    assert (sent.status, sent.num_segments) == ("queued", "2")
    assert customer.wait_for_text() == "你好" * 40
    assert twilio.messages(sent.sid).fetch().status == "delivered"
    assert [listed.sid for listed in twilio.messages.list(to=CUSTOMER)] == [sent.sid]


def test_its_delivery_is_told_in_status_events(twilio: Client, phones: Network, ours: OurSide) -> None:
    twilio.messages.create(to=CUSTOMER, from_=NUMBER, body="Hi", status_callback="http://us/status")
    phones.advance(0)

    assert [event["MessageStatus"] for event in ours.to("/status")] == ["sent", "delivered"]


def test_status_events_come_twice_and_in_the_wrong_order_on_wish(
    twilio: Client, phones: Network, ours: OurSide
) -> None:
    phones.break_with(duplicate=True, reorder=True)

    twilio.messages.create(to=CUSTOMER, from_=NUMBER, body="Hi", status_callback="http://us/status")
    phones.advance(0)

    assert [event["MessageStatus"] for event in ours.to("/status")] == ["delivered", "delivered", "sent", "sent"]
    assert len({hook.token for hook in ours.hooks}) == 2


def test_a_carrier_may_refuse_it_later(twilio: Client, phones: Network, customer: Phone, ours: OurSide) -> None:
    phones.break_with(undeliverable={CUSTOMER: 30003})

    twilio.messages.create(to=CUSTOMER, from_=NUMBER, body="Hi", status_callback="http://us/status")
    phones.advance(0)

    assert ours.to("/status")[-1]["MessageStatus"] == "undelivered"
    assert ours.to("/status")[-1]["ErrorCode"] == "30003"
    assert customer.received == []


def test_finance_texts_to_mainland_china_are_filtered(twilio: Client, phones: Network, ours: OurSide) -> None:
    twilio.messages.create(to="+8613800138000", from_=NUMBER, body="余额", status_callback="http://us/status")
    phones.advance(0)

    assert ours.to("/status")[-1]["ErrorCode"] == "30007"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"to": "12345"}, 21211),
        ({"to": "+1"}, 21211),
        ({"to": "+19005551212"}, 21408),
        ({"to": "+4930901820"}, 21614),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"from_": "+12025550199"}, 21606),
        ({"status_callback": "ftp://us"}, 21609),
    ],
)
def test_what_twilio_refuses_is_refused(twilio: Client, wanted: dict[str, str], code: int) -> None:
    with pytest.raises(TwilioRestException) as error:
        twilio.messages.create(**{"to": CUSTOMER, "from_": NUMBER, "body": "Hi", **wanted})

    assert refusal(error) == (400, code)


def test_a_wrong_token_is_refused(phones: Network) -> None:
    stranger = Client(phones.simulator.line.account_sid, "wrong", http_client=ToSimulator(phones.address))

    with pytest.raises(TwilioRestException) as error:
        stranger.messages.create(to=CUSTOMER, from_=NUMBER, body="Hi")

    assert refusal(error) == (401, 20003)


def test_a_field_that_twilio_does_not_know_is_noted(phones: Network) -> None:
    line = phones.simulator.line
    http = TwilioHttpClient(timeout=10)
    form = {"To": CUSTOMER, "From": NUMBER, "Body": "Hi", "StatusCallbak": "http://us"}

    http.request(
        "POST",
        f"{phones.address}/2010-04-01/Accounts/{line.account_sid}/Messages.json",
        data=form,
        auth=(line.account_sid, line.auth_token),
    )

    assert phones.requests[-1]["notes"] == ["unknown field StatusCallbak"]


def test_a_customers_text_is_a_signed_webhook(customer: Phone, phones: Network, ours: OurSide) -> None:
    sid = customer.text(" 你好 & 100% ")

    hook = ours.hooks[-1]
    assert (hook.path, hook.form["MessageSid"], hook.form["Body"]) == ("/twilio/messages", sid, " 你好 & 100% ")
    assert (hook.form["From"], hook.form["To"], hook.form["FromCity"]) == (CUSTOMER, NUMBER, "")
    validator = RequestValidator(phones.simulator.line.auth_token)
    assert validator.validate("http://127.0.0.1:8000/twilio/messages", hook.form, hook.signature)
    assert not validator.validate("http://127.0.0.1:8000/twilio/messages", {**hook.form, "Body": "x"}, hook.signature)


def test_the_answers_messages_are_sent(customer: Phone, ours: OurSide) -> None:
    ours.answers["/twilio/messages"] = "<Message>One\ntwo</Message><Message><Body>Three</Body></Message>"

    customer.text("Hi")

    assert customer.received == ["One\ntwo", "Three"]


def test_an_answer_may_lead_on(customer: Phone, ours: OurSide) -> None:
    ours.answers["/twilio/messages"] = "<Redirect>/elsewhere</Redirect>"
    ours.answers["/elsewhere"] = "<Message>Here</Message>"

    customer.text("Hi")

    assert customer.received == ["Here"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("<Say>Hi</Say>", 12200),
        ("<Message>", 12100),
        ("<Message colour='red'>Hi</Message>", 12200),
        (500, 11200),
        (429, 11200),
    ],
)
def test_a_bad_answer_reaches_nobody_and_is_noted(
    customer: Phone, phones: Network, ours: OurSide, answer: str | int, code: int
) -> None:
    ours.answers["/twilio/messages"] = answer

    customer.text("Hi")

    assert customer.received == []
    assert phones.warnings == [code]


@pytest.mark.parametrize("patience", [1.0])
def test_an_answer_that_takes_too_long_is_given_up(customer: Phone, phones: Network, ours: OurSide) -> None:
    ours.slow.add("/twilio/messages")

    customer.text("Hi")

    assert phones.warnings == [11205]


def test_stop_blocks_and_start_lifts_as_twilio_does_by_itself(twilio: Client, customer: Phone, ours: OurSide) -> None:
    ours.answers["/twilio/messages"] = "<Message>ours</Message>"

    customer.text(" stop ")

    assert len(customer.received) == 1 and "unsubscribed" in customer.received[0]
    assert "OptOutType" not in ours.to("/twilio/messages")[-1]
    with pytest.raises(TwilioRestException) as error:
        twilio.messages.create(to=CUSTOMER, from_=NUMBER, body="Hi")
    assert refusal(error) == (400, 21610)

    customer.text("START")

    assert "re-subscribed" in customer.received[1] and customer.received[2] == "ours"
    assert twilio.messages.create(to=CUSTOMER, from_=NUMBER, body="Hi").status == "queued"


@pytest.mark.parametrize("body", ["STOP please", "退订", "YES", "freeze"])
def test_other_texts_are_no_keywords(customer: Phone, body: str) -> None:
    customer.text(body)

    assert customer.received == []


def test_advanced_opt_out_says_so_in_the_webhook(phones: Network, customer: Phone, ours: OurSide) -> None:
    phones.break_with(advanced_opt_out=True)

    for body in ("STOP", "START", "HELP"):
        customer.text(body)

    assert [form["OptOutType"] for form in ours.to("/twilio/messages")] == ["STOP", "START", "HELP"]


def test_texts_from_mainland_china_do_not_arrive(phones: Network, ours: OurSide) -> None:
    with pytest.raises(AssertionError, match="mainland China"):
        phones.phone("+8613800138000").text("你好")

    assert ours.hooks == []


def test_the_next_request_may_fail_on_wish(phones: Network, twilio: Client, customer: Phone) -> None:
    phones.break_with(fail_next={"status": 503, "code": 20503})

    with pytest.raises(TwilioRestException) as error:
        twilio.messages.create(to=CUSTOMER, from_=NUMBER, body="Hi")
    assert refusal(error) == (503, 20503)

    twilio.messages.create(to=CUSTOMER, from_=NUMBER, body="again")
    assert customer.wait_for_text() == "again"
