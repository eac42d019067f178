"""What time does to calls that we owe: windows that pass, and numbers that must not ring any more.

Names in `callbacks`; import them from there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.callback_endings import BLOCKED, SETTLED, AttemptOutcome, CallOutcome, call_off, complete, give_up
from wallet_core.callback_records import blocked_until, is_settled, must_not_ring
from wallet_core.models import Callback, CallbackAttempt, CallbackStatus, CallPurpose
from wallet_core.ports import Random
from wallet_core.routing import Routing

# Longer than any call: what is still connected then was never told to have ended.
LONGEST_CALL = timedelta(hours=4)


def expire_overdue(session: Session, *, routing: Routing, now: datetime, random: Random, limit: int = 100) -> list[str]:
    """End what nobody will call any more: windows passed, calls of which nobody told us the end, blocked numbers, and
    payments that were decided otherwise.

    Gives the references. A customer whom we did not reach, or did not call at all, and who did not block us, gets a
    text that says which, and a note on the ticket. Several may run at once.
    """
    left = (Callback.status == CallbackStatus.CALLING) & (Callback.held_until <= now)
    begun = select(CallbackAttempt.id).where(
        CallbackAttempt.callback_id == Callback.id, CallbackAttempt.ended_at.is_(None)
    )
    uncalled = (Callback.status == CallbackStatus.REQUESTED) | (left & ~begun.exists())
    connected = select(CallbackAttempt.id).where(
        CallbackAttempt.callback_id == Callback.id,
        CallbackAttempt.outcome == AttemptOutcome.CONNECTED,
        CallbackAttempt.ended_at <= now - LONGEST_CALL,
    )
    stale = (Callback.status == CallbackStatus.CONNECTED) & connected.exists()
    rows = session.scalars(
        select(Callback)
        .where((uncalled & ((Callback.window_end <= now) | must_not_ring(now))) | stale)
        .order_by(Callback.window_end, Callback.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Callback)
        .execution_options(populate_existing=True)
    ).all()
    for callback in rows:
        if callback.status is CallbackStatus.CONNECTED:
            complete(session, callback, CallOutcome.UNKNOWN, actor="system", routing=routing, now=now, random=random)
        elif (reason := _why_called_off(session, callback, now)) is not None:
            call_off(session, callback, reason=reason, now=now)
        else:
            over = callback.window_end <= now
            status = CallbackStatus.EXPIRED if over else CallbackStatus.FAILED  # the number is not safe any more
            give_up(session, callback, status, routing=routing, now=now, random=random)
    session.flush()
    return [callback.reference for callback in rows]


def _why_called_off(session: Session, callback: Callback, now: datetime) -> str | None:
    if callback.purpose is CallPurpose.CALLBACK:
        return BLOCKED if blocked_until(session, number=callback.number or "", now=now) else None
    settled = session.scalar(select(Callback.id).where(Callback.id == callback.id, is_settled()))
    return SETTLED if settled is not None else None
