"""Texts on their way to customers: an outbox that the worker empties, and what Twilio reports of each.

A conversation's texts go out in order. A text that was claimed and of which nothing is heard is claimed again after a
while: where Twilio had taken it all the same, its report came before that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import exists, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from wallet_core.models import OutgoingText, TextReport, TextState, TextStatus

MAX_ATTEMPTS = 5
LEASE = timedelta(minutes=2)
FIRST_PAUSE = timedelta(seconds=30)

_FURTHER = {
    TextStatus.SCHEDULED: 1,
    TextStatus.ACCEPTED: 2,
    TextStatus.QUEUED: 3,
    TextStatus.SENDING: 4,
    TextStatus.SENT: 5,
    TextStatus.DELIVERED: 6,
    TextStatus.UNDELIVERED: 6,
    TextStatus.FAILED: 6,
    TextStatus.CANCELED: 6,
}


class TextView(BaseModel, frozen=True):
    """A text to be sent; `attempt` counts the claims and names this one."""

    id: int
    conversation_id: str
    theirs: str
    body: str
    created_at: datetime
    attempt: int


class DeliveryView(BaseModel, frozen=True):
    """Where a text is: `state` with us, `status` with Twilio, None before it said anything."""

    message_id: int
    state: TextState
    status: TextStatus | None
    error_code: int | None


def store_texts(
    session: Session,
    *,
    conversation_id: str,
    message_id: int,
    theirs: str,
    bodies: Sequence[str],
    state: TextState,
    now: datetime,
) -> list[TextView]:
    """Store the texts that tell the conversation's lines up to `message_id`.

    STORED ones are sent by the worker, SENT ones by whoever asks for this.
    """
    texts = [
        OutgoingText(
            conversation_id=conversation_id,
            message_id=message_id,
            theirs=theirs,
            body=body,
            state=state,
            sid=None,
            attempts=0,
            created_at=now,
            due_at=now,
        )
        for body in bodies
    ]
    session.add_all(texts)
    session.flush()
    return [_view(text) for text in texts]


def claim_due(session: Session, *, now: datetime, limit: int = 20) -> list[TextView]:
    """Take due texts, of each conversation the first that has not gone out; after two minutes they are free again.

    No two workers hold the same text at one time: rows that another one is just taking are passed over.
    """
    earlier = aliased(OutgoingText)
    waits_for_another = exists().where(
        earlier.conversation_id == OutgoingText.conversation_id,
        earlier.state == TextState.STORED,
        earlier.id < OutgoingText.id,
    )
    due = (
        select(OutgoingText)
        .where(OutgoingText.state == TextState.STORED, OutgoingText.due_at <= now, ~waits_for_another)
        .order_by(OutgoingText.due_at, OutgoingText.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=OutgoingText)
    )
    taken = list(session.scalars(due))
    for text in taken:
        text.attempts += 1
        text.due_at = now + LEASE
    session.flush()
    return [_view(text) for text in taken]


def mark_sent(session: Session, *, text_id: int, sid: str) -> None:
    """Note under which name Twilio has the text."""
    text = _load(session, text_id)
    if text is not None:
        text.state, text.sid = TextState.SENT, sid
        session.flush()


def mark_failed(session: Session, *, text_id: int, attempt: int, now: datetime, final: bool = False) -> None:
    """Note that a claimed text did not go out: again after 30 s, 1, 2, 4 minutes, given up after the fifth time.

    `final` gives up at once, where the number cannot or may not be texted.
    """
    text = _load(session, text_id)
    if text is None or text.attempts != attempt or text.state is not TextState.STORED:
        return
    if final or text.attempts >= MAX_ATTEMPTS:
        text.state = TextState.GIVEN_UP
    else:
        text.due_at = now + FIRST_PAUSE * 2 ** (text.attempts - 1)
    session.flush()


def report(
    session: Session,
    *,
    sid: str,
    status: TextStatus,
    error_code: int | None,
    now: datetime,
    text_id: int | None = None,
) -> None:
    """Note what Twilio says of a text, in whatever order it says it: what is further counts, an end is final.

    Args:
        text_id: which of our texts it is, where the report tells; Twilio's name may not be known yet.
    """
    text = _load(session, text_id) if text_id is not None else None
    if text is not None and (text.sid is None or text.state is TextState.STORED):
        text.state, text.sid = TextState.SENT, sid
    try:
        with session.begin_nested():
            session.execute(insert(TextReport).values(sid=sid, status=status, error_code=error_code, at=now))
    except IntegrityError:
        known = session.get_one(TextReport, sid, with_for_update=True, populate_existing=True)
        if _FURTHER[status] > _FURTHER[known.status]:
            known.status, known.error_code, known.at = status, error_code, now
    session.flush()


def deliveries(session: Session, *, conversation_id: str) -> list[DeliveryView]:
    """Where the conversation's texts are, in order."""
    rows = session.execute(
        select(OutgoingText.message_id, OutgoingText.state, TextReport.status, TextReport.error_code)
        .outerjoin(TextReport, TextReport.sid == OutgoingText.sid)
        .where(OutgoingText.conversation_id == conversation_id)
        .order_by(OutgoingText.id)
    )
    return [DeliveryView.model_validate(row, from_attributes=True) for row in rows]


def _load(session: Session, text_id: int) -> OutgoingText | None:
    return session.get(OutgoingText, text_id, with_for_update=True)


def _view(text: OutgoingText) -> TextView:
    return TextView(
        id=text.id,
        conversation_id=text.conversation_id,
        theirs=text.theirs,
        body=text.body,
        created_at=text.created_at,
        attempt=text.attempts,
    )
