"""Ratings: what a customer thought of our help, from 1 (bad) to 5 (good), once for each conversation.

What the customer said themselves is kept apart from what was assumed, and never gives way to it.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.conversations import lock
from wallet_core.models import Rating
from wallet_core.times import require_aware

SCORES = range(1, 6)


class RatingView(BaseModel, frozen=True):
    """`confirmed`: said by the customer themselves."""

    subject: str
    score: int
    confirmed: bool
    at: datetime


def rate_conversation(
    session: Session, *, conversation_id: str, score: int, confirmed: bool, now: datetime
) -> RatingView:
    """Keep the score; also of an ended conversation. The last word counts, the same score again changes nothing.

    Raises:
        NotFound: no such conversation.
        ValueError: the score is not one of `SCORES`, a mistake of the program.
    """
    if score not in SCORES:
        raise ValueError(f"{score} is no score")
    require_aware(now)
    conversation = lock(session, conversation_id)  # so that two ratings of it have one order
    subject = f"conversation:{conversation_id}"
    rating = session.scalar(select(Rating).where(Rating.subject == subject))
    if rating is None:
        rating = Rating(subject=subject, customer_id=conversation.customer_id, channel=conversation.channel)
        session.add(rating)
    elif (rating.confirmed and not confirmed) or (rating.score, rating.confirmed) == (score, confirmed):
        return _view(rating)
    rating.score, rating.confirmed, rating.at = score, confirmed, now
    session.flush()
    audit.record(
        session,
        chain=conversation.customer_id or conversation_id,
        actor="customer",
        action="conversation_rated",
        subject=subject,
        reason=f"{'confirmed' if confirmed else 'assumed'}:{score}",
        channel=conversation.channel,
        now=now,
    )
    return _view(rating)


def _view(rating: Rating) -> RatingView:
    return RatingView.model_validate(rating, from_attributes=True)
