"""Verify's rules, one by one, asked by twilio-python itself."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.verify.v2.service import ServiceContext

from tests.simulator.conftest import CUSTOMER, refusal
from tests.telephony.phone import Network, Phone

_MINUTE = 60


@pytest.fixture
def verify(twilio: Client, phones: Network) -> ServiceContext:
    return twilio.verify.v2.services(phones.simulator.line.verify_service_sid)


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_right_code_is_approved_once(verify: ServiceContext, customer: Phone) -> None:
    sent = verify.verifications.create(to=CUSTOMER, channel="sms")
    code = customer.code

    checked = verify.verification_checks.create(to=CUSTOMER, code=code)

    assert (sent.status, checked.sid, checked.status, checked.valid) == ("pending", sent.sid, "approved", True)
    with pytest.raises(TwilioRestException) as error:
        verify.verification_checks.create(verification_sid=sent.sid, code=code)
    assert refusal(error) == (404, 20404)


def test_a_wrong_code_is_no_error_but_pending(verify: ServiceContext, customer: Phone) -> None:
    verify.verifications.create(to=CUSTOMER, channel="sms")

    checked = verify.verification_checks.create(to=CUSTOMER, code=_wrong(customer.code))

    assert (checked.status, checked.valid) == ("pending", False)


def test_after_five_wrong_codes_none_is_checked(verify: ServiceContext, customer: Phone) -> None:
    verify.verifications.create(to=CUSTOMER, channel="sms")
    for _ in range(5):
        verify.verification_checks.create(to=CUSTOMER, code=_wrong(customer.code))

    for code in (customer.code, _wrong(customer.code)):
        with pytest.raises(TwilioRestException) as error:
            verify.verification_checks.create(to=CUSTOMER, code=code)
        assert refusal(error) == (429, 60202)


def test_the_same_code_is_sent_again_and_five_times_at_most(verify: ServiceContext, customer: Phone) -> None:
    sids = {verify.verifications.create(to=CUSTOMER, channel="sms").sid for _ in range(5)}

    with pytest.raises(TwilioRestException) as error:
        verify.verifications.create(to=CUSTOMER, channel="sms")

    assert refusal(error) == (429, 60203)
    assert len(sids) == 1 and len(set(customer.received)) == 1 and len(customer.received) == 5


def test_a_code_lives_ten_minutes(verify: ServiceContext, customer: Phone, phones: Network) -> None:
    verify.verifications.create(to=CUSTOMER, channel="sms")
    old = customer.code
    phones.advance(10 * _MINUTE - 1)
    assert verify.verification_checks.create(to=CUSTOMER, code=_wrong(old)).status == "pending"

    phones.advance(1)

    with pytest.raises(TwilioRestException) as error:
        verify.verification_checks.create(to=CUSTOMER, code=old)
    assert refusal(error) == (404, 20404)
    assert verify.verifications.create(to=CUSTOMER, channel="sms").status == "pending"


def test_a_canceled_one_is_gone(verify: ServiceContext, customer: Phone) -> None:
    sent = verify.verifications.create(to=CUSTOMER, channel="sms")
    assert verify.verifications(sent.sid).fetch().status == "pending"

    assert verify.verifications(sent.sid).update(status="canceled").status == "canceled"

    with pytest.raises(TwilioRestException) as error:
        verify.verification_checks.create(to=CUSTOMER, code=customer.code)
    assert refusal(error) == (404, 20404)


def test_a_code_may_come_by_mail(verify: ServiceContext, phones: Network) -> None:
    verify.verifications.create(to="siyu@example.com", channel="email", locale="zh-CN")
    mailbox = phones.phone("siyu@example.com")

    assert "验证码" in mailbox.mails[0]["subject"]
    assert verify.verification_checks.create(to="siyu@example.com", code=mailbox.code).status == "approved"


def test_a_code_may_come_by_call(verify: ServiceContext, phones: Network, customer: Phone, twilio: Client) -> None:
    sent = verify.verifications.create(to=CUSTOMER, channel="call", locale="zh")

    call = customer.wait_for_call().answer()

    digits = "".join(character for character in call.heard[0] if character.isdigit())
    assert call.status == "completed" and "验证码" in call.heard[0]
    assert verify.verification_checks.create(verification_sid=sent.sid, code=digits).status == "approved"
    assert twilio.calls.list() == []  # it is none of the account's


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "code is"), ("zh", "验证码"), ("zh-HK", "验证码"), ("fr", "code is")]
)
def test_the_text_is_in_the_wanted_language(verify: ServiceContext, customer: Phone, locale: str, words: str) -> None:
    verify.verifications.create(to=CUSTOMER, channel="sms", locale=locale)

    assert words in customer.received[0]


@pytest.mark.parametrize(
    ("to", "channel"),
    [("12345", "sms"), ("+19005551212", "sms"), ("nobody", "email"), (CUSTOMER, "pigeon")],
)
def test_a_bad_receiver_or_channel_is_refused(verify: ServiceContext, to: str, channel: str) -> None:
    with pytest.raises(TwilioRestException) as error:
        verify.verifications.create(to=to, channel=channel)

    assert refusal(error) == (400, 60200)


def test_a_check_of_what_was_never_sent_finds_nothing(verify: ServiceContext) -> None:
    with pytest.raises(TwilioRestException) as error:
        verify.verification_checks.create(to=CUSTOMER, code="123456")

    assert refusal(error) == (404, 20404)


def test_the_service_can_be_looked_at(verify: ServiceContext, twilio: Client) -> None:
    assert verify.fetch().friendly_name == "Oak Wallet"
    assert twilio.api.v2010.accounts(twilio.account_sid).fetch().status == "active"
    assert [number.phone_number for number in twilio.incoming_phone_numbers.list()] == ["+15005550006"]
