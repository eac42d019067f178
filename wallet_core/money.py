"""Amounts: whole minor units and a currency, with the exponents of ISO 4217 (JPY 0, USD 2, KWD 3)."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, Self

from iso4217 import Currency
from pydantic import BaseModel, field_validator

from wallet_core.errors import CurrencyMismatch, InvalidAmount, UnknownCurrency

# More than any wallet holds, and far inside what the databases' 64-bit integers and their sums can carry.
LARGEST_MINOR = 10**15
_FINEST_EXPONENT = -20  # digits after the point beyond which a text is no amount at all
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,20})?")


@cache
def exponent(currency: str) -> int:
    """How many digits follow the point in this currency, by ISO 4217.

    Raises:
        UnknownCurrency: not a currency of that list, or one without minor units (gold, test codes).
    """
    try:
        digits = Currency(currency).exponent if currency.isupper() else None
    except ValueError:
        digits = None
    if digits is None:
        raise UnknownCurrency(currency=currency[:8])
    return digits


class Money(BaseModel, frozen=True):
    """An amount in minor units. May be zero or negative: what must be positive says so where it is taken.

    Raises:
        InvalidAmount: not a whole number, or beyond `LARGEST_MINOR` either way.
        UnknownCurrency: see `exponent`.
    """

    minor: int
    currency: str

    def __init__(self, minor: int, currency: str) -> None:
        super().__init__(minor=minor, currency=currency)

    @field_validator("minor", mode="before")
    @classmethod
    def _whole_and_bounded(cls, value: Any) -> int:
        if type(value) is not int or abs(value) > LARGEST_MINOR:
            raise InvalidAmount()
        return value

    @field_validator("currency", mode="before")
    @classmethod
    def _known(cls, value: Any) -> str:
        if not isinstance(value, str):
            raise UnknownCurrency()
        exponent(value)
        return value

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> Self:
        """The amount in major units, exactly: `Money.of("12.30", "USD")` is 1,230 cents.

        Raises:
            InvalidAmount: not a plain number, too large, or finer than the currency's minor unit. Never rounds; a
                `float` is refused because it has been rounded already.
            UnknownCurrency: see `exponent`.
        """
        digits = exponent(currency)
        if isinstance(amount, str):
            if not _PLAIN_NUMBER.fullmatch(amount):
                raise InvalidAmount()
            amount = Decimal(amount)
        elif type(amount) is int:
            amount = Decimal(amount)
        if not isinstance(amount, Decimal) or not amount.is_finite():
            raise InvalidAmount()
        if amount.adjusted() > len(str(LARGEST_MINOR)) or _finest_digit(amount) < _FINEST_EXPONENT:
            raise InvalidAmount()
        minor = Fraction(amount) * 10**digits
        if minor.denominator != 1:
            raise InvalidAmount()
        return cls(int(minor), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @property
    def decimal(self) -> Decimal:
        """In major units, with the currency's number of digits after the point."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._minor_of(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._minor_of(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._minor_of(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._minor_of(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._minor_of(other)

    def _minor_of(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(currencies=[self.currency, other.currency])
        return other.minor


def require_positive(amount: Money) -> Money:
    """The amount, if it is more than nothing.

    Raises:
        InvalidAmount: it is zero or negative.
    """
    if amount.minor <= 0:
        raise InvalidAmount()
    return amount


def _finest_digit(amount: Decimal) -> int:
    place = amount.as_tuple().exponent
    assert isinstance(place, int)  # finite: checked before
    return place
