"""Amounts, times, countries and lists as customers read or hear them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from actions.wording import country, listed, moment, money, percent, with_name
from wallet_core.money import Money


@pytest.mark.parametrize(
    ("amount", "language", "written"),
    [
        (Money(4999, "USD"), "en", "US$49.99"),
        (Money(4999, "USD"), "zh", "US$49.99"),
        (Money(30000, "CNY"), "zh", "¥300.00"),
        (Money(1500, "JPY"), "en", "JP¥1,500"),
    ],
)
def test_money_is_written_with_its_own_decimals(amount: Money, language: str, written: str) -> None:
    assert money(amount, language) == written


def test_a_moment_is_told_in_the_readers_zone() -> None:
    at = datetime(2026, 11, 22, 16, 4, tzinfo=UTC)

    assert moment(at, "zh", "Asia/Shanghai") == "11月23日 00:04"
    assert moment(at, "en", "Europe/London") == "22 Nov, 16:04"
    assert moment(at, "en", "Asia/Shanghai", name_zone=True) == "23 Nov, 00:04 (GMT+08:00)"


@pytest.mark.parametrize(
    ("amount", "language", "spoken"),
    [
        (Money(30000, "CNY"), "zh", "300元人民币"),
        (Money(4990, "USD"), "zh", "49.90美元"),
        (Money(100, "USD"), "en", "1 US dollar"),
        (Money(4990, "USD"), "en", "49.90 US dollars"),
        (Money(1500, "JPY"), "en", "1,500 Japanese yen"),
    ],
)
def test_money_is_spoken_with_the_currencys_name_and_no_idle_decimals(
    amount: Money, language: str, spoken: str
) -> None:
    assert money(amount, language, spoken=True) == spoken


def test_a_rate_keeps_the_digits_that_it_has() -> None:
    assert with_name(Decimal("7.0850"), "CNY", "en") == "7.0850 Chinese yuan"
    assert with_name(Decimal("0.000038"), "USD", "zh") == "0.000038美元"


def test_percentages_are_words_in_speech() -> None:
    assert percent(Decimal("0.80"), "en") == "0.8%"
    assert percent(Decimal("0.80"), "en", spoken=True) == "0.8 percent"
    assert percent(Decimal("10"), "zh", spoken=True) == "百分之10"


def test_lists_end_as_the_language_ends_them() -> None:
    assert listed(["a", "b", "c"], "en") == "a, b and c"
    assert listed(["护照", "身份证"], "zh", one_of=True) == "护照或身份证"


def test_countries_are_named_as_customers_name_them() -> None:
    assert (country("HK", "zh"), country("HK", "en"), country("JP", "zh")) == ("香港", "Hong Kong", "日本")
