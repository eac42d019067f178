"""Times that a customer says, in their zone: yesterday around 3pm, 上周五, last friday, 11月20号, since the 20th.

A time said of something that happened lies in the past, unless the future is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from actions.facts import time_words as words
from actions.facts.chinese_times import in_english_words
from actions.facts.days import Stretch, stretch_of
from actions.facts.reading import has_han, plain

_ABOUT = timedelta(minutes=90)  # how far off people are who say an hour
_JUST_NOW = timedelta(minutes=10)
_STILL_NOW = timedelta(minutes=30)
_DAY = timedelta(days=1)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = 8  # nobody means an hour before it who does not say so
_MINUTES = {"minute": 1, "min": 1, "hour": 60, "hr": 60}
_ROLLING_DAYS = {"hour": 1, "day": 1, "week": 7, "month": 30, "year": 365}
_LAST_NIGHT = "last night"
_LATE = ("afternoon", "evening", "tonight", _LAST_NIGHT)
# From which hour to which, 24 meaning until two in the night.
_PARTS = {
    "morning": (5, 12),
    "noon": (11, 14),
    "afternoon": (12, 18),
    "evening": (17, 24),
    "tonight": (17, 24),
    _LAST_NIGHT: (17, 24),
    "night": (0, 6),
}


class SkippedHour(ValueError):
    """The clocks are put forward over that time of that day."""


@dataclass(frozen=True)
class Period:
    """From `start` on and before `end`, both aware UTC. `moment`: the time of day that was said, if one was."""

    start: datetime
    end: datetime
    moment: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end


def period_in(text: str, *, now: datetime, time_zone: str, country: str | None = None) -> Period | None:
    """When something happened, by the text; None where no time is said, or several that do not go together.

    Args:
        now: aware. time_zone: where the speaker's clocks are. country: of the speaker, for the order of 11/12.
    """
    return _Reader(text, now, time_zone, country, future=False).period()


def moment_in(text: str, *, now: datetime, time_zone: str, country: str | None = None) -> datetime | None:
    """The coming moment that a text asks for ("tomorrow at 3pm", 一个小时后); None without a time of day.

    Raises:
        SkippedHour
    """
    return _Reader(text, now, time_zone, country, future=True).moment()


class _Reader:
    """One text at one moment."""

    def __init__(self, text: str, now: datetime, time_zone: str, country: str | None, *, future: bool) -> None:
        self._now = now.astimezone(UTC)
        self._zone = ZoneInfo(time_zone)
        self._today = now.astimezone(self._zone).date()
        self._future = future
        self._month_first = country == "US"
        said = words.SPELLED_DAY.sub(lambda day: {"first": "1st", "second": "2nd", "third": "3rd"}[day[0]], plain(text))
        self._said = in_english_words(said, self._today) if has_han(said) else said

    def period(self) -> Period | None:
        if exact := self._exact_moment():
            return Period(exact - _ABOUT, min(exact + _ABOUT, self._now + _STILL_NOW), exact)
        day, hours, part = self._day(), self._clock(), self._part()
        if day is False:
            return None
        if day is None:
            if hours is not None:
                return self._around(self._latest_day(hours), hours)
            return None if part is None else self._part_of(self._day_of_part(part), part)
        if day.end - day.start <= _DAY + timedelta(hours=1):
            local = day.start.astimezone(self._zone).date()
            if hours is not None:
                return self._around(local, hours)
            if part is not None:
                return self._part_of(local, part)
        return day if day.start <= self._now else None

    def moment(self) -> datetime | None:
        if exact := self._exact_moment():
            return exact
        day, hours = self._day(), self._clock()
        if day is False or hours is None:
            return None
        if day is not None:
            return self._there(day.start.astimezone(self._zone).date(), hours)
        at = self._at(self._today, hours)
        return self._there(self._today if at > self._now else self._today + _DAY, hours)

    # Moments counted from now

    def _exact_moment(self) -> datetime | None:
        for match in words.DAYS.finditer(self._said):
            if match["now"]:
                return self._now - _JUST_NOW
            minutes = _minutes_in(match)
            if minutes and match["ago"]:
                return self._now - timedelta(minutes=minutes)
            if minutes and self._future:
                return self._now + timedelta(minutes=minutes)
        return None

    # Days

    def _day(self) -> Period | Literal[False] | None:
        """The days said; None where none is, False where they do not go together."""
        found = [
            (match, self._days(*stretch))
            for match in words.DAYS.finditer(self._said)
            if (stretch := self._stretch(match)) is not None
        ]
        if not found:
            return None
        first, one = found[0]
        if len(found) == 1:
            return self._bounded(first, one)
        second, two = found[1]
        if len(found) == 2 and words.BETWEEN.match(self._said[first.end() : second.start()]):
            return Period(one.start, two.end) if one.start < two.end else False
        start, end = max(period.start for _, period in found), min(period.end for _, period in found)
        return Period(start, end) if start < end else False

    def _stretch(self, match: re.Match[str]) -> Stretch | None:
        """The days of one expression; the sort of it is the name of its outermost group."""
        sort = str(match.lastgroup)
        special = {
            "range": self._of_range,
            "rolling": self._of_rolling,
            "weekend": self._of_weekend,
            "christmas": self._of_christmas,
            "ago": self._of_count,
            "ahead": self._of_count,
        }
        if sort in special:
            return special[sort](match)
        piece = match.group()
        if sort == "of_month":
            piece = f"the {re.sub(r'[^0-9]', '', piece)}th"
        elif sort == "month_alone":
            piece = f"{match['named'].rstrip('.')} {match['month_year'] or ''}".strip()
        elif sort in ("first_of", "in_year"):
            piece = match["only"] or "the 1st"
        else:
            piece = re.sub(r"^(?:the|on|past|\[)\s?|\]$", "", piece).strip()
        return None if sort == "now" else self._of(piece)

    def _of(self, piece: str) -> Stretch | None:
        return stretch_of(piece, self._today, future=self._future, month_first=self._month_first)

    def _of_range(self, match: re.Match[str]) -> Stretch | None:
        year = f" {match['range_year']}" if match["range_year"] else ""
        one, two = (self._of(f"{match[day]} {match['month']}{year}") for day in ("one", "two"))
        return (one[0], two[1]) if one and two and one[0] <= two[1] else None

    def _of_rolling(self, match: re.Match[str]) -> Stretch:
        days = _ROLLING_DAYS[match["rolling_unit"]] * _count(match["rolling_count"])
        return self._today - timedelta(days=min(days, 36_500)), self._today

    def _of_weekend(self, match: re.Match[str]) -> Stretch:
        this_one = self._today.weekday() >= 5 and "last" not in match.group()
        saturday = self._today - timedelta(days=self._today.weekday()) + timedelta(days=5 if this_one else -2)
        return saturday, saturday + _DAY

    def _of_christmas(self, match: re.Match[str]) -> Stretch:
        year = self._today.year - (self._today < date(self._today.year, 12, 24))
        return date(year, 12, 24), date(year, 12, 26)

    def _of_count(self, match: re.Match[str]) -> Stretch | None:
        unit = match["ago_unit"] or match["ahead_unit"]
        if unit is None or unit in _MINUTES:
            return None
        count = _count(match["ago_count"] or match["ahead_count"])
        if unit == "fortnight":
            count, unit = 2 * count, "week"
        return self._of(f"{count} {unit}s ago" if match["ago"] else f"in {count} {unit}s")

    def _days(self, first: date, last: date) -> Period:
        return Period(self._at(first, time.min), self._at(last + _DAY, time.min))

    def _bounded(self, match: re.Match[str], period: Period) -> Period:
        before, after = self._said[max(0, match.start() - 24) : match.start()], self._said[match.end() :]
        if match.group().startswith("since ") or words.SINCE.search(before) or words.ONWARDS.match(after):
            return Period(period.start, max(self._now + _STILL_NOW, period.end))
        if words.UNTIL.search(before) or words.OR_BEFORE.match(after):
            return Period(_BEGINNING, period.start) if period.start > _BEGINNING else period
        return period

    # Times of day

    def _clock(self) -> time | None:
        """The one time of day that is said; None without one, or with more. "Three" alone is in the afternoon."""
        found = {clock for match in words.CLOCKS.finditer(self._said) if (clock := _clock_of(match)) is not None}
        if len(found) != 1:
            return None
        hours, unsure = found.pop()
        part = self._part()
        later = part in _LATE or (part is None and hours.hour < _EARLIEST)
        return hours.replace(hour=hours.hour + 12) if unsure and later and 0 < hours.hour < 12 else hours

    def _part(self) -> str | None:
        match = words.PART.search(self._said)
        if match is None:
            return None
        if match["last"]:
            return _LAST_NIGHT
        return "noon" if match["noon"] else {"dawn": "morning"}.get(match["part"], match["part"])

    def _day_of_part(self, part: str) -> date:
        """The last day on which that part has begun."""
        begun = self._at(self._today, time(_PARTS[part][0])) <= self._now
        return self._today if begun and part != _LAST_NIGHT else self._today - _DAY

    def _part_of(self, day: date, part: str) -> Period:
        first, last = _PARTS[part]
        end = self._at(day, time(last)) if last < 24 else self._at(day + _DAY, time(2))
        return Period(self._at(day, time(first)), end)

    def _around(self, day: date, hours: time) -> Period:
        at = self._at(day, hours)
        return Period(at - _ABOUT, at + _ABOUT, at)

    def _latest_day(self, hours: time) -> date:
        return self._today if self._at(self._today, hours) - _ABOUT <= self._now else self._today - _DAY

    def _there(self, day: date, hours: time) -> datetime:
        """That moment, if the clocks show it."""
        at = self._at(day, hours)
        if at.astimezone(self._zone).replace(tzinfo=None) != datetime.combine(day, hours):
            raise SkippedHour()
        return at

    def _at(self, day: date, hours: time) -> datetime:
        return datetime.combine(day, hours, tzinfo=self._zone).astimezone(UTC)


def _clock_of(match: re.Match[str]) -> tuple[time, bool] | None:
    """The time of day, and whether it might be twelve hours later; None where there is no such time."""
    if match["noon"] or match["midnight"]:
        return time(12 if match["noon"] else 0), False
    if match["h24"]:
        unsure = bool(match["or_so"]) or len(match["h24"]) == 1
        return time(int(match["h24"]), int(match["m24"])), unsure
    if match["h12"]:
        hour, minute = int(match["h12"]), int(match["m12"] or 0)
        later = 12 if match["half"].startswith("p") else 0
        return (time(hour % 12 + later, minute), False) if 1 <= hour <= 12 and minute < 60 else None
    hour = int(match["past"] or match["quarter"] or match["oclock"] or match["at"]) - (match["side"] == "to")
    minute = 30 if match["past"] else {"past": 15, "to": 45, None: 0}[match["side"]]
    return (time(hour, minute), True) if 0 <= hour <= 23 else None


def _minutes_in(match: re.Match[str]) -> int:
    """How many minutes an expression such as "an hour ago" counts; 0 where it counts days."""
    if not (match["ago"] or match["ahead"]):
        return 0
    if "half" in match.group():
        return 90 if "and" in match.group() else 30
    unit = match["ago_unit"] or match["ahead_unit"]
    return _MINUTES.get(unit, 0) * _count(match["ago_count"] or match["ahead_count"])


def _count(written: str) -> int:
    if written.isdigit():
        return min(int(written), 3000)
    return 1 if written in ("a", "an") else 2 if "couple" in written else 3
