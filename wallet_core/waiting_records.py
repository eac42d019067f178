"""What a waiting call looks like from outside, and how its row is held; the ground of `call_queue` and `call_offers`."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.errors import NotFound
from wallet_core.models import Language, WaitingCall, WaitState

STILL_THERE = (WaitState.WAITING, WaitState.OFFERED)


class WaitingView(BaseModel, frozen=True):
    """A caller in the line. `id` is also the name of the queue on the phone in which this one call waits."""

    id: str
    call_sid: str
    conversation_id: str
    customer_id: str | None
    callback_id: str | None
    ticket_reference: str | None
    topic: str
    queue: str
    language: Language
    priority: int
    state: WaitState
    entered_at: datetime
    ranked_at: datetime
    connected_at: datetime | None
    ended_at: datetime | None


def locked_waiting(session: Session, waiting_id: str) -> WaitingCall:
    """Raises: NotFound."""
    waiting = session.scalar(
        select(WaitingCall)
        .where(WaitingCall.id == waiting_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if waiting is None:
        raise NotFound()
    return waiting


def view_of(waiting: WaitingCall) -> WaitingView:
    return WaitingView.model_validate(waiting, from_attributes=True)


def record(session: Session, waiting: WaitingCall, *, actor: str, action: str, reason: str, now: datetime) -> None:
    """Audit a change in the chain of the caller, or of the conversation where nobody is known."""
    audit.record(
        session,
        chain=waiting.customer_id or waiting.conversation_id,
        actor=actor,
        action=f"waiting.{action}",
        subject=f"waiting:{waiting.id}",
        reason=reason,
        channel="voice",
        now=now,
    )
