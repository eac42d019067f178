"""Days and stretches of days, from a piece of English that names one."""

from __future__ import annotations

import warnings
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from dateparser.date import DateDataParser

# What a piece of text may be about; dateparser calls it the period.
_MONTH_FIRST = frozenset({"US"})


@lru_cache(maxsize=2048)
def stretch_of(piece: str, today: date, *, future: bool = False, month_first: bool = False) -> tuple[date, date] | None:
    """The first and the last day that a piece such as "last friday", "20 november" or "last month" names.

    A day without a year is the nearest one on the asked side of today.
    """
    parser = DateDataParser(
        languages=["en"],
        settings={
            "RELATIVE_BASE": datetime.combine(today, time(12)),
            "PREFER_DATES_FROM": "future" if future else "past",
            "DATE_ORDER": "MDY" if month_first else "DMY",
        },
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own libraries, about dates without a year
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


def writes_month_first(country: str | None) -> bool:
    return country in _MONTH_FIRST
