"""What paying abroad costs, to the last minor unit."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from wallet_core import fees, rates
from wallet_core.database import Database
from wallet_core.errors import BrokenFile, InvalidAmount, InvalidTime, RateUnavailable, UnknownCurrency
from wallet_core.fees import FeeKind, Fees, Quote
from wallet_core.money import LARGEST_MINOR, Money

FEES = Fees.model_validate(
    {
        "conversion_margin_percent": "1.0",
        "fee_unit": {"USD": "1.00", "CNY": "7.00", "JPY": "150", "KWD": "0.300"},
        "regions": {"europe": ["DE", "FR"], "asia": ["JP"]},
        "fees": {
            "payment_abroad": {"europe": {"percent": "1"}, "elsewhere": {"percent": "1.5"}},
            "transfer_abroad": {"elsewhere": {"percent": "0.5", "fixed": "2", "maximum": "20"}},
            "withdrawal_abroad": {"elsewhere": {"percent": "2", "minimum": "3"}},
        },
    }
)


@pytest.mark.parametrize(
    ("kind", "amount", "country", "home", "converted", "fee"),
    [
        # 100 EUR at 1.10 and 1 % margin are 111.10 USD; 1 % of that is 1.111.
        (FeeKind.PAYMENT_ABROAD, Money(100_00, "EUR"), "DE", "USD", 111_10, 1_11),
        # Elsewhere 1.5 %: 1.6665 is rounded half up.
        (FeeKind.PAYMENT_ABROAD, Money(100_00, "EUR"), "BR", "USD", 111_10, 1_67),
        (FeeKind.PAYMENT_ABROAD, Money(100_00, "EUR"), None, "USD", 111_10, 1_67),
        # A region without a rule of its own pays as elsewhere.
        (FeeKind.PAYMENT_ABROAD, Money(100_00, "EUR"), "JP", "USD", 111_10, 1_67),
        # No conversion, no margin in the wallet's own currency.
        (FeeKind.PAYMENT_ABROAD, Money(100_00, "USD"), "DE", "USD", 100_00, 1_00),
        # A yen has no cents: 10.5 yen of fee become 11.
        (FeeKind.PAYMENT_ABROAD, Money(700, "JPY"), None, "JPY", 700, 11),
        # Three digits after the point: 1 USD at 0.3 and 1 % is 0.303 KWD; 1.5 % of it 0.004545.
        (FeeKind.PAYMENT_ABROAD, Money(1_00, "USD"), None, "KWD", 303, 5),
        # The fixed part, and the maximum.
        (FeeKind.TRANSFER_ABROAD, Money(100_00, "USD"), None, "USD", 100_00, 2_50),
        (FeeKind.TRANSFER_ABROAD, Money(10_000_00, "USD"), None, "USD", 10_000_00, 20_00),
        (FeeKind.TRANSFER_ABROAD, Money(50_000_00, "CNY"), None, "CNY", 50_000_00, 140_00),
        # The minimum.
        (FeeKind.WITHDRAWAL_ABROAD, Money(20_00, "USD"), None, "USD", 20_00, 3_00),
        (FeeKind.WITHDRAWAL_ABROAD, Money(200_00, "USD"), None, "USD", 200_00, 4_00),
        # So little that it would be nothing is one minor unit.
        (FeeKind.PAYMENT_ABROAD, Money(1, "JPY"), None, "KWD", 2, 0),
        (FeeKind.PAYMENT_ABROAD, Money(1, "VND"), None, "USD", 1, 0),
    ],
)
def test_a_quote_is_exact_to_the_minor_unit(
    database: Database,
    now: datetime,
    kind: FeeKind,
    amount: Money,
    country: str | None,
    home: str,
    converted: int,
    fee: int,
) -> None:
    with database.transaction() as session:
        add_rates(session, now)

        quote = ask(session, now, kind=kind, amount=amount, country=country, home_currency=home)

    assert quote.converted == Money(converted, home)
    assert quote.fee == Money(fee, home)
    assert quote.total == Money(converted + fee, home)


def test_a_quote_says_how_it_came_about(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add_rates(session, now)

        quote = ask(session, now, kind=FeeKind.TRANSFER_ABROAD, country="DE")

    assert quote.rate is not None
    assert (quote.rate.rate, quote.rate.valid_until) == (Decimal("1.1"), now + timedelta(hours=1))
    assert (quote.margin_percent, quote.customer_rate) == (Decimal(1), Decimal("1.111"))
    assert (quote.region, quote.fee_percent) == ("europe", Decimal("0.5"))
    assert (quote.fee_fixed, quote.fee_minimum, quote.fee_maximum) == (
        Money(2_00, "USD"),
        Money(0, "USD"),
        Money(20_00, "USD"),
    )


@given(minor=st.integers(1, 10**9), kind=st.sampled_from(FeeKind), home=st.sampled_from(["USD", "CNY", "JPY", "KWD"]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_quoted_adds_up_and_stays_within_the_bounds(
    sqlite_database: Database, now: datetime, minor: int, kind: FeeKind, home: str
) -> None:
    with sqlite_database.transaction() as session:
        add_rates(session, now)

        quote = ask(session, now, kind=kind, amount=Money(minor, "USD"), home_currency=home)
        session.rollback()

    assert quote.total == quote.converted + quote.fee
    assert quote.converted.minor >= 1
    assert quote.fee >= quote.fee_minimum
    assert quote.fee_maximum is None or quote.fee <= quote.fee_maximum


def test_an_expired_rate_gives_no_quote(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add_rates(session, now)

        with pytest.raises(RateUnavailable) as refusal:
            ask(session, now + timedelta(hours=1))

    assert refusal.value.facts["expired_at"] == now + timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount": Money(0, "EUR")}, InvalidAmount),
        ({"amount": Money(-1, "EUR")}, InvalidAmount),
        ({"amount": Money(LARGEST_MINOR, "EUR")}, InvalidAmount),
        ({"home_currency": "EUR"}, UnknownCurrency),
        ({"home_currency": "DOGE"}, UnknownCurrency),
        ({"amount": Money(1, "THB")}, RateUnavailable),
    ],
)
def test_what_cannot_be_quoted_is_refused(
    database: Database, now: datetime, changes: dict[str, Any], error: type[Exception]
) -> None:
    with database.transaction() as session:
        add_rates(session, now)

        with pytest.raises(error):
            ask(session, now, **changes)


def test_a_naive_time_is_refused(database: Database, now: datetime) -> None:
    with database.reading() as session, pytest.raises(InvalidTime):
        ask(session, now.replace(tzinfo=None))


def test_the_fee_file_is_whole() -> None:
    file = fees.load_fees(Path(__file__).parents[2] / "data" / "fees.yml")

    assert set(file.home_currencies) >= {"CNY", "USD", "EUR", "HKD", "JPY"}
    assert file.region_of("FR") == "europe"
    assert file.region_of("NO") == "europe"  # which YAML by itself would read as false
    assert file.region_of("BR") == fees.ELSEWHERE
    for kind in FeeKind:
        assert file.rule(kind=kind, country=None).percent > 0


def test_fees_are_told_in_the_wallets_currency() -> None:
    assert FEES.in_currency(Decimal("2.5"), "JPY") == Money(375, "JPY")
    assert FEES.in_currency(Decimal("0.003"), "JPY") == Money(0, "JPY")
    assert FEES.in_currency(Decimal("0.01"), "CNY") == Money(7, "CNY")


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (["fees", "payment_abroad"], None, "payment_abroad"),
        (["fees", "payment_abroad", "elsewhere"], None, "elsewhere"),
        (["fees", "payment_abroad", "atlantis"], {"percent": 1}, "atlantis"),
        (["fees", "payment_abroad", "europe"], {"percent": -1}, "greater than or equal"),
        (["fees", "payment_abroad", "europe"], {"percent": 1, "minimum": 5, "maximum": 4}, "below the minimum"),
        (["regions", "asia"], ["JP", "DE"], "two regions"),
        (["regions", "asia"], ["Japan"], "match"),
        (["fee_unit", "DOGE"], 1, "DOGE"),
        (["fee_unit", "USD"], 0, "greater than"),
        (["tips"], 1, "not permitted"),
    ],
)
def test_a_broken_fee_file_says_what_is_wrong(tmp_path: Path, path: list[str], value: Any, problem: str) -> None:
    content = FEES.model_dump(mode="json")
    place = content
    for step in path[:-1]:
        place = place[step]
    place.pop(path[-1], None)
    if value is not None:
        place[path[-1]] = value
    file = tmp_path / "fees.yml"
    file.write_text(yaml.safe_dump(content))

    with pytest.raises(BrokenFile) as fault:
        fees.load_fees(file)

    assert problem in str(fault.value.facts)


def add_rates(session: Session, now: datetime) -> None:
    table = {("EUR", "USD"): "1.1", ("USD", "CNY"): "7.1", ("USD", "JPY"): "150", ("USD", "KWD"): "0.3"}
    table["USD", "VND"] = "26000"
    for (base, quote), value in table.items():
        rates.set_rate(
            session,
            base=base,
            quote=quote,
            rate=Decimal(value),
            valid_from=now,
            valid_until=now + timedelta(hours=1),
        )


def ask(session: Session, now: datetime, **overrides: Any) -> Quote:
    wanted = {
        "kind": FeeKind.PAYMENT_ABROAD,
        "amount": Money(100_00, "EUR"),
        "country": None,
        "home_currency": "USD",
        **overrides,
    }
    return fees.quote(session, fees=FEES, now=now, **wanted)
