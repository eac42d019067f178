"""Days and stretches of days, from a piece of English that names one."""

from __future__ import annotations

import re
import warnings
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache

_DAY_OF_MONTH = re.compile(r"(?:the )?(\d{1,2})(?:st|nd|rd|th)")
_DAY_AND_MONTH = re.compile(r"(\d{1,2})/(\d{1,2})")

Stretch = tuple[date, date]  # the first day and the last


@lru_cache(maxsize=2048)
def stretch_of(piece: str, today: date, *, future: bool = False, month_first: bool = False) -> Stretch | None:
    """The days that a piece such as "last friday", "20 november" or "last month" names; None where it names none.

    A day without a month or year is the nearest one on the asked side of today.
    """
    if number := _DAY_OF_MONTH.fullmatch(piece):
        return _nearest(int(number[1]), today, future)
    if numbers := _DAY_AND_MONTH.fullmatch(piece):
        piece = _unmistakable(int(numbers[1]), int(numbers[2]), month_first)
    return _parsed(piece, today, future, month_first)


def _parsed(piece: str, today: date, future: bool, month_first: bool) -> Stretch | None:
    from dateparser.date import DateDataParser  # noqa: PLC0415 - a fifth of a second, once, where a date is written

    parser = DateDataParser(
        languages=["en"],
        settings={
            "RELATIVE_BASE": datetime.combine(today, time(12)),
            "PREFER_DATES_FROM": "future" if future else "past",
            "DATE_ORDER": "MDY" if month_first else "DMY",
        },
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own ways with dates without a year
        found = parser.get_date_data(piece)
    if found is None or found.date_obj is None:
        return None
    day = found.date_obj.date()
    if found.period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if found.period == "month":
        return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    if found.period == "year":
        return day.replace(month=1, day=1), day.replace(month=12, day=31)
    return day, day


def _nearest(number: int, today: date, future: bool) -> Stretch | None:
    """The nearest day of that number that is not beyond today, or not before it."""
    step = 1 if future else -1
    month = today.replace(day=1)
    for _ in range(3):
        if 1 <= number <= monthrange(month.year, month.month)[1]:
            day = month.replace(day=number)
            if (day >= today) if future else (day <= today):
                return day, day
        month = (month + timedelta(days=31 if step > 0 else -1)).replace(day=1)
    return None


def _unmistakable(first: int, second: int, month_first: bool) -> str:
    """Two numbers as a day and a month, in the writer's order unless only the other can be."""
    if first > 12 or second > 12:
        month_first = second > 12
    day, month = (second, first) if month_first else (first, second)
    names = "january february march april may june july august september october november december".split()
    return f"{day} {names[month - 1]}" if 1 <= month <= 12 and 1 <= day <= 31 else ""
