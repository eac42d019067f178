"""Reminders before a callback's time, and the answer that no call is wanted.

Names in `callbacks`; import them from there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import notices
from wallet_core.callback_records import (
    IS_CALLBACK,
    CallbackView,
    close,
    must_not_ring,
    record,
    still_to_come,
    view_of,
)
from wallet_core.models import Callback, CallbackStatus, Notice

REMINDER = "utter_notice_callback_reminder"


def remind_ahead(session: Session, *, before: timedelta, now: datetime, limit: int = 100) -> int:
    """Owe a text to who asked for a call at a time ahead, `before` it; gives how many. Each once.

    Whoever asked, or chose another time, no sooner than that knows it still, and is not reminded.
    """
    rows = session.scalars(
        select(Callback)
        .where(
            IS_CALLBACK,
            Callback.status == CallbackStatus.REQUESTED,
            Callback.due_at.between(now, now + before),
            Callback.reminder_owed_since.is_not(None),
            Callback.customer_id.is_not(None),
            ~must_not_ring(now),
        )
        .order_by(Callback.due_at, Callback.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Callback)
        .execution_options(populate_existing=True)
    ).all()
    reminded = 0
    for callback in rows:
        owed_since, callback.reminder_owed_since = callback.reminder_owed_since, None
        known_for = callback.window_start - (owed_since or now)
        if callback.number is None or callback.attempts_count or known_for <= before:
            continue
        notices.store_text(
            session,
            customer_id=callback.customer_id,
            number=callback.number,
            language=callback.language,
            name=REMINDER,
            facts={
                "reference": callback.reference,
                "minutes": max(1, round((callback.window_start - now) / timedelta(minutes=1))),
            },
            now=now,
        )
        reminded += 1
    session.flush()
    return reminded


def cancel_reminded(session: Session, *, number: str, now: datetime) -> CallbackView | None:
    """Call off the callback of which a text to this number reminded, for who answers that text; it only does less for them.

    The number that a text comes from is a claim, so nothing else about the callback can be changed this way, and what it
    is about is told to nobody.

    Returns: None where there is none still to come, or its time is over.
    """
    pending = select(Callback).where(
        IS_CALLBACK,
        Callback.number == number,
        Callback.status.in_((CallbackStatus.REQUESTED, CallbackStatus.CALLING)),
        Callback.window_end > now,
    )
    for callback in session.scalars(
        pending.order_by(Callback.due_at, Callback.id).with_for_update().execution_options(populate_existing=True)
    ).all():
        if not (_was_reminded(session, callback) and still_to_come(session, callback)):
            continue
        close(callback, CallbackStatus.CANCELLED, outcome="cancelled", now=now)
        record(session, callback, actor="customer", action="cancel", reason="reminder_answered", channel="sms", now=now)
        session.flush()
        return view_of(session, callback, known=False)
    return None


def _was_reminded(session: Session, callback: Callback) -> bool:
    sent = select(Notice.facts).where(
        Notice.customer_id == callback.customer_id, Notice.destination == callback.number, Notice.name == REMINDER
    )
    return any(facts.get("reference") == callback.reference for facts in session.scalars(sent))
