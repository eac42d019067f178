"""Amounts are whole minor units of a real currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet_core.errors import CurrencyMismatch, InvalidAmount, UnknownCurrency
from wallet_core.money import LARGEST_MINOR, Money, exponent, require_positive

amounts = st.integers(-LARGEST_MINOR // 2, LARGEST_MINOR // 2)


@pytest.mark.parametrize(
    ("currency", "digits"),
    # The second line is where everyday usage (and CLDR) differs from ISO 4217.
    [
        *[("JPY", 0), ("KRW", 0), ("USD", 2), ("CNY", 2), ("HKD", 2), ("EUR", 2), ("KWD", 3), ("CLF", 4)],
        *[("IQD", 3), ("LAK", 2), ("RSD", 2), ("ALL", 2)],
    ],
)
def test_currencies_have_the_exponents_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize(
    "currency", ["", "usd", "US", "ZZZ", "XXX", "XAU", "BTC", "ＵＳＤ", "USD ", "U" * 1000, None, 840]
)
def test_what_is_no_currency_is_refused(currency: Any) -> None:
    with pytest.raises(UnknownCurrency) as refusal:
        Money(1, currency)

    assert refusal.value.code == "unknown_currency"


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.30", "USD", 1230),
        ("12.3", "USD", 1230),
        ("12.300000", "USD", 1230),
        ("-0.01", "USD", -1),
        ("1500", "JPY", 1500),
        ("1500.0", "JPY", 1500),
        ("1.234", "KWD", 1234),
        (7, "EUR", 700),
        (Decimal("0.07"), "CNY", 7),
        (Decimal("1E+3"), "JPY", 1000),
        ("0", "USD", 0),
    ],
)
def test_major_units_become_minor_units_exactly(amount: Any, currency: str, minor: int) -> None:
    assert Money.of(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "amount",
    [
        *["", " ", "1,50", "1.234", "0.001", "1e3", "1_000", "１２", "٣", "+1", "NaN", "abc", "12.3.4", "9" * 17],
        *["1." + "0" * 21, 1.5, True, None, b"1", Decimal("NaN"), Decimal("-Infinity"), Decimal("1E+999999")],
        *[Decimal("1E-999999"), Decimal("0." + "0" * 40 + "1"), 10**14],
    ],
)
def test_what_is_no_exact_amount_is_refused(amount: Any) -> None:
    with pytest.raises(InvalidAmount) as refusal:
        Money.of(amount, "USD")

    assert refusal.value.code == "invalid_amount"


def test_there_are_no_cents_of_a_yen() -> None:
    with pytest.raises(InvalidAmount):
        Money.of("1500.5", "JPY")


@pytest.mark.parametrize("minor", [1.0, "1", True, None, LARGEST_MINOR + 1, -LARGEST_MINOR - 1, 2**63])
def test_minor_units_are_whole_and_bounded(minor: Any) -> None:
    with pytest.raises(InvalidAmount):
        Money(minor, "USD")


@given(amounts, amounts)
def test_adding_and_taking_away_are_exact(left: int, right: int) -> None:
    total = Money(left, "USD") + Money(right, "USD")

    assert total == Money(left + right, "USD")
    assert total - Money(right, "USD") == Money(left, "USD")
    assert total + -total == Money.zero("USD")


@given(amounts, amounts)
def test_comparing_is_comparing_minor_units(left: int, right: int) -> None:
    one, other = Money(left, "JPY"), Money(right, "JPY")

    assert (one < other, one <= other, one > other, one >= other, one == other) == (
        left < right,
        left <= right,
        left > right,
        left >= right,
        left == right,
    )


@given(amounts, st.sampled_from(["JPY", "USD", "KWD", "CLF"]))
def test_an_amount_survives_being_written_out(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.of(money.decimal, currency) == money
    assert Money.of(f"{money.decimal:f}", currency) == money
    assert Money.model_validate_json(money.model_dump_json()) == money


def test_amounts_are_shown_with_all_their_digits() -> None:
    assert str(Money(1230, "USD")) == "12.30 USD"
    assert str(Money(5, "KWD")) == "0.005 KWD"
    assert str(Money(1500, "JPY")) == "1500 JPY"


def test_two_currencies_do_not_mix() -> None:
    dollars, yen = Money(100, "USD"), Money(100, "JPY")

    for mix in (lambda: dollars + yen, lambda: dollars - yen, lambda: dollars < yen, lambda: dollars >= yen):
        with pytest.raises(CurrencyMismatch):
            mix()
    assert dollars != yen


def test_a_sum_beyond_the_largest_amount_is_refused() -> None:
    with pytest.raises(InvalidAmount):
        Money(LARGEST_MINOR, "USD") + Money(1, "USD")


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_and_less_are_not_positive(minor: int) -> None:
    with pytest.raises(InvalidAmount):
        require_positive(Money(minor, "USD"))


def test_an_amount_cannot_be_changed() -> None:
    money = Money(1, "USD")

    with pytest.raises(ValueError, match="frozen"):
        money.minor = 2
