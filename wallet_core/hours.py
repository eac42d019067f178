"""Service hours: a week, its holidays and other days, in a time zone; and arithmetic that counts only open time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, model_validator

from wallet_core.datafiles import fault
from wallet_core.errors import InvalidTime

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HORIZON_DAYS = 366
_NOTHING = timedelta(0)


class Span(BaseModel, frozen=True, extra="forbid"):
    """From `start` until before `end` on one day, in minutes after midnight; 1440 is the midnight that ends the day."""

    start: int
    end: int

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            start, end = (_minutes(part.strip()) for part in value.split("-"))
        except ValueError:
            raise ValueError(f'"{value}" is not a span of the day such as "09:00-18:00"') from None
        return {"start": start, "end": end}

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if not 0 <= self.start < self.end <= 24 * 60:
            raise ValueError("a span must end after it begins, on the same day (24:00 is its last moment)")
        return self


def _minutes(text: str) -> int:
    if text == "24:00":
        return 24 * 60
    moment = time.fromisoformat(text)
    if len(text) != 5 or moment.tzinfo:
        raise ValueError(text)
    return moment.hour * 60 + moment.minute


def _in_order(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    if any(later.start < earlier.end for earlier, later in pairwise(spans)):
        raise ValueError("the spans of a day must follow each other without overlapping")
    return spans


Spans = Annotated[tuple[Span, ...], AfterValidator(_in_order)]


def _week(week: dict[str, Spans]) -> dict[str, Spans]:
    """Unfold `mon-fri` into its days."""
    unfolded: dict[str, Spans] = {}
    for key, spans in week.items():
        first, _, last = key.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS or _DAYS.index(last or first) < _DAYS.index(first):
            raise fault(f'"{key}" is neither a day (mon … sun) nor days such as mon-fri', key)
        for day in _DAYS[_DAYS.index(first) : _DAYS.index(last or first) + 1]:
            if day in unfolded:
                raise fault(f"{day} stands here twice", key)
            unfolded[day] = spans
    return unfolded


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise ValueError(f'"{name}" is not a time zone such as Asia/Shanghai') from None
    return name


class ServiceHours(BaseModel, frozen=True, extra="forbid"):
    """When somebody answers. A date in `holidays` is closed all day; one in `other_days` has hours of its own."""

    time_zone: Annotated[str, AfterValidator(_zone)]
    weekly: Annotated[dict[str, Spans], AfterValidator(_week)]
    holidays: dict[date, str] = {}
    other_days: dict[date, Spans] = {}

    @model_validator(mode="after")
    def _opens_some_time(self) -> Self:
        if not any(self.weekly.values()):
            raise ValueError("these hours never open")
        both = self.holidays.keys() & self.other_days.keys()
        if both:
            raise ValueError(f"{min(both)} is a holiday and has hours of its own")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def open_spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open times from `start` on, in UTC, over the year that follows."""
        first = start.astimezone(self.zone).date()
        for number in range(_HORIZON_DAYS):
            day = first + timedelta(days=number)
            for span in self._spans_of(day):
                opens, closes = self._moment(day, span.start), self._moment(day, span.end)
                if closes > start:
                    yield max(opens, start.astimezone(UTC)), closes

    def is_open(self, at: datetime) -> bool:
        return next(self.open_spans(at), (None,))[0] == at

    def next_opening(self, at: datetime) -> datetime:
        """The first open moment at or after `at`.

        Raises:
            InvalidTime: none within a year.
        """
        for opens, _ in self.open_spans(at):
            return opens
        raise InvalidTime(reason="never_open")

    def open_until(self, at: datetime, *, at_most: datetime) -> datetime:
        """Until when it stays open without a break from `at` on, at most `at_most`; `at` itself where it is closed."""
        reached = at
        for opens, closes in self.open_spans(at):
            if opens > reached or reached >= at_most:
                break
            reached = closes
        return min(reached, at_most)

    def is_open_throughout(self, start: datetime, end: datetime) -> bool:
        """Whether somebody is there at every moment from `start` until `end`."""
        return self.open_until(start, at_most=end) == end

    def open_time(self, start: datetime, end: datetime) -> timedelta:
        """How much open time lies between the two; none where `end` comes first."""
        total = _NOTHING
        for opens, closes in self.open_spans(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def after(self, start: datetime, open_time: timedelta) -> datetime:
        """The moment at which that much open time has gone by since `start`.

        Raises:
            InvalidTime: that is more than a year ahead.
        """
        left = open_time
        for opens, closes in self.open_spans(start):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise InvalidTime(reason="too_far_ahead")

    def _spans_of(self, day: date) -> tuple[Span, ...]:
        if day in self.other_days:
            return self.other_days[day]
        return () if day in self.holidays else self.weekly.get(_DAYS[day.weekday()], ())

    def _moment(self, day: date, minutes: int) -> datetime:
        local = datetime.combine(day, time(), self.zone) + timedelta(minutes=minutes)
        return local.astimezone(UTC)
