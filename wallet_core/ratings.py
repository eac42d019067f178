"""Ratings: what a customer thought of our help, from 1 (bad) to 5 (good), once for each conversation or ticket.

What is known to be the customer's own word is kept apart from what is assumed to be, and never gives way to it.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.authority import effective_assurance
from wallet_core.conversations import lock
from wallet_core.models import (
    Assurance,
    Call,
    CallDirection,
    Challenge,
    ChallengeKind,
    ChallengeStatus,
    Conversation,
    Rating,
)
from wallet_core.times import require_aware

SCORES = range(1, 6)


class RatingView(BaseModel, frozen=True):
    """`confirmed`: by somebody of whom we were sure; else it is only assumed that it was the customer."""

    subject: str
    score: int
    confirmed: bool
    at: datetime


def is_confirmed(session: Session, *, conversation_id: str, now: datetime, number: str | None = None) -> bool:
    """Whether we are sure whose word it is that comes in this conversation: signed in, or on a number that was proven.

    A number is proven where a code that was sent to it was right in this conversation, or where we placed the call.

    Args:
        number: in E.164, from which the word comes.
    """
    conversation = session.get_one(Conversation, conversation_id)
    if conversation.customer_id is not None and effective_assurance(conversation, now=now) >= Assurance.SIGNED_IN:
        return True
    code = select(Challenge.id).where(
        Challenge.conversation_id == conversation_id,
        Challenge.kind == ChallengeKind.CODE,
        Challenge.status == ChallengeStatus.PASSED,
        Challenge.destination == (number or ""),
    )
    ours = select(Call.sid).where(Call.conversation_id == conversation_id, Call.direction == CallDirection.OUTBOUND)
    return any(session.scalar(query.limit(1)) is not None for query in (code, ours))


def rate_conversation(
    session: Session, *, conversation_id: str, score: int, confirmed: bool, now: datetime
) -> RatingView:
    """Keep the score; also of an ended conversation. The last word counts, the same score again changes nothing.

    Raises:
        NotFound: no such conversation.
        ValueError: the score is not one of `SCORES`, a mistake of the program.
    """
    subject = f"conversation:{conversation_id}"
    return _rate(session, subject, "conversation_rated", conversation_id, score, confirmed, now)


def rate_ticket(
    session: Session, *, reference: str, conversation_id: str, score: int, confirmed: bool, now: datetime
) -> RatingView:
    """As `rate_conversation`, of a ticket that was opened in that conversation."""
    return _rate(session, reference, "ticket.rated", conversation_id, score, confirmed, now)


def _rate(
    session: Session, subject: str, action: str, conversation_id: str, score: int, confirmed: bool, now: datetime
) -> RatingView:
    if score not in SCORES:
        raise ValueError(f"{score} is no score")
    require_aware(now)
    conversation = lock(session, conversation_id)  # so that two ratings of it have one order
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
        action=action,
        subject=subject,
        reason=f"{'confirmed' if confirmed else 'assumed'}:{score}",
        channel=conversation.channel,
        now=now,
    )
    return _view(rating)


def _view(rating: Rating) -> RatingView:
    return RatingView.model_validate(rating, from_attributes=True)
