"""Days begin where the customer is, also where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.wallet_core.factories import create_customer
from wallet_core.database import Database
from wallet_core.errors import InvalidTime
from wallet_core.models import Customer
from wallet_core.times import day_start, require_aware


@pytest.mark.parametrize(
    ("moment", "zone", "start"),
    [
        (datetime(2026, 11, 23, 15, 59, tzinfo=UTC), "Asia/Shanghai", datetime(2026, 11, 22, 16, tzinfo=UTC)),
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), "Asia/Shanghai", datetime(2026, 11, 23, 16, tzinfo=UTC)),
        (datetime(2026, 11, 23, 4, 59, tzinfo=UTC), "America/New_York", datetime(2026, 11, 22, 5, tzinfo=UTC)),
        (datetime(2026, 11, 23, 9, 30, tzinfo=UTC), "UTC", datetime(2026, 11, 23, tzinfo=UTC)),
        # A day of 23 hours and one of 25.
        (datetime(2026, 3, 29, 20, 0, tzinfo=UTC), "Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (datetime(2026, 10, 25, 20, 0, tzinfo=UTC), "Europe/Berlin", datetime(2026, 10, 24, 22, tzinfo=UTC)),
        # Clocks that skip midnight: the day begins at one o'clock, the moment of the change.
        (datetime(2026, 4, 24, 12, 0, tzinfo=UTC), "Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_the_customers_midnight(moment: datetime, zone: str, start: datetime) -> None:
    assert day_start(moment, zone) == start


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "a" * 300])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidTime):
        day_start(datetime(2026, 11, 23, tzinfo=UTC), zone)


def test_a_naive_time_does_not_get_into_the_database(database: Database, now: datetime) -> None:
    with pytest.raises(InvalidTime), database.transaction() as session:
        create_customer(session, created_at=now.replace(tzinfo=None))

    with database.reading() as session:
        assert session.query(Customer).count() == 0


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(InvalidTime) as refusal:
        require_aware(datetime(2026, 11, 23))  # noqa: DTZ001 (the fault itself)

    assert refusal.value.code == "invalid_time"
