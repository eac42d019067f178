"""Moments are aware; days are the customer's own."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from wallet_core.errors import InvalidTime


def require_aware(moment: datetime) -> datetime:
    """The moment in UTC.

    Raises:
        InvalidTime: it carries no zone, so nobody can say when it is.
    """
    if moment.tzinfo is None:
        raise InvalidTime()
    return moment.astimezone(UTC)


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name, such as `Asia/Shanghai`."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def day_start(moment: datetime, zone: str) -> datetime:
    """When the day of that moment began where the clocks are `zone`'s, in UTC.

    Where a clock change skips midnight, the day begins with the change.

    Raises:
        InvalidTime: a naive moment, or no such zone.
    """
    try:
        clocks = ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidTime() from error
    local = require_aware(moment).astimezone(clocks)
    return datetime.combine(local.date(), time.min, tzinfo=clocks).astimezone(UTC)
