"""Twilio's refusals are told in our words: what the customer can do about it, what the operator, what nobody knows."""

from __future__ import annotations

import traceback

import pytest
import structlog

from bot.telephony import errors
from bot.telephony.errors import OutcomeUnknown, TwilioRefusesUs, Unreachable, asking
from tests.telephony.accounts import Wire, client_on, refused
from wallet_core.errors import InvalidNumber, LimitReached, ServiceUnavailable, WalletError

NUMBER = "+12025550101"


def refused_with(status: int, code: int, message: str = "no") -> WalletError:
    client = client_on(Wire(*[refused(status, code, message)] * 3))
    with pytest.raises(WalletError) as refusal, asking("texts"):
        client.messages.create(to=NUMBER, from_="+12025550190", body="hello")
    return refusal.value


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, 21211, Unreachable.NOT_IN_USE),
        (400, 21614, Unreachable.NOT_TEXTABLE),
        (400, 21635, Unreachable.NOT_TEXTABLE),
        (403, 60205, Unreachable.NOT_TEXTABLE),
        (400, 21408, Unreachable.COUNTRY),
        (400, 21215, Unreachable.COUNTRY),
        (403, 60605, Unreachable.COUNTRY),
        (400, 21216, Unreachable.BLOCKED),
        (403, 60410, Unreachable.BLOCKED),
        (403, 60238, Unreachable.BLOCKED),
        (403, 60413, Unreachable.BLOCKED),
        (400, 30450, Unreachable.BLOCKED),
        (400, 21610, Unreachable.OPTED_OUT),
    ],
)
def test_a_number_that_can_not_be_reached_is_that_for_good(status: int, code: int, reason: Unreachable) -> None:
    error = refused_with(status, code)

    assert isinstance(error, InvalidNumber)
    assert error.facts == {"reason": reason}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Invalid parameter: To", InvalidNumber),
        ("Invalid parameter `To`: +1999", InvalidNumber),
        ("Invalid parameter `Channel`: fax", TwilioRefusesUs),
        ("Invalid parameter: Token", TwilioRefusesUs),
    ],
)
def test_an_invalid_parameter_is_the_customers_number_or_our_mistake(message: str, expected: type[WalletError]) -> None:
    assert type(refused_with(400, 60200, message)) is expected


@pytest.mark.parametrize("code", [60203, 60207])
def test_codes_that_are_used_up_are_a_limit(code: int) -> None:
    error = refused_with(429, code)

    assert isinstance(error, LimitReached)
    assert error.facts["limit"] == "codes"


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (429, 60212), (429, 0)])
def test_too_much_at_once_was_not_done_and_may_be_tried_again(status: int, code: int) -> None:
    assert type(refused_with(status, code)) is ServiceUnavailable


@pytest.mark.parametrize("answer", [(500, ""), (502, "<html>"), (503, {"code": 20503}), (200, "<html>")])
def test_whether_a_broken_answer_did_something_is_unknown(answer: tuple[int, str]) -> None:
    with pytest.raises(OutcomeUnknown), asking("texts"):
        client_on(Wire(answer)).messages.create(to=NUMBER, from_="+12025550190", body="hello")


def test_what_is_wrong_with_the_account_is_told_to_the_operator_once() -> None:
    errors._tell_the_operator.cache_clear()

    with structlog.testing.capture_logs() as logs:
        first, second = refused_with(401, 20003, f"Authenticate {NUMBER}"), refused_with(401, 20003)
        other = refused_with(400, 21606)

    assert all(isinstance(error, TwilioRefusesUs) for error in (first, second, other))
    assert [(line["log_level"], line["twilio_code"]) for line in logs] == [("error", 20003), ("error", 21606)]
    assert NUMBER not in str(logs)


def test_the_newer_form_of_errors_is_understood_too() -> None:
    problem = {"type": "https://x", "title": "Max send attempts", "status": 429, "code": 60203}

    with pytest.raises(LimitReached), asking("codes"):
        client_on(Wire((429, problem))).messages.create(to=NUMBER, from_="+12025550190", body="hello")


def test_no_traceback_shows_the_number() -> None:
    error = refused_with(400, 21211, f"The 'To' number {NUMBER} is not valid")

    assert NUMBER not in "".join(traceback.format_exception(error))
