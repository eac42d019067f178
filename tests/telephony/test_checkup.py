"""The doctor says what is wrong with the phone, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from requests.exceptions import ReadTimeout

from bot import doctor
from bot.settings import Settings
from bot.telephony.account import TelephonyAccount
from bot.telephony.checkup import phone_findings
from tests.telephony.accounts import Wire, client_on, make_account, refused

ACCOUNT = (200, {"status": "active", "type": "Full"})
VERIFY = (200, {"code_length": 6, "friendly_name": "Oak Wallet"})
NUMBER = {
    "phone_number": "+12025550190",
    "capabilities": {"voice": True, "sms": True, "mms": False},
    "voice_url": "https://wallet.example/twilio/voice",
    "voice_method": "POST",
    "status_callback": "https://wallet.example/twilio/voice/status",
    "status_callback_method": "POST",
    "sms_url": "https://wallet.example/twilio/messages#rc=2",
    "sms_method": "POST",
    "voice_application_sid": "",
    "sms_application_sid": "",
}


def numbers(**overrides: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"incoming_phone_numbers": [{**NUMBER, **overrides}]}


def our_door(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200 if request.url.path == "/healthz" else 403)


def faults(
    *answers: Any,
    account: TelephonyAccount | None = None,
    door: Callable[..., httpx.Response] = our_door,
    hotline: str = "+1 415 555 2671",
) -> dict[str, str]:
    account = account or make_account()
    http = httpx.Client(transport=httpx.MockTransport(door))
    found = phone_findings(
        account, client_on(Wire(*answers), account), http, official={"+12025550190"}, hotline=hotline
    )
    return {what: advice for good, what, advice in found if not good}


def test_a_phone_that_is_connected_right_has_no_fault() -> None:
    assert faults(ACCOUNT, numbers(), VERIFY) == {}


def test_a_wrong_token_is_one_fault_and_twilio_is_asked_no_further() -> None:
    assert faults(refused(401, 20003)).keys() == {"account"}


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"voice_url": None}, "calls"),
        ({"voice_url": "https://demo.twilio.com/welcome/voice/"}, "calls"),
        ({"voice_method": "GET"}, "calls"),
        ({"voice_application_sid": "AP" + "1" * 32}, "calls"),
        ({"status_callback": ""}, "call status"),
        ({"sms_url": "https://wallet.example/twilio/messages/"}, "texts"),
        ({"sms_application_sid": "AP" + "1" * 32}, "texts"),
        ({"capabilities": {"voice": True, "sms": False}}, "able to"),
    ],
)
def test_a_number_that_leads_elsewhere_is_a_fault(wrong: dict[str, Any], what: str) -> None:
    assert faults(ACCOUNT, numbers(**wrong), VERIFY).keys() == {what}


def test_the_advice_names_the_address_to_set() -> None:
    assert "POST https://wallet.example/twilio/voice" in faults(ACCOUNT, numbers(voice_url=None), VERIFY)["calls"]


def test_a_number_of_somebody_else_is_a_fault() -> None:
    assert faults(ACCOUNT, (200, {"incoming_phone_numbers": []}), VERIFY).keys() == {"number"}


def test_with_a_messaging_service_texts_come_by_its_webhook_and_go_out_from_its_numbers() -> None:
    account = make_account(messaging_service_sid="MG" + "1" * 32)
    ours, inbound = "https://wallet.example/twilio/messages", {"sid": "MG" + "1" * 32, "inbound_method": "POST"}
    pool = {"phone_numbers": [{"phone_number": "+12025550190"}], "meta": {"key": "phone_numbers"}}
    empty = {"phone_numbers": [], "meta": {"key": "phone_numbers"}}
    service = {**inbound, "use_inbound_webhook_on_number": False}

    right = faults(
        ACCOUNT,
        numbers(sms_url=""),
        (200, {**service, "inbound_request_url": ours}),
        (200, pool),
        VERIFY,
        account=account,
    )
    wrong = faults(
        ACCOUNT, numbers(), (200, {**service, "inbound_request_url": None}), (200, empty), VERIFY, account=account
    )

    assert right == {}
    assert wrong.keys() == {"texts", "messaging"}


def test_a_verify_service_that_is_not_there_is_a_fault() -> None:
    assert faults(ACCOUNT, numbers(), refused(404, 20404)).keys() == {"codes"}


def test_a_twilio_that_does_not_answer_is_told_as_that() -> None:
    assert "does not answer" in faults(ReadTimeout())["account"]


def test_a_suspended_account_is_a_fault() -> None:
    assert faults((200, {"status": "suspended", "type": "Full"})).keys() == {"account"}


def test_a_number_that_customers_would_be_told_is_not_ours_is_a_fault() -> None:
    account = make_account(number="+12025550155")

    found = faults(ACCOUNT, numbers(phone_number="+12025550155"), VERIFY, account=account)

    assert "official_numbers.yml" in found["number"]


def test_an_address_without_encryption_is_a_fault_unless_simulated() -> None:
    plain = {"public_base_url": "http://wallet.example"}
    http = {
        name: value.replace("https:", "http:")
        for name, value in NUMBER.items()
        if "url" in name or name == "status_callback"
    }

    real = faults(ACCOUNT, numbers(**http), VERIFY, account=make_account(**plain))
    simulated = faults(ACCOUNT, numbers(**http), VERIFY, account=make_account(**plain, simulated=True))

    assert (list(real), list(simulated)) == (["public URL"], [])


def test_a_door_that_lets_unsigned_webhooks_in_or_is_not_there_is_a_fault() -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    open_door = faults(ACCOUNT, numbers(), VERIFY, door=lambda _: httpx.Response(200))
    no_door = faults(ACCOUNT, numbers(), VERIFY, door=nobody)

    assert open_door.keys() == {"signatures"}
    assert no_door.keys() == {"public door"}


def test_without_settings_it_says_where_they_are_described() -> None:
    lines = list[str]()

    well = doctor.report_phone(Settings(_env_file=None), lines.append)

    assert not well
    assert "docs/twilio.md" in lines[0]


def test_codes_of_another_length_are_a_fault() -> None:
    answer = (200, {"code_length": 8, "friendly_name": "Oak Wallet"})

    assert "set it to 6" in faults(ACCOUNT, numbers(), answer)["codes"]


def test_the_demos_hotline_is_a_fault_and_the_number_itself_is_none() -> None:
    assert "support.yml" in faults(ACCOUNT, numbers(), VERIFY, hotline="+1 800 555 0199")["hotline"]
    assert faults(ACCOUNT, numbers(), VERIFY, hotline="+1 202 555 0190") == {}
