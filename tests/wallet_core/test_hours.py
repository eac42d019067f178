"""Service hours: what is open when, and time that counts only while it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from wallet_core.errors import InvalidTime
from wallet_core.hours import ServiceHours


def make_hours(**overrides: Any) -> ServiceHours:
    content = {
        "time_zone": "Asia/Shanghai",
        "weekly": {"mon-fri": ["09:00-12:00", "13:00-18:00"], "sat": ["10:00-14:00"]},
        "holidays": {"2026-12-25": "Christmas Day"},
        "other_days": {"2026-12-27": ["09:00-10:00"]},
    }
    return ServiceHours.model_validate({**content, **overrides})


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


OFFICE = make_hours()
ALWAYS = make_hours(weekly={"mon-sun": ["00:00-24:00"]}, holidays={}, other_days={})


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23 08:59:59", False),
        ("2026-11-23 09:00", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 13:00", True),
        ("2026-11-23 17:59:59", True),
        ("2026-11-23 18:00", False),
        ("2026-11-28 10:30", True),  # Saturday
        ("2026-11-29 10:30", False),  # Sunday
        ("2026-12-25 10:30", False),  # a holiday, a Friday
        ("2026-12-27 09:30", True),  # a Sunday with hours of its own
    ],
)
def test_it_is_open_in_its_spans_alone(at: str, is_open: bool) -> None:
    assert OFFICE.is_open(shanghai(at)) is is_open


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-23 10:00", "2026-11-23 10:00"),
        ("2026-11-23 12:30", "2026-11-23 13:00"),
        ("2026-11-28 14:00", "2026-11-30 09:00"),
        ("2026-12-24 18:00", "2026-12-26 10:00"),
        ("2026-12-26 15:00", "2026-12-27 09:00"),
    ],
)
def test_the_next_opening_passes_over_nights_weekends_and_holidays(at: str, opens: str) -> None:
    assert OFFICE.next_opening(shanghai(at)) == shanghai(opens)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-23 09:00", 0, "2026-11-23 09:00"),
        ("2026-11-23 09:00", 180, "2026-11-23 12:00"),
        ("2026-11-23 09:00", 181, "2026-11-23 13:01"),
        ("2026-11-23 07:00", 60, "2026-11-23 10:00"),
        ("2026-11-23 17:30", 60, "2026-11-24 09:30"),
        ("2026-11-27 17:30", 60, "2026-11-28 10:30"),
        ("2026-12-24 17:00", 120, "2026-12-26 11:00"),
    ],
)
def test_a_deadline_counts_open_time_alone(start: str, minutes: int, end: str) -> None:
    assert OFFICE.after(shanghai(start), timedelta(minutes=minutes)) == shanghai(end)


@pytest.mark.parametrize(
    ("start", "end", "open_until"),
    [
        ("2026-11-23 09:30", "2026-11-23 11:00", "2026-11-23 11:00"),
        ("2026-11-23 11:30", "2026-11-23 15:00", "2026-11-23 12:00"),
        ("2026-11-23 12:30", "2026-11-23 15:00", "2026-11-23 12:30"),
    ],
)
def test_a_break_ends_what_is_open_without_one(start: str, end: str, open_until: str) -> None:
    assert OFFICE.open_until(shanghai(start), at_most=shanghai(end)) == shanghai(open_until)
    assert OFFICE.is_open_throughout(shanghai(start), shanghai(end)) is (open_until == end)


def test_round_the_clock_has_no_break_at_midnight() -> None:
    assert ALWAYS.is_open_throughout(shanghai("2026-11-23 22:00"), shanghai("2026-11-25 03:00"))


def test_a_day_on_which_clocks_change_has_the_hours_it_has() -> None:
    berlin = make_hours(time_zone="Europe/Berlin", weekly={"mon-sun": ["00:00-24:00"]}, holidays={}, other_days={})
    spring = datetime(2026, 3, 28, 23, tzinfo=UTC)  # midnight in Berlin; the clocks go forward that night
    autumn = datetime(2026, 10, 24, 22, tzinfo=UTC)

    assert berlin.open_time(spring, datetime(2026, 3, 29, 22, tzinfo=UTC)) == timedelta(hours=23)
    assert berlin.open_time(autumn, datetime(2026, 10, 25, 23, tzinfo=UTC)) == timedelta(hours=25)


def test_service_time_in_a_zone_with_summer_time_follows_its_clocks() -> None:
    london = make_hours(time_zone="Europe/London", weekly={"mon-fri": ["09:00-17:00"]}, holidays={}, other_days={})

    assert london.is_open(datetime(2026, 7, 1, 8, 30, tzinfo=UTC))
    assert not london.is_open(datetime(2026, 1, 1, 8, 30, tzinfo=UTC))


moments = st.integers(min_value=0, max_value=500 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
durations = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9))


@given(start=moments, open_time=durations)
@settings(max_examples=60)
def test_after_and_open_time_are_each_others_reverse(start: datetime, open_time: timedelta) -> None:
    end = OFFICE.after(start, open_time)

    assert OFFICE.open_time(start, end) == open_time
    assert end >= start


@given(start=moments, first=durations, second=durations)
@settings(max_examples=60)
def test_open_time_adds_up(start: datetime, first: timedelta, second: timedelta) -> None:
    middle, end = start + first, start + first + second

    assert OFFICE.open_time(start, middle) + OFFICE.open_time(middle, end) == OFFICE.open_time(start, end)


def test_what_lies_behind_has_no_open_time() -> None:
    assert OFFICE.open_time(shanghai("2026-11-24 09:00"), shanghai("2026-11-23 09:00")) == timedelta(0)


def test_hours_that_have_only_holidays_left_are_an_error_not_a_search_without_end() -> None:
    one_day = make_hours(weekly={"mon": ["09:00-10:00"]}, holidays={}, other_days={})
    closed = one_day.model_copy(update={"weekly": {}})

    with pytest.raises(InvalidTime):
        closed.next_opening(shanghai("2026-11-23 09:00"))
    with pytest.raises(InvalidTime):
        one_day.after(shanghai("2026-11-23 09:00"), timedelta(hours=60))


@pytest.mark.parametrize(
    "broken",
    [
        {"time_zone": "Asia/Shangai"},
        {"time_zone": "../etc/passwd"},
        {"time_zone": ""},
        {"weekly": {}},
        {"weekly": {"mon": []}},
        {"weekly": ["mon"]},
        {"weekly": {"monday": ["09:00-18:00"]}},
        {"weekly": {"fri-mon": ["09:00-18:00"]}},
        {"weekly": {"mon-fri": ["09:00-18:00"], "tue": ["09:00-18:00"]}},
        {"weekly": {"mon": ["18:00-09:00"]}},
        {"weekly": {"mon": ["09:00-09:00"]}},
        {"weekly": {"mon": ["09:00-25:00"]}},
        {"weekly": {"mon": ["9-18"]}},
        {"weekly": {"mon": ["09:00-18:00:30"]}},
        {"weekly": {"mon": ["09:00"]}},
        {"weekly": {"mon": [540]}},
        {"weekly": {"mon": ["09:00-12:00", "11:00-18:00"]}},
        {"holidays": {"2026-02-30": "no such day"}},
        {"other_days": {"2026-12-25": ["09:00-10:00"]}},
        {"closed": "on Sundays"},
    ],
)
def test_hours_that_make_no_sense_are_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_hours(**broken)
