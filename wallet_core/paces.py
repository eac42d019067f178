"""How often something is done, over all processes: calls, of which the phone network starts one a second."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_core.models import Pace


def take_slot(session: Session, *, name: str, every: timedelta, now: datetime) -> bool:
    """Whether it may be done now; then it may be again `every` later. The slot is taken when the caller commits.

    Slots lie on a grid: who comes a little late for one does not put off the next, and what was not used is gone.
    """
    pace = session.get(Pace, name, with_for_update=True, populate_existing=True)
    if pace is None:
        try:
            with session.begin_nested():
                session.add(Pace(name=name, next_at=now + every))
        except IntegrityError:  # another process took the first slot at this moment
            return False
        return True
    if pace.next_at > now:
        return False
    pace.next_at = max(pace.next_at, now - every) + every
    session.flush()
    return True


def line_up(session: Session, *, name: str) -> None:
    """Wait until nobody else is about to take a slot: who claims what it is for only then, claims in order."""
    session.scalar(select(Pace.name).where(Pace.name == name).with_for_update())
