"""When a customer would like to be called: at once, from some time on, between two times, or in a part of a day."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from actions.facts.times import moment_in
from actions.facts.zones import zone_in

type _Moment = Callable[[str], datetime | None]

_SOON = re.compile(
    r"\b(?:asap|a\.s\.a\.p|as soon as (?:possible|you can)|right (?:now|away)|immediately|at once|straight away"
    r"|any ?time|earliest convenience|when(?:ever)? you can|now)\b"
    r"|马上|立刻|立即|尽快|尽早|现在(?!不)|越快越好|赶紧|赶快|随时|都可以|都行|即刻",
    re.IGNORECASE,
)
_NOT_SOON = re.compile(r"\b(?:can'?t|cannot|not|busy|later)\b|不方便|不行|忙|等会|晚点|稍后|别", re.IGNORECASE)
_RANGE = re.compile(
    r"(?<![\d:./-])(?P<from>\d{1,2}(?::\d\d)?)\s?(?P<first>am|pm|点|时)?\s?(?:-|–|~|to|and|till|until|到|至)\s?"
    r"(?P<to>\d{1,2}(?::\d\d)?)\s?(?P<last>am|pm|点|时)?(?![\d:/-])",
    re.IGNORECASE,
)
_BARE_HOUR = re.compile(
    r"(?<![\d:.+-])\b(?:at |after |around |about |from |by )?(?P<hour>[01]?\d|2[0-3])\b"
    r"(?![\d:.]|\s?(?:am|pm|点|时|:|st|nd|rd|th))"
    r"(?!\s?(?:minutes?|mins?|hours?|hrs?|days?|weeks?|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|分|小时|天|号|日|月))",
    re.IGNORECASE,
)
_LATE = re.compile(r"tonight|evening|afternoon|下午|晚|傍晚", re.IGNORECASE)
# Parts of a day: as they are said, their first hour as it is written in that language, and how many hours they last.
_PARTS = (
    (re.compile(r"\bmorning\b", re.IGNORECASE), " 9am", 3),
    (re.compile(r"\bafternoon\b", re.IGNORECASE), " 2pm", 3),
    (re.compile(r"\b(?:evening|tonight)\b", re.IGNORECASE), " 6pm", 3),
    (re.compile(r"上午|早上"), "9点", 3),
    (re.compile(r"下午"), "2点", 3),
    (re.compile(r"晚上|今晚|傍晚"), "6点", 3),
)


@dataclass(frozen=True)
class CallWish:
    """`start` is None for as soon as possible; without `end` the usual window follows. Both are aware UTC.

    `zone`: the time zone that was named with it.
    """

    start: datetime | None
    end: datetime | None = None
    zone: str | None = None


AT_ONCE = CallWish(None)


def call_wish_in(
    text: str, *, now: datetime, time_zone: str, country: str | None = None, ours: str = "Etc/UTC"
) -> CallWish | None:
    """The wish that a text expresses; None where none is clear, so that one asks back.

    Args:
        time_zone: whose clocks are meant where the text names no others.
        ours: whose clocks "your time" means.

    Raises:
        UnknownZone, SkippedHour
    """
    named = zone_in(text, own=time_zone, ours=ours, now=now)

    def moment(words: str) -> datetime | None:
        return moment_in(words, now=now, time_zone=named.zone or time_zone, country=country)

    wish = _wish_in(named.rest, moment)
    return replace(wish, zone=named.zone) if wish is not None and wish.start is not None else wish


def _wish_in(said: str, moment: _Moment) -> CallWish | None:
    if between := _RANGE.search(said):
        window = _between(said, between, moment)
        if window is not None:
            return window
    at = moment(said) or _at_bare_hour(said, moment)
    if at is not None:
        return CallWish(at)
    for part, first_hour, hours in _PARTS:
        found = part.search(said)
        start = moment(said[: found.end()] + first_hour + said[found.end() :]) if found else None
        if start is not None:
            return CallWish(start, start + timedelta(hours=hours))
    return AT_ONCE if _SOON.search(said) and not _NOT_SOON.search(said) else None


def _between(said: str, between: re.Match[str], moment: _Moment) -> CallWish | None:
    unit = between["last"] or between["first"] or ""
    first = between["first"] or unit
    start = moment(said[: between.start()] + _clock(between["from"], first) + said[between.end() :])
    if start is None:
        return None
    minutes = _minutes(between["to"]) - _minutes(between["from"])
    length = timedelta(minutes=minutes % (12 * 60))  # 11 to 1 is two hours
    return CallWish(start, start + length) if length else None


def _at_bare_hour(said: str, moment: _Moment) -> datetime | None:
    """ "At 10", "Friday morning 10": an hour without its unit, where it is the only number in the text."""
    found = _BARE_HOUR.search(said)
    if found is None or len(re.findall(r"\d+", said)) > 1:
        return None
    hour = int(found["hour"])
    half = "pm" if _LATE.search(said) and 1 <= hour < 12 else "am" if re.search(r"morning", said, re.IGNORECASE) else ""
    clock = _clock(found["hour"], half) if 1 <= hour <= 12 else f"{hour}:00"
    return moment(f"{said[: found.start()]} {clock} {said[found.end() :]}")


def _clock(hour: str, unit: str) -> str:
    if unit:
        return f"{hour}{unit}"
    return hour if ":" in hour else f"{hour}:00"


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes or 0)
