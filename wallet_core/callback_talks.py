"""The talks of connected callbacks: which go on, as far as we know, and how each came to its end."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import call_queue, calls
from wallet_core.callbacks import AttemptOutcome, CallOutcome, finish_callback
from wallet_core.errors import NotFound, RequestConflict, WrongState
from wallet_core.models import Callback, CallbackAttempt, CallbackStatus, CallStatus, WaitState
from wallet_core.ports import Random
from wallet_core.routing import Routing

_OF_WAIT = {
    WaitState.CONNECTED: CallOutcome.TALKED,
    WaitState.TALKED: CallOutcome.TALKED,
    WaitState.WAITING: CallOutcome.HUNG_UP,
    WaitState.OFFERED: CallOutcome.HUNG_UP,
    WaitState.LEFT: CallOutcome.HUNG_UP,
}


class Talk(BaseModel, frozen=True):
    """A connected callback's call, whose end nobody has told us."""

    callback_id: str
    number: str
    call_sid: str
    started_at: datetime


def going_on(session: Session, *, before: datetime, limit: int = 50) -> list[Talk]:
    """The talks that began before then, oldest first."""
    rows = session.execute(
        select(Callback.id, Callback.number, CallbackAttempt.call_sid, CallbackAttempt.started_at)
        .join(CallbackAttempt, CallbackAttempt.callback_id == Callback.id)
        .where(
            Callback.status == CallbackStatus.CONNECTED,
            CallbackAttempt.outcome == AttemptOutcome.CONNECTED,
            CallbackAttempt.call_sid.is_not(None),
            CallbackAttempt.ended_at < before,
        )
        .order_by(CallbackAttempt.ended_at)
        .limit(limit)
    )
    return [Talk(callback_id=id_, number=number, call_sid=sid, started_at=at) for id_, number, sid, at in rows]


def end(session: Session, *, callback_id: str, call_sid: str, routing: Routing, now: datetime, random: Random) -> bool:
    """Its call is over: how it ended is seen from the line in which it waited. False where it was finished before.

    Raises:
        NotFound: no such callback.
    """
    with suppress(NotFound):  # it never became a call like others
        calls.record_event(session, sid=call_sid, status=CallStatus.COMPLETED, sequence=None, now=now)
    waited = call_queue.waiting_call_of(session, call_sid=call_sid)
    outcome = _OF_WAIT.get(waited.state, CallOutcome.NOBODY_FREE) if waited else CallOutcome.NOBODY_FREE
    try:
        finish_callback(
            session, callback_id=callback_id, outcome=outcome, actor="system", routing=routing, now=now, random=random
        )
    except (WrongState, RequestConflict):
        return False
    return True
