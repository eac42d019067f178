"""Phone numbers: read however they are written, and refused where calling them would cost, or reach nobody."""

from __future__ import annotations

import pytest

from wallet_core.errors import InvalidNumber
from wallet_core.numbers import country_of, mask, parse_number


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+86 138 0013 8000", None),
        ("0086 13800138000", None),
        ("138-0013-8000", "CN"),
        ("＋８６１３８００１３８０００", None),
        ("（００８６）１３８００１３８０００", None),
        (" (+86) 138.0013.8000 ", "US"),
    ],
)
def test_a_number_is_read_however_it_is_written(text: str, region: str | None) -> None:
    assert parse_number(text, region=region) == "+8613800138000"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_a_number"),
        ("+", "not_a_number"),
        ("anonymous", "not_a_number"),
        ("one three eight", "not_a_number"),
        ("一三八〇〇一三八〇〇〇", "not_a_number"),
        ("1-202-555-CALL", "not_a_number"),
        ("12025550101", "not_a_number"),  # whose country?
        ("+1 202 555 0101 ext 5", "not_a_number"),
        ("1" * 5000, "not_a_number"),
        ("+266696687", "not_in_use"),  # how a withheld caller ID is written
        ("+12345", "not_in_use"),
        ("+86 138 0013", "not_in_use"),
        ("+19005551234", "not_callable"),  # premium rate, United States
        ("+449012345678", "not_callable"),  # premium rate, United Kingdom
        ("+448431234567", "not_callable"),  # shared cost
        ("+447012345678", "not_callable"),  # personal numbering, at premium cost
        ("+8616812345", "not_callable"),  # premium rate, China
        ("+18005550123", "not_callable"),  # toll-free: nobody's own
        ("+447640123456", "not_callable"),  # a pager
        ("+870773111632", "not_callable"),  # a satellite phone
        ("+979123456789", "not_callable"),  # international premium rate
    ],
)
def test_what_we_cannot_or_may_not_call_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidNumber) as refused:
        parse_number(text)

    assert refused.value.facts == {"reason": reason}


def test_an_emergency_number_is_refused_in_every_country() -> None:
    for text, region in (("110", "CN"), ("911", "US"), ("112", "DE")):
        with pytest.raises(InvalidNumber):
            parse_number(text, region=region)


def test_a_country_that_is_not_allowed_is_refused() -> None:
    assert parse_number("+81 90-1234-5678", countries={"CN", "JP"}) == "+819012345678"

    with pytest.raises(InvalidNumber) as refused:
        parse_number("+81 90-1234-5678", countries={"CN"})

    assert refused.value.facts == {"reason": "country"}


def test_one_of_many_countries_with_a_common_code_is_told_apart() -> None:
    jamaican = "+18765551234"

    with pytest.raises(InvalidNumber):
        parse_number(jamaican, countries={"US"})


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+8613800138000", "+86 •••••••••00"),
        ("+85251234567", "+852 ••••••67"),
        ("+12025550101", "+1 ••••••••01"),
        ("95588", "••••88"),
        ("911", "•••"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_its_country_and_last_two_digits(number: str, masked: str) -> None:
    assert mask(number) == masked


def test_the_country_of_a_number() -> None:
    assert country_of("+8613800138000") == "CN"
    assert country_of("+870773111632") is None
    assert country_of("95588") is None
