"""What handovers look like from outside, and how they are found; the ground of the other modules."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.models import (
    Channel,
    Conversation,
    Handover,
    HandoverEnding,
    HandoverReason,
    Language,
    Owner,
    Priority,
    Role,
)
from wallet_core.transcripts import Reply, add_reply


class HandoverView(BaseModel, frozen=True):
    """A conversation's stay with people. `agent_id` is None while it is in the queue.

    `assurance` is what was established of the customer; below SIGNED_IN their name is a claim.
    """

    conversation_id: str
    channel: Channel
    customer_id: str | None
    assurance: int
    topic: str
    queue: str
    priority: Priority
    language: Language
    reason: HandoverReason
    requested_at: datetime
    agent_id: str | None
    claimed_at: datetime | None
    held_until: datetime | None
    ended_at: datetime | None
    ending: HandoverEnding | None


def handover_of(session: Session, *, conversation_id: str) -> HandoverView | None:
    """The one that goes on, else the last one; None where the assistant always answered."""
    newest = _with_conversation().where(Handover.conversation_id == conversation_id)
    found = session.execute(newest.order_by(Handover.id.desc()).limit(1)).first()
    return view_of(*found) if found else None


def waiting(session: Session, *, limit: int = 100) -> list[HandoverView]:
    """The conversations in all queues: the most urgent first, then who waits longest."""
    in_line = _with_conversation().where(Handover.ended_at.is_(None), Handover.agent_id.is_(None))
    return _views(session, in_line.order_by(Handover.priority, Handover.requested_at, Handover.id).limit(limit))


def chats_with_agents(session: Session, *, agent_id: str | None = None, limit: int = 100) -> list[HandoverView]:
    """The conversations that agents have, or this agent has, longest first."""
    held = _with_conversation().where(Handover.ended_at.is_(None), Handover.agent_id.is_not(None))
    if agent_id is not None:
        held = held.where(Handover.agent_id == agent_id)
    return _views(session, held.order_by(Handover.claimed_at, Handover.id).limit(limit))


def open_handover(session: Session, conversation_id: str) -> Handover | None:
    """The row that goes on, read anew. Whoever changes it holds the conversation's row."""
    return session.scalar(
        select(Handover)
        .where(Handover.conversation_id == conversation_id, Handover.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


def close(
    session: Session, conversation: Conversation, handover: Handover, *, ending: HandoverEnding, now: datetime
) -> None:
    """The assistant answers again."""
    conversation.owner = Owner.BOT
    handover.ended_at, handover.ending, handover.held_until = now, ending, None
    session.flush()


def put_in_queue(session: Session, conversation: Conversation, handover: Handover) -> None:
    """Nobody has it; it keeps the place that its first request gave it."""
    conversation.owner = Owner.QUEUE
    handover.agent_id = handover.claimed_at = handover.held_until = None
    session.flush()


def tell(session: Session, conversation: Conversation, word: Reply | None, now: datetime) -> None:
    """Add the word that goes with a change to the transcript."""
    if word is not None:
        add_reply(session, conversation, Role.SYSTEM, word, now, None)


def record(
    session: Session, conversation: Conversation, *, actor: str, action: str, reason: str, now: datetime
) -> None:
    """Audit a change in the chain of the customer, or of the conversation where nobody is known."""
    audit.record(
        session,
        chain=conversation.customer_id or conversation.id,
        actor=actor,
        action=f"handover.{action}",
        subject=f"conversation:{conversation.id}",
        reason=reason,
        channel=conversation.channel if actor == "customer" else "desk",
        now=now,
    )


def view_of(handover: Handover, conversation: Conversation) -> HandoverView:
    return HandoverView(
        conversation_id=handover.conversation_id,
        channel=conversation.channel,
        customer_id=conversation.customer_id,
        assurance=conversation.assurance,
        topic=handover.topic,
        queue=handover.queue,
        priority=Priority(handover.priority),
        language=handover.language,
        reason=handover.reason,
        requested_at=handover.requested_at,
        agent_id=handover.agent_id,
        claimed_at=handover.claimed_at,
        held_until=handover.held_until,
        ended_at=handover.ended_at,
        ending=handover.ending,
    )


def _with_conversation() -> Select[Handover, Conversation]:
    return select(Handover, Conversation).join(Conversation, Conversation.id == Handover.conversation_id)


def _views(session: Session, query: Select[Handover, Conversation]) -> list[HandoverView]:
    return [view_of(handover, conversation) for handover, conversation in session.execute(query)]
