"""What a conversation is about, where a person is wanted in it: that is what routing goes by."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.conversations import get_conversation
from wallet_core.models import Freeze, Ticket
from wallet_core.routing import Routing, route
from wallet_core.ticket_records import WORKABLE

# A text thread is one conversation for months; what was done in it the day before is another matter.
_AT_HAND = timedelta(hours=24)
_FREEZE = "freeze_account"


def topic_at_hand(
    session: Session, *, conversation_id: str, routing: Routing, now: datetime, asked: str | None = None
) -> str | None:
    """The topic of the newest open ticket or standing freeze of this conversation, or what was `asked` about last,
    whichever is more urgent; None where neither says more than that somebody is wanted.

    Raises:
        NotFound: no such conversation.
    """
    conversation = get_conversation(session, conversation_id=conversation_id)

    def urgency(topic: str) -> int:
        way = route(routing, topic=topic, language=conversation.language, now=now, assurance=conversation.assurance)
        return way.priority

    done = _newest_case(session, conversation_id, routing, now - _AT_HAND)
    known = [topic for topic in (asked, done) if topic is not None]
    return min(known, key=urgency) if known else None  # of two as urgent, what was asked about


def has_people(routing: Routing, topic: str) -> bool:
    """Whether others answer for it than for whoever asks for somebody without saying why."""
    return routing.topics.get(topic, routing.default).queue != routing.default.queue


def _newest_case(session: Session, conversation_id: str, routing: Routing, since: datetime) -> str | None:
    tickets = session.execute(
        select(Ticket.created_at, Ticket.topic)
        .where(Ticket.conversation_id == conversation_id, Ticket.status.in_(WORKABLE), Ticket.created_at > since)
        .order_by(Ticket.id)
    )
    freezes = session.execute(
        select(Freeze.created_at, Freeze.reason)
        .where(Freeze.conversation_id == conversation_id, Freeze.lifted_at.is_(None), Freeze.created_at > since)
        .order_by(Freeze.id)
    )
    # The button that freezes by itself is no topic of its own. A ticket comes after the freeze of the same message.
    cases = [(at, reason if reason in routing.topics else _FREEZE) for at, reason in freezes]
    cases += [(at, topic) for at, topic in tickets if has_people(routing, topic)]
    return sorted(cases, key=lambda case: case[0])[-1][1] if cases else None
