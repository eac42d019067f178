"""Webhooks are answered once: the same one again, or at the same moment in another process, gets the first answer.

Whoever takes a webhook holds it for a while and keeps the answer in the transaction of what it did, or after it. A
holder that died lets go when its time is up, and whoever comes next does the work; so that work must itself be done
once by the identity of what caused it.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import CursorResult, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_core.models import WebhookAnswer


class StoredAnswer(BaseModel, frozen=True):
    """An HTTP answer."""

    status: int
    body: str


class Taken(BaseModel, frozen=True):
    """What came of taking a webhook: the `answer` it had before, else whether the work is `mine`."""

    mine: bool
    answer: StoredAnswer | None = None


def take(session: Session, *, key: str, holder: str, now: datetime, until: datetime) -> Taken:
    """Take the webhook `key`, such as `messages:SM…`, until `until`; it is not mine while another holder has it."""
    try:
        with session.begin_nested():
            session.execute(
                insert(WebhookAnswer).values(key=key, holder=holder, taken_at=now, taken_until=until, status=None)
            )
    except IntegrityError:
        return _take_over(session, key, holder, now, until)
    return Taken(mine=True)


def find_answer(session: Session, *, key: str) -> StoredAnswer | None:
    """What the webhook was answered; None while it is not."""
    found = session.execute(select(WebhookAnswer.status, WebhookAnswer.body).where(WebhookAnswer.key == key)).first()
    return StoredAnswer(status=found.status, body=found.body) if found and found.status is not None else None


def keep_answer(session: Session, *, key: str, holder: str, answer: StoredAnswer) -> StoredAnswer | None:
    """Keep the answer and give the one that holds: the first. None where somebody else took the webhook over."""
    done = session.execute(
        update(WebhookAnswer)
        .where(WebhookAnswer.key == key, WebhookAnswer.holder == holder, WebhookAnswer.status.is_(None))
        .values(status=answer.status, body=answer.body)
    )
    if isinstance(done, CursorResult) and done.rowcount == 1:
        return answer
    return find_answer(session, key=key)


def let_go(session: Session, *, key: str, holder: str) -> None:
    """Leave the webhook to whoever comes next, because the work could not be done."""
    session.execute(
        delete(WebhookAnswer).where(
            WebhookAnswer.key == key, WebhookAnswer.holder == holder, WebhookAnswer.status.is_(None)
        )
    )


def _take_over(session: Session, key: str, holder: str, now: datetime, until: datetime) -> Taken:
    free = or_(WebhookAnswer.taken_until <= now, WebhookAnswer.holder == holder)
    done = session.execute(
        update(WebhookAnswer)
        .where(WebhookAnswer.key == key, WebhookAnswer.status.is_(None), free)
        .values(holder=holder, taken_until=until)
    )
    if isinstance(done, CursorResult) and done.rowcount == 1:
        return Taken(mine=True)
    return Taken(mine=False, answer=find_answer(session, key=key))
