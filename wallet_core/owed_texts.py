"""What is said in a conversation by text and has not gone out yet.

Each line that is not the customer's is owed from the transaction that stores it. Whoever takes what a conversation is
owed, in the answer to its webhook or as texts of the worker's, does so in one transaction with where it goes: so every
line goes out, and none twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from wallet_core.models import Channel, Conversation, Message, OwedText

# For so long an answer is left to the webhook that brought its question, which carries it for free.
REPLY_WINDOW = timedelta(seconds=7)


def owe(session: Session, *, conversation: Conversation, message_id: int, answer_to: int | None, now: datetime) -> None:
    """Note that a line is to go out as a text; nothing, on another channel. For `transcripts`, which adds the line."""
    if conversation.channel is not Channel.SMS:
        return
    due_at = now
    if answer_to is not None:
        asked_at = session.scalars(
            select(Message.at).where(Message.conversation_id == conversation.id, Message.id == answer_to)
        ).one()
        due_at = max(now, asked_at + REPLY_WINDOW)
    session.add(OwedText(conversation_id=conversation.id, message_id=message_id, due_at=due_at))
    session.flush()


def take_owed(session: Session, *, conversation_id: str) -> list[int]:
    """Take the lines that the conversation is owed: their numbers, in order. What is done with them is the caller's."""
    owed = select(OwedText.message_id).where(OwedText.conversation_id == conversation_id)
    taken = list(session.scalars(owed.order_by(OwedText.message_id).with_for_update()))
    if taken:
        session.execute(
            delete(OwedText).where(OwedText.conversation_id == conversation_id, OwedText.message_id.in_(taken))
        )
    return taken


def hurry(session: Session, *, conversation_id: str, now: datetime) -> None:
    """No webhook waits for what the conversation is owed any more."""
    session.execute(
        update(OwedText)
        .where(OwedText.conversation_id == conversation_id, OwedText.due_at > now)
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


def overdue_conversations(session: Session, *, now: datetime, limit: int = 50) -> list[str]:
    """Conversations that are owed lines which no webhook took, the longest first."""
    due = select(OwedText.conversation_id).where(OwedText.due_at <= now)
    return list(dict.fromkeys(session.scalars(due.order_by(OwedText.due_at).limit(limit))))
