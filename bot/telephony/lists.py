"""Twilio's lists of calls and texts, looked through for what we may have done without knowing it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

LOOKED_THROUGH = 50

# Twilio's clock and ours, and whole seconds there.
_CLOCKS_APART = timedelta(seconds=60)


class _Listed(Protocol):
    """A call or a text, as Twilio lists it."""

    @property
    def direction(self) -> str | None: ...

    @property
    def date_created(self) -> datetime | None: ...


def asked_for_since[Resource: _Listed](listed: Iterable[Resource], since: datetime) -> list[Resource]:
    """Those that our requests made since then, in the order they are in; a minute before counts, for clocks differ.

    Twilio's own filters by date go by when something was sent or started, and so leave out what still waits.
    """
    return [
        found
        for found in listed
        if found.direction == "outbound-api" and found.date_created and found.date_created >= since - _CLOCKS_APART
    ]
