"""What paying, transferring and withdrawing abroad costs: the fee file, and quotes from it and the rate table.

Rounding, once at each step and always half up, to the minor unit of the customer's own currency:

1. The amount is converted at the rate of the table plus the margin, and is then at least one minor unit.
2. The fee is the percentage of that plus the fixed part, rounded together; then at least the minimum, at most the
   maximum.
3. The total is the sum of the two.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from math import floor
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator
from sqlalchemy.orm import Session

from wallet_core.datafiles import load_data
from wallet_core.errors import UnknownCurrency
from wallet_core.money import Money, exponent, require_positive
from wallet_core.rates import CurrencyCode, RateView, rate

__all__ = ["ELSEWHERE", "FeeKind", "FeeRule", "Fees", "Quote", "RateView", "load_fees", "quote", "rate"]

ELSEWHERE = "elsewhere"

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Percent = Annotated[Decimal, Field(ge=0, le=100)]
Units = Annotated[Decimal, Field(ge=0, le=1000)]


class FeeKind(StrEnum):
    PAYMENT_ABROAD = "payment_abroad"
    TRANSFER_ABROAD = "transfer_abroad"
    WITHDRAWAL_ABROAD = "withdrawal_abroad"


class FeeRule(BaseModel, frozen=True, extra="forbid"):
    """A percentage of the converted amount plus a fixed part, within a minimum and a maximum, in fee units."""

    percent: Percent
    fixed: Units = Decimal(0)
    minimum: Units = Decimal(0)
    maximum: Units | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValueError("the maximum is below the minimum")
        return self


class Fees(BaseModel, frozen=True, extra="forbid"):
    """The fee file. `fee_unit` is what the fixed, least and most amounts count, in each currency a wallet can have."""

    conversion_margin_percent: Percent
    fee_unit: dict[CurrencyCode, Annotated[Decimal, Field(gt=0)]]
    regions: dict[str, list[Country]]
    fees: dict[FeeKind, dict[str, FeeRule]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = set(FeeKind) - set(self.fees)
        if missing:
            raise ValueError(f"no fees for {', '.join(sorted(missing))}")
        for kind, rules in self.fees.items():
            if ELSEWHERE not in rules:
                raise ValueError(f'{kind} has no fee for "{ELSEWHERE}"')
            unknown = set(rules) - set(self.regions) - {ELSEWHERE}
            if unknown:
                raise ValueError(f"{kind} names a region that is none: {', '.join(sorted(unknown))}")
        if len(self._region_by_country) < sum(map(len, self.regions.values())):
            raise ValueError("a country is in two regions")
        return self

    @cached_property
    def _region_by_country(self) -> dict[str, str]:
        return {country: region for region, countries in self.regions.items() for country in countries}

    @property
    def home_currencies(self) -> list[str]:
        """The currencies that a wallet can have."""
        return list(self.fee_unit)

    def region_of(self, country: str | None) -> str:
        """The region of a country (ISO 3166, two capital letters); `elsewhere` where none is named or known."""
        return self._region_by_country.get(country or "", ELSEWHERE)

    def rule(self, *, kind: FeeKind, country: str | None) -> FeeRule:
        """The fee that holds for a country; that of `elsewhere` where its region has none of its own."""
        rules = self.fees[kind]
        return rules.get(self.region_of(country), rules[ELSEWHERE])

    def in_currency(self, units: Decimal, currency: str) -> Money:
        """So many fee units, rounded half up to the minor unit.

        Raises:
            UnknownCurrency: no wallet has this currency.
        """
        if currency not in self.fee_unit:
            raise UnknownCurrency(currency=currency[:8])
        return _rounded(Fraction(units) * Fraction(self.fee_unit[currency]), currency)


class Quote(BaseModel, frozen=True):
    """What an amount costs a customer whose wallet is in another currency; all but `amount` in the wallet's.

    `rate` is the table's, `customer_rate` the one with the margin; both None where nothing is converted.
    """

    kind: FeeKind
    country: str | None
    region: str
    amount: Money
    rate: RateView | None
    margin_percent: Decimal
    customer_rate: Decimal | None
    converted: Money
    fee_percent: Decimal
    fee_fixed: Money
    fee_minimum: Money
    fee_maximum: Money | None
    fee: Money
    total: Money


def load_fees(path: Path) -> Fees:
    """The fee file.

    Raises:
        BrokenFile: see `datafiles.load_data`.
    """
    return load_data(path, Fees)


def quote(
    session: Session,
    *,
    fees: Fees,
    kind: FeeKind,
    amount: Money,
    country: str | None,
    home_currency: str,
    now: datetime,
) -> Quote:
    """What `amount` costs from a wallet in `home_currency`; how it is rounded stands at the head of this module.

    `amount` may be in any currency; in the wallet's own nothing is converted and no margin taken. Without a country
    the fee is that of `elsewhere`.

    Raises:
        InvalidAmount: zero or less, or the cost is more than an amount can be.
        UnknownCurrency: no wallet has this home currency.
        RateUnavailable: no rate holds now.
        InvalidTime: a naive time.
    """
    require_positive(amount)
    rule = fees.rule(kind=kind, country=country)
    fixed = fees.in_currency(rule.fixed, home_currency)
    minimum = fees.in_currency(rule.minimum, home_currency)
    maximum = None if rule.maximum is None else fees.in_currency(rule.maximum, home_currency)
    at, margin, customer_rate, converted = None, Decimal(0), None, amount
    if amount.currency != home_currency:
        at = rate(session, base=amount.currency, quote=home_currency, now=now)
        margin = fees.conversion_margin_percent
        exact_rate = Fraction(at.rate) * (1 + Fraction(margin) / 100)
        customer_rate = at.rate * (1 + margin / 100)
        converted = _rounded(Fraction(amount.decimal) * exact_rate, home_currency, least=1)
    fee = _rounded(Fraction(converted.decimal) * Fraction(rule.percent) / 100 + Fraction(fixed.decimal), home_currency)
    fee = max(fee, minimum)
    if maximum is not None:
        fee = min(fee, maximum)
    return Quote(
        kind=kind,
        country=country,
        region=fees.region_of(country),
        amount=amount,
        rate=at,
        margin_percent=margin,
        customer_rate=customer_rate,
        converted=converted,
        fee_percent=rule.percent,
        fee_fixed=fixed,
        fee_minimum=minimum,
        fee_maximum=maximum,
        fee=fee,
        total=converted + fee,
    )


def _rounded(amount: Fraction, currency: str, *, least: int = 0) -> Money:
    """Half up to the minor unit."""
    return Money(max(floor(amount * 10 ** exponent(currency) + Fraction(1, 2)), least), currency)
