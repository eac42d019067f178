"""Times that a customer says, in their zone: yesterday around 3pm, 上周五, last friday, 11月20号, since the 20th.

A time said of something that happened lies in the past, unless the future is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from actions.facts.chinese_times import in_english_words
from actions.facts.days import Stretch, stretch_of
from actions.facts.reading import has_han, plain

_ABOUT = timedelta(minutes=90)  # how far off people are who say an hour
_JUST_NOW = timedelta(minutes=30)
_DAY = timedelta(days=1)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Period:
    """From `start` on and before `end`, both aware UTC. `moment`: the time of day that was said, if one was."""

    start: datetime
    end: datetime
    moment: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end


_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_WEEKDAY = r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)day|(?<=last )(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b|(?<=on )(?:mon|tues?|wed|thurs?|fri|sat|sun)\b"
_TH = r"\d{1,2}(?:st|nd|rd|th)"
_COUNT = r"(?:\d+|an?|a few|a couple(?: of)?|few)"
_DAYS = re.compile(
    rf"(?P<range>(?:between |from )?(?:the )?(?P<one>\d{{1,2}})(?:st|nd|rd|th)?(?: and | to | until | till |-| - |–)(?:the )?(?P<two>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})(?: (?P<ryear>20\d\d))?)"
    r"|(?P<iso>\b20\d\d[-/.]\d{1,2}[-/.]\d{1,2}\b)"
    r"|(?P<numeric>(?<![\d/.:])\d{1,2}[/.]\d{1,2}[/.](?:20)?\d\d(?![\d/])|(?<![\d/.:])(?!24/7)\d{1,2}/\d{1,2}(?![\d/]))"
    rf"|(?P<dated>(?:the )?\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? 20\d\d)?(?!\w)|\b{_MONTH} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?:,? 20\d\d)?(?![\d:.,]\d|\w| (?:euros?|dollars?|pounds?|quid|usd|eur)))"
    rf"|(?P<month_alone>(?:in|since|for|from|of|last|this|during|until|early|late|mid|\[)\s?(?:the )?(?P<named>{_MONTH})(?:,? (?P<year>20\d\d))?(?!\w|\s\d))"
    r"|(?P<relative>\b(?:the )?day before yesterday\b|\b(?:the )?day after tomorrow\b|\byesterday\b|\btoday\b|\btomorrow\b)"
    rf"|(?P<weekday>(?:\b(?:last|this|past|next|on|coming) )?\b(?:{_WEEKDAY})(?!\w))"
    r"|(?P<span>\b(?:last|this|past|previous|next) (?:week(?!end)|month|year)\b)"
    r"|(?P<weekend>\b(?:last|this|the|past) weekend\b)"
    rf"|(?P<rolling>\b(?:last|past|previous) (?P<rcount>\d+|few|couple of) (?P<runit>day|week|month|year|hour)s?\b)"
    rf"|(?P<ago>\b(?:(?P<acount>{_COUNT}) (?P<aunit>minute|min|hour|hr|day|week|fortnight|month|year)s? (?:ago|back|earlier|before)\b|half an hour ago|an hour and a half ago))"
    rf"|(?P<ahead>\bin (?P<icount>{_COUNT}) (?P<iunit>minute|min|hour|hr|day|week)s?\b|\bin half an hour\b)"
    rf"|(?P<of_month>\b(?:on |since |from |the |until |by |dated )+{_TH}(?! (?:time|one|payment|transaction|street|floor))|\[the \d{{1,2}}th\])"
    r"|(?P<first_of>\bon the first\b(?! \w))"
    r"|(?P<in_year>\b(?:in|from|of|since|for) (?P<only>20\d\d)\b(?![-/.]\d))"
    r"|(?P<now>\bjust now\b|\ba moment ago\b|\ba minute ago\b|\bjust this (?:second|minute)\b)"
    r"|(?P<christmas>\bchristmas\b)"
)
_CLOCKS = re.compile(
    r"\b(?P<h12>\d{1,2})(?:[:.](?P<m12>\d{2}))?\s?(?P<half>a\.?m|p\.?m)\b\.?"
    r"|\b(?P<h24>[01]?\d|2[0-3]):(?P<m24>[0-5]\d)\b(?P<orso> or so)?"
    r"|\bhalf past (?P<past>\d{1,2})\b|\bquarter (?P<side>past|to) (?P<quarter>\d{1,2})\b|\b(?P<oclock>\d{1,2}) o'?clock\b"
    r"|\bat (?P<at>\d{1,2})(?= (?:this|in the|last|yesterday|today|tonight|tomorrow|on)\b)"
    r"|\b(?P<noon>noon|midday|lunch ?time|at lunch)\b|\b(?P<midnight>midnight)\b"
)
_PARTS = {
    "morning": (5, 12),
    "noon": (11, 14),
    "afternoon": (12, 18),
    "evening": (17, 24),
    "night": (0, 6),
    "tonight": (17, 24),
}
_PART = re.compile(
    r"\b(?P<last>last night)\b|\b(?P<part>morning|afternoon|evening|tonight|(?<!at )night|dawn)\b|\[(?P<noon>noon)\]"
)
_LATE = ("afternoon", "evening", "tonight", "last night")
_EARLIEST = 8  # nobody means an hour before it who does not say so
_SPELLED = re.compile(rf"\b(?:first|second|third)(?= (?:of )?{_MONTH})")
_SINCE = re.compile(r"\b(?:since|after|starting|as of)\s(?:about\s|around\s|the\s|on\s)*\[?$|自从?\s?\[?$|从\s?\[?$")
_ONWARDS = re.compile(r"^\]?,? onwards?\b|^\]? (?:on|onwards)\b(?! the)")
_UNTIL = re.compile(r"\b(?:before|until|till|up to|prior to)\s(?:the\s|on\s)*\[?$")
_OR_BEFORE = re.compile(r"^\]?, or before\b")
_BETWEEN = re.compile(r"^\W*(?:and|to|until|till|through|-|–|~|到|至)\W*(?:the\s)?\W*$")
_MINUTES = {"minute": 1, "min": 1, "hour": 60, "hr": 60}


def period_in(text: str, *, now: datetime, time_zone: str, country: str | None = None) -> Period | None:
    """When something happened, by the text; None where no time is said, or several that do not go together.

    Args:
        now: aware. time_zone: where the speaker's clocks are. country: of the speaker, for the order of 11/12.
    """
    return _Reader(text, now, time_zone, country, future=False).period()


def moment_in(text: str, *, now: datetime, time_zone: str, country: str | None = None) -> datetime | None:
    """The coming moment that a text asks for ("tomorrow at 3pm", "in an hour", 明天下午三点); None without a time of day."""
    return _Reader(text, now, time_zone, country, future=True).moment()


class _Reader:
    """One text at one moment."""

    def __init__(self, text: str, now: datetime, time_zone: str, country: str | None, *, future: bool) -> None:
        self._now = now.astimezone(UTC)
        self._zone = ZoneInfo(time_zone)
        self._today = now.astimezone(self._zone).date()
        self._future = future
        self._month_first = country == "US"
        said = _SPELLED.sub(lambda match: {"first": "1st", "second": "2nd", "third": "3rd"}[match[0]], plain(text))
        self._said = in_english_words(said, self._today) if has_han(said) else said

    def period(self) -> Period | None:
        if exact := self._exact_moment():
            return Period(exact - _ABOUT, min(exact + _ABOUT, self._now + _JUST_NOW), exact)
        day = self._day()
        if day is False:
            return None
        hours, part = self._clock(), self._part()
        if isinstance(day, Period):
            single = day.end - day.start <= _DAY + timedelta(hours=1)
            if not single or (hours is None and part is None):
                return day if day.start <= self._now else None
            local = day.start.astimezone(self._zone).date()
            if hours is not None:
                return self._around(local, hours)
            return self._part_of(local, str(part)) if part else day
        if hours is not None:
            return self._around(self._latest_day(hours), hours)
        return self._part_of(*self._day_of_part(part)) if part else None

    def moment(self) -> datetime | None:
        if exact := self._exact_moment():
            return exact
        day, hours = self._day(), self._clock()
        if day is False or hours is None:
            return None
        if isinstance(day, Period):
            return self._at(day.start.astimezone(self._zone).date(), hours)
        at = self._at(self._today, hours)
        return at if at > self._now else self._at(self._today + _DAY, hours)

    def _exact_moment(self) -> datetime | None:
        """So many minutes or hours from now."""
        for match in _DAYS.finditer(self._said):
            if match["now"]:
                return self._now - timedelta(minutes=10)
            if match["ago"]:
                if "half" in match.group():
                    return self._now - timedelta(minutes=90 if "and" in match.group() else 30)
                if match["aunit"] in _MINUTES:
                    return self._now - timedelta(minutes=_MINUTES[match["aunit"]] * _count(match["acount"]))
            if match["ahead"] and self._future:
                if "half" in match.group():
                    return self._now + timedelta(minutes=30)
                if match["iunit"] in _MINUTES:
                    return self._now + timedelta(minutes=_MINUTES[match["iunit"]] * _count(match["icount"]))
        return None

    def _day(self) -> Period | bool | None:
        """The days said; None where none is, False where they do not go together."""
        found: list[tuple[re.Match[str], Period]] = []
        for match in _DAYS.finditer(self._said):
            stretch = self._stretch(match)
            if stretch is not None:
                found.append((match, self._days(*stretch)))
        if not found:
            return None
        first, one = found[0]
        if len(found) == 1:
            return self._bounded(first, one)
        second, two = found[1]
        if len(found) == 2 and _BETWEEN.match(self._said[first.end() : second.start()]):
            return Period(one.start, two.end) if one.start < two.end else False
        start, end = max(p.start for _, p in found), min(p.end for _, p in found)
        return Period(start, end) if start < end else False

    def _stretch(self, match: re.Match[str]) -> Stretch | None:
        said = match.group()
        if match["range"]:
            year = f" {match['ryear']}" if match["ryear"] else ""
            one = self._of(f"{match['one']} {match['month']}{year}")
            two = self._of(f"{match['two']} {match['month']}{year}")
            return (one[0], two[1]) if one and two and one[0] <= two[1] else None
        if match["rolling"]:
            days = {"day": 1, "week": 7, "month": 30, "year": 365, "hour": 1}[match["runit"]]
            return self._today - timedelta(days=days * _count(match["rcount"])), self._today
        if match["weekend"]:
            monday = self._today - timedelta(days=self._today.weekday())
            saturday = monday + timedelta(days=5 if self._today.weekday() >= 5 and "last" not in said else -2)
            return saturday, saturday + _DAY
        if match["christmas"]:
            year = self._today.year - (0 if self._today >= date(self._today.year, 12, 24) else 1)
            return date(year, 12, 24), date(year, 12, 26)
        if match["first_of"]:
            return self._of("the 1st")
        if match["of_month"]:
            return self._of(f"the {re.search(r'[0-9]+', said).group()}th")  # type: ignore[union-attr]
        if match["month_alone"]:
            return self._of(f"{match['named'].rstrip('.')} {match['year'] or ''}".strip())
        if match["in_year"]:
            return self._of(match["only"])
        if match["ago"] or match["ahead"]:
            unit = match["aunit"] or match["iunit"]
            if unit is None or unit in _MINUTES:
                return None
            if unit == "fortnight":
                return self._of("2 weeks ago")
            amount = _count(match["acount"] or match["icount"])
            return self._of(f"{amount} {unit}s ago" if match["ago"] else f"in {amount} {unit}s")
        if match["now"]:
            return None
        return self._of(re.sub(r"^(?:the|on|past|\[)\s?|\]$", "", said).replace("tue ", "tues ").strip())

    def _of(self, piece: str) -> Stretch | None:
        return stretch_of(piece, self._today, future=self._future, month_first=self._month_first)

    def _days(self, first: date, last: date) -> Period:
        return Period(self._at(first, time.min), self._at(last + _DAY, time.min))

    def _bounded(self, match: re.Match[str], period: Period) -> Period:
        before, after = self._said[: match.start()], self._said[match.end() :]
        if match.group().startswith("since ") or _SINCE.search(before) or _ONWARDS.match(after):
            return Period(period.start, max(self._now + _JUST_NOW, period.end))
        if _UNTIL.search(before) or _OR_BEFORE.match(after):
            return Period(_BEGINNING, period.start)
        return period

    def _clock(self) -> time | None:
        """The one time of day that is said; None without one, or with more. A "three" without more is in the afternoon."""
        found = {clock for match in _CLOCKS.finditer(self._said) if (clock := _clock_of(match)) is not None}
        if len(found) != 1:
            return None
        hours, unsure = found.pop()
        part = self._part()
        later = part in _LATE or (part is None and hours.hour < _EARLIEST)
        return hours.replace(hour=hours.hour + 12) if unsure and later and 0 < hours.hour < 12 else hours

    def _part(self) -> str | None:
        match = _PART.search(self._said)
        if match is None:
            return None
        return (
            "last night"
            if match["last"]
            else "noon"
            if match["noon"]
            else "morning"
            if match["part"] == "dawn"
            else match["part"]
        )

    def _day_of_part(self, part: str) -> tuple[date, str]:
        """The last such part of a day that has begun."""
        if part == "last night":
            return self._today - _DAY, "evening"
        begun = self._at(self._today, time(_PARTS[part][0])) <= self._now
        return (self._today if begun else self._today - _DAY), part

    def _part_of(self, day: date, part: str) -> Period:
        if part == "last night":
            part = "evening"
        first, last = _PARTS[part]
        end = self._at(day, time(last)) if last < 24 else self._at(day + _DAY, time(2))
        return Period(self._at(day, time(first)), end)

    def _around(self, day: date, hours: time) -> Period:
        at = self._at(day, hours)
        return Period(at - _ABOUT, at + _ABOUT, at)

    def _latest_day(self, hours: time) -> date:
        return self._today if self._at(self._today, hours) - _ABOUT <= self._now else self._today - _DAY

    def _at(self, day: date, hours: time) -> datetime:
        return datetime.combine(day, hours, tzinfo=self._zone).astimezone(UTC)


def _clock_of(match: re.Match[str]) -> tuple[time, bool] | None:
    """The time of day, and whether it might be twelve hours later."""
    unsure, minute = False, 0
    if match["h12"]:
        hour, minute = int(match["h12"]), int(match["m12"] or 0)
        if not 1 <= hour <= 12 or minute > 59:
            return None
        hour = hour % 12 + (12 if match["half"].startswith("p") else 0)
    elif match["h24"]:
        hour, minute, unsure = int(match["h24"]), int(match["m24"]), bool(match["orso"]) or len(match["h24"]) == 1
    elif match["noon"]:
        hour = 12
    elif match["midnight"]:
        hour = 0
    else:
        hour = int(match["past"] or match["quarter"] or match["oclock"] or match["at"])
        minute = 30 if match["past"] else 15 if match["side"] == "past" else 45 if match["side"] else 0
        hour -= match["side"] == "to"
        unsure = True
        if not 0 <= hour <= 23:
            return None
    return time(hour, minute), unsure


def _count(written: str) -> int:
    if written.isdigit():
        return min(int(written), 3000)
    return 1 if written in ("a", "an") else 2 if "couple" in written else 3
