"""The rate table: what one unit of a currency buys of another, and how long that holds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from wallet_core.datafiles import load_data
from wallet_core.errors import InvalidAmount, InvalidTime, RateUnavailable, UnknownCurrency
from wallet_core.models import ExchangeRate
from wallet_core.money import exponent
from wallet_core.times import require_aware

_LARGEST = Decimal(10**8)  # of what the table's ten digits after the point leave room for
_DIGITS = Decimal(1).scaleb(-10)


def _currency(code: str) -> str:
    try:
        exponent(code)
    except UnknownCurrency:
        raise ValueError(f'"{code}" is no currency of ISO 4217') from None
    return code


CurrencyCode = Annotated[str, AfterValidator(_currency)]


class Rates(BaseModel, frozen=True, extra="forbid"):
    """The rate file: how much of each currency one unit of `base` buys, and for how many hours."""

    base: CurrencyCode
    valid_for_hours: Annotated[int, Field(gt=0)]
    rates: dict[CurrencyCode, Annotated[Decimal, Field(gt=0, lt=_LARGEST)]]


class RateView(BaseModel, frozen=True):
    """One unit of `base` buys `rate` of `quote`, until `valid_until` (None between a currency and itself)."""

    base: str
    quote: str
    rate: Decimal
    valid_until: datetime | None


def load_rates(path: Path) -> Rates:
    """The rate file.

    Raises:
        BrokenFile: see `datafiles.load_data`; a rate of zero or below is among the faults.
    """
    return load_data(path, Rates)


def store_rates(session: Session, *, rates: Rates, now: datetime) -> None:
    """Put the file's rates into the table, valid from now on."""
    until = require_aware(now) + timedelta(hours=rates.valid_for_hours)
    for quote, value in rates.rates.items():
        set_rate(session, base=rates.base, quote=quote, rate=value, valid_from=now, valid_until=until)


def set_rate(
    session: Session, *, base: str, quote: str, rate: Decimal, valid_from: datetime, valid_until: datetime
) -> None:
    """Add a rate. Where two are valid at a time, the one that began later holds.

    Raises:
        InvalidAmount: the rate is zero, negative, too large, or nothing at ten digits after the point.
        InvalidTime: a naive time, or the end is not after the beginning.
        UnknownCurrency: one of the two is none.
    """
    exponent(base)
    exponent(quote)
    if not rate.is_finite() or not _DIGITS <= rate < _LARGEST:
        raise InvalidAmount()
    if require_aware(valid_until) <= require_aware(valid_from):
        raise InvalidTime()
    session.add(
        ExchangeRate(
            base_currency=base, quote_currency=quote, rate=rate, valid_from=valid_from, valid_until=valid_until
        )
    )
    session.flush()


def rate(session: Session, *, base: str, quote: str, now: datetime) -> RateView:
    """The rate that holds at `now`, to ten significant digits.

    It is the table's own for the pair, or the inverse of the opposite pair's, or goes by way of a third currency that
    has rates to both; in that order.

    Raises:
        RateUnavailable: none holds now; the fact `expired_at` says since when, if there was one.
        InvalidTime: a naive time.
        UnknownCurrency: one of the two is none.
    """
    exponent(base)
    exponent(quote)
    require_aware(now)
    if base == quote:
        return RateView(base=base, quote=quote, rate=Decimal(1), valid_until=None)
    steps = _steps(session, base, quote, now)
    found = steps.get((base, quote)) or _by_way_of_a_third(steps, base, quote)
    if found is None:
        raise RateUnavailable(base=base, quote=quote, expired_at=_last_end(session, steps, base, quote))
    value, until = found
    return RateView(base=base, quote=quote, rate=_significant(value), valid_until=until)


def currencies(session: Session, *, now: datetime) -> list[str]:
    """The currencies with a rate that holds at `now`, by their codes.

    Raises:
        InvalidTime: a naive time.
    """
    require_aware(now)
    holding = select(ExchangeRate.base_currency, ExchangeRate.quote_currency).where(
        ExchangeRate.valid_from <= now, ExchangeRate.valid_until > now
    )
    return sorted({code for pair in session.execute(holding.distinct()) for code in pair})


_Step = tuple[Decimal, datetime]


def _steps(session: Session, base: str, quote: str, now: datetime) -> dict[tuple[str, str], _Step]:
    """All valid rates from or to one of the two, also turned round; the table's own before a turned one."""
    rows = session.scalars(
        select(ExchangeRate)
        .where(
            or_(ExchangeRate.base_currency.in_((base, quote)), ExchangeRate.quote_currency.in_((base, quote))),
            ExchangeRate.valid_from <= now,
            ExchangeRate.valid_until > now,
        )
        .order_by(ExchangeRate.valid_from.desc(), ExchangeRate.id.desc())
    ).all()
    steps: dict[tuple[str, str], _Step] = {}
    for row in rows:
        steps.setdefault((row.base_currency, row.quote_currency), (row.rate, row.valid_until))
    for row in rows:
        steps.setdefault((row.quote_currency, row.base_currency), (1 / row.rate, row.valid_until))
    return steps


def _by_way_of_a_third(steps: dict[tuple[str, str], _Step], base: str, quote: str) -> _Step | None:
    for start, third in sorted(steps):
        onward = steps.get((third, quote))
        if start == base and onward is not None:
            first = steps[start, third]
            return first[0] * onward[0], min(first[1], onward[1])
    return None


def _last_end(session: Session, steps: Collection[tuple[str, str]], base: str, quote: str) -> datetime | None:
    """When the last rate ended of the one of the two that has none now; None where it never had any."""
    current = {currency for step in steps for currency in step}
    ends = [
        session.scalar(
            select(func.max(ExchangeRate.valid_until)).where(
                or_(ExchangeRate.base_currency == currency, ExchangeRate.quote_currency == currency)
            )
        )
        for currency in (base, quote)
        if currency not in current
    ]
    return min((end for end in ends if end is not None), default=None) if None not in ends else None


def _significant(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(value.adjusted() - 9))
