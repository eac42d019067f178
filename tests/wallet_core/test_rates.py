"""The rate table says what holds now, and says so when nothing does."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_core import rates
from wallet_core.database import Database
from wallet_core.errors import BrokenFile, InvalidAmount, InvalidTime, RateUnavailable, UnknownCurrency, WalletError
from wallet_core.models import ExchangeRate

HOUR = timedelta(hours=1)


def test_a_rate_holds_from_its_beginning_until_before_its_end(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add(session, "USD", "CNY", "7.0850", now, now + HOUR)

        for moment in (now, now + HOUR - timedelta(seconds=1)):
            found = rates.rate(session, base="USD", quote="CNY", now=moment)
            assert (found.rate, found.valid_until) == (Decimal("7.085"), now + HOUR)
        for moment in (now - timedelta(seconds=1), now + HOUR):
            with pytest.raises(RateUnavailable):
                rates.rate(session, base="USD", quote="CNY", now=moment)


def test_of_two_rates_the_later_one_holds(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add(session, "USD", "CNY", "7.2", now, now + HOUR)
        add(session, "USD", "CNY", "7.1", now - HOUR, now + HOUR)

        assert rates.rate(session, base="USD", quote="CNY", now=now).rate == Decimal("7.2")


def test_a_pair_is_turned_round_where_only_the_opposite_is_known(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add(session, "USD", "JPY", "160", now, now + HOUR)

        assert rates.rate(session, base="JPY", quote="USD", now=now).rate == Decimal("0.00625")


def test_the_tables_own_rate_comes_before_a_turned_one(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add(session, "USD", "JPY", "160", now, now + HOUR)
        add(session, "JPY", "USD", "0.006", now - HOUR, now + HOUR)

        assert rates.rate(session, base="JPY", quote="USD", now=now).rate == Decimal("0.006")


def test_two_currencies_meet_by_way_of_a_third_for_as_long_as_both_hold(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add(session, "USD", "JPY", "150", now, now + HOUR)
        add(session, "USD", "CNY", "7.5", now, now + 2 * HOUR)

        found = rates.rate(session, base="CNY", quote="JPY", now=now)

    assert (found.rate, found.valid_until) == (Decimal(20), now + HOUR)


def test_a_currency_is_worth_itself(database: Database, now: datetime) -> None:
    with database.reading() as session:
        found = rates.rate(session, base="USD", quote="USD", now=now)

    assert (found.rate, found.valid_until) == (Decimal(1), None)


def test_an_expired_rate_says_since_when(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add(session, "USD", "CNY", "7.1", now, now + HOUR)
        add(session, "USD", "THB", "32", now, now + 3 * HOUR)

        with pytest.raises(RateUnavailable) as refusal:
            rates.rate(session, base="THB", quote="CNY", now=now + 2 * HOUR)

    assert refusal.value.facts == {"base": "THB", "quote": "CNY", "expired_at": now + HOUR}


def test_a_rate_that_never_was_is_not_said_to_have_expired(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add(session, "USD", "CNY", "7.1", now, now + HOUR)

        with pytest.raises(RateUnavailable) as refusal:
            rates.rate(session, base="USD", quote="THB", now=now)

    assert refusal.value.facts["expired_at"] is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"rate": Decimal(0)}, InvalidAmount),
        ({"rate": Decimal(-1)}, InvalidAmount),
        ({"rate": Decimal("0.00000000001")}, InvalidAmount),
        ({"rate": Decimal("NaN")}, InvalidAmount),
        ({"rate": Decimal("Infinity")}, InvalidAmount),
        ({"rate": Decimal(10**8)}, InvalidAmount),
        ({"hours": 0}, InvalidTime),
        ({"hours": -1}, InvalidTime),
        ({"base": "DOGE"}, UnknownCurrency),
        ({"quote": "XXX"}, UnknownCurrency),
    ],
)
def test_bad_rates_are_refused(
    database: Database, now: datetime, changes: dict[str, Any], error: type[WalletError]
) -> None:
    wanted = {"base": "USD", "quote": "CNY", "rate": Decimal(7), **changes}
    until = now + timedelta(hours=wanted.pop("hours", 1))

    with database.transaction() as session, pytest.raises(error):
        rates.set_rate(session, valid_from=now, valid_until=until, **wanted)

    with database.reading() as session:
        assert session.query(ExchangeRate).count() == 0


def test_the_table_itself_refuses_a_rate_of_zero(database: Database, now: datetime) -> None:
    row = ExchangeRate(
        base_currency="USD", quote_currency="CNY", rate=Decimal(0), valid_from=now, valid_until=now + HOUR
    )

    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(row)
        session.flush()


def test_naive_times_and_unknown_currencies_are_refused(database: Database, now: datetime) -> None:
    with database.reading() as session:
        with pytest.raises(InvalidTime):
            rates.rate(session, base="USD", quote="CNY", now=now.replace(tzinfo=None))
        with pytest.raises(UnknownCurrency):
            rates.rate(session, base="DOGE", quote="CNY", now=now)


def test_the_rate_file_serves_every_pair_of_its_currencies(database: Database, now: datetime) -> None:
    file = rates.load_rates(Path(__file__).parents[2] / "data" / "rates.yml")
    with database.transaction() as session:
        rates.store_rates(session, rates=file, now=now)

        for base in ("USD", "CNY", "JPY", "KWD"):
            for quote in file.rates:
                there = rates.rate(session, base=base, quote=quote, now=now).rate
                back = rates.rate(session, base=quote, quote=base, now=now).rate
                assert abs(there * back - 1) < Decimal("1e-8")


def test_the_currencies_with_a_rate_now_are_listed(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add(session, "USD", "CNY", "7.1", now, now + HOUR)
        add(session, "USD", "THB", "32", now - HOUR, now)

        assert rates.currencies(session, now=now) == ["CNY", "USD"]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("base: USD\nvalid_for_hours: 24\nrates: {CNY: 0}\n", "rates.CNY"),
        ("base: USD\nvalid_for_hours: 24\nrates: {CNY: -7}\n", "rates.CNY"),
        ("base: DOGE\nvalid_for_hours: 24\nrates: {CNY: 7}\n", "base"),
        ("base: USD\nvalid_for_hours: 0\nrates: {CNY: 7}\n", "valid_for_hours"),
    ],
)
def test_a_broken_rate_file_names_the_field(tmp_path: Path, text: str, field: str) -> None:
    path = tmp_path / "rates.yml"
    path.write_text(text)

    with pytest.raises(BrokenFile) as fault:
        rates.load_rates(path)

    assert fault.value.facts["field"] == field


def add(session: Session, base: str, quote: str, value: str, start: datetime, end: datetime) -> None:
    rates.set_rate(session, base=base, quote=quote, rate=Decimal(value), valid_from=start, valid_until=end)
