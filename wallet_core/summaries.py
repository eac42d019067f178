"""What an agent should know of a conversation before reading it, by rule: who, what about, what was tried."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from wallet_core.authority import effective_assurance
from wallet_core.errors import NotFound
from wallet_core.handover_records import HandoverView, handover_of
from wallet_core.models import Assurance, Channel, Conversation, Language, Role
from wallet_core.transcripts import messages_after

_LONGEST_WORDS = 280
_LINES = 200


class Tried(BaseModel, frozen=True):
    """A reply of the assistant, by its name, and the receipts that it told of."""

    name: str
    receipts: tuple[str, ...]


class Summary(BaseModel, frozen=True):
    """`last_words` are the customer's, masked as they were stored. `tried` is in order, each name once."""

    conversation_id: str
    channel: Channel
    customer_id: str | None
    assurance: Assurance
    language: Language
    started_at: datetime
    ended_at: datetime | None
    customer_messages: int
    handover: HandoverView | None
    tried: tuple[Tried, ...]
    receipts: tuple[str, ...]
    last_words: str | None


def assurance_of(session: Session, *, conversation_id: str, now: datetime) -> Assurance:
    """How sure we are at this moment who is speaking. A name that nobody has is no more than none.

    Raises:
        NotFound: no such conversation.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound()
    if conversation.customer_id is None:
        return Assurance.ANONYMOUS
    return effective_assurance(conversation, now=now)


def summarise(session: Session, *, conversation_id: str, now: datetime) -> Summary:
    """Of the conversation's last 200 lines.

    Raises:
        NotFound: no such conversation.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound()
    lines = messages_after(session, conversation_id=conversation_id, after=max(0, conversation.messages_count - _LINES))
    tried: dict[str, Tried] = {}
    for line in lines:
        if line.role is Role.BOT and line.name:
            before = tried[line.name].receipts if line.name in tried else ()
            receipts = (*before, *(one for one in line.receipts if one not in before))
            tried[line.name] = Tried(name=line.name, receipts=receipts)
    said = [line.text for line in lines if line.role is Role.CUSTOMER and not line.buttons]
    return Summary(
        conversation_id=conversation.id,
        channel=conversation.channel,
        customer_id=conversation.customer_id,
        assurance=effective_assurance(conversation, now=now),
        language=conversation.language,
        started_at=conversation.created_at,
        ended_at=conversation.ended_at,
        customer_messages=sum(line.role is Role.CUSTOMER for line in lines),
        handover=handover_of(session, conversation_id=conversation_id),
        tried=tuple(tried.values()),
        receipts=tuple(dict.fromkeys(receipt for line in lines for receipt in line.receipts)),
        last_words=said[-1][:_LONGEST_WORDS] if said else None,
    )
