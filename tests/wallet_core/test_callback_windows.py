"""Windows: ahead of us, and within service hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.wallet_core.factories import NOW
from tests.wallet_core.routings import ROUTING
from wallet_core.callbacks import Window, settle_window
from wallet_core.errors import InvalidTime

OFFICE = ROUTING.hours_of("general")  # 09:00-18:00 in Shanghai, that is 01:00-10:00 in UTC
ALWAYS = ROUTING.hours_of("fraud")
HOUR = timedelta(hours=1)
MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def settle(start: datetime | None, end: datetime | None, now: datetime = NOW) -> Window:
    return settle_window(start=start, end=end, hours=OFFICE, now=now)


def test_as_soon_as_possible_is_two_hours_from_now() -> None:
    assert settle_window(start=None, end=None, hours=ALWAYS, now=NOW) == Window(start=NOW, end=NOW + 2 * HOUR)


def test_as_soon_as_possible_ends_where_the_service_closes() -> None:
    assert settle(None, None) == Window(start=NOW, end=NOW + HOUR / 2)


@pytest.mark.parametrize("late", [timedelta(minutes=16), 5 * HOUR])
def test_as_soon_as_possible_waits_for_the_next_opening_that_is_worth_it(late: timedelta) -> None:
    assert settle(None, None, now=NOW + late) == Window(start=MORNING, end=MORNING + 2 * HOUR)


def test_a_window_is_taken_as_it_was_asked_for() -> None:
    assert settle(MORNING + HOUR, MORNING + 3 * HOUR) == Window(start=MORNING + HOUR, end=MORNING + 3 * HOUR)


def test_a_window_without_an_end_is_a_usual_one() -> None:
    assert settle(MORNING + HOUR, None).end == MORNING + 3 * HOUR
    assert settle(MORNING + 8 * HOUR, None).end == MORNING + 9 * HOUR


def test_now_may_have_been_a_few_minutes_ago() -> None:
    window = settle(NOW - timedelta(minutes=4), NOW + HOUR / 2)

    assert window == Window(start=NOW, end=NOW + HOUR / 2)


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (NOW - HOUR, NOW + HOUR / 2, "past"),
        (MORNING - 365 * 24 * HOUR, None, "past"),
        (MORNING + 15 * 24 * HOUR, None, "too_far_ahead"),
        (MORNING, MORNING + timedelta(minutes=14), "too_short"),
        (MORNING, MORNING, "too_short"),
        (MORNING + HOUR, MORNING, "too_short"),
        (MORNING - HOUR, MORNING + HOUR, "outside_hours"),
        (MORNING + 8 * HOUR, MORNING + 10 * HOUR, "outside_hours"),
        (MORNING + 10 * HOUR, None, "outside_hours"),
        (MORNING, MORNING + 26 * HOUR, "outside_hours"),
        (NOW.replace(tzinfo=None), None, "naive"),
        (NOW, NOW.replace(tzinfo=None), "naive"),
    ],
)
def test_a_window_that_cannot_be_kept_is_refused(start: datetime, end: datetime | None, reason: str) -> None:
    with pytest.raises(InvalidTime) as refused:
        settle(start, end)

    assert refused.value.facts["reason"] == reason


def test_a_window_is_half_a_day_at_most() -> None:
    with pytest.raises(InvalidTime) as refused:
        settle_window(start=NOW, end=NOW + 13 * HOUR, hours=ALWAYS, now=NOW)

    assert refused.value.facts["reason"] == "too_long"


def test_outside_hours_the_next_opening_is_told() -> None:
    with pytest.raises(InvalidTime) as refused:
        settle(MORNING + 10 * HOUR, None)

    assert refused.value.facts["opens_at"] == MORNING + 24 * HOUR


def test_a_service_that_never_opens_for_a_quarter_of_an_hour_has_no_window() -> None:
    short = OFFICE.model_validate({"time_zone": "UTC", "weekly": {"mon": ["09:00-09:10"]}})

    with pytest.raises(InvalidTime):
        settle_window(start=None, end=None, hours=short, now=NOW)
