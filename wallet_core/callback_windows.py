"""When a callback may ring: a window ahead of us, within the service hours of those who call."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from wallet_core.errors import InvalidTime
from wallet_core.hours import ServiceHours
from wallet_core.times import require_aware

USUAL = timedelta(hours=2)
SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
FURTHEST = timedelta(days=14)
# Between the question "when?" and its answer time goes by.
_GRACE = timedelta(minutes=5)


class Window(BaseModel, frozen=True):
    """From `start` until before `end`, in UTC."""

    start: datetime
    end: datetime


def settle_window(*, start: datetime | None, end: datetime | None, hours: ServiceHours, now: datetime) -> Window:
    """The window that was asked for, or a usual one: two hours, cut where the service closes.

    Without `start` it begins now, or when the service next opens for at least a quarter of an hour.

    Raises:
        InvalidTime: `reason` is one of past, too_short (under 15 minutes), too_long (over 12 hours), too_far_ahead
            (over 14 days), outside_hours (then `opens_at` tells the next opening), or naive.
    """
    if start is None:
        return _next_window(hours, now)
    if start.tzinfo is None or (end is not None and end.tzinfo is None):
        raise InvalidTime(reason="naive")
    start = require_aware(start)
    if start < now - _GRACE:
        raise InvalidTime(reason="past")
    if start > now + FURTHEST:
        raise InvalidTime(reason="too_far_ahead")
    start = max(start, now)
    end = hours.open_until(start, at_most=start + USUAL) if end is None else require_aware(end)
    if not hours.is_open(start) or not hours.is_open_throughout(start, max(start, end)):
        raise InvalidTime(reason="outside_hours", opens_at=hours.next_opening(start))
    if end - start < SHORTEST:
        raise InvalidTime(reason="too_short")
    if end - start > LONGEST:
        raise InvalidTime(reason="too_long")
    return Window(start=start, end=end)


def _next_window(hours: ServiceHours, now: datetime) -> Window:
    for opens, _ in hours.open_spans(now):
        end = hours.open_until(opens, at_most=opens + USUAL)
        if end - opens >= SHORTEST:
            return Window(start=opens, end=end)
    raise InvalidTime(reason="outside_hours")
