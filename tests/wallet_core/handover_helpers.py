"""Conversations that wait, and agents who take them, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tests.wallet_core.factories import NOW, create_agent, create_conversation
from tests.wallet_core.routings import ROUTING
from wallet_core import conversations, handovers, transcripts, turns, verification
from wallet_core.database import Database
from wallet_core.handovers import HandoverView, Waiting
from wallet_core.models import HandoverReason, Language, Owner, Role
from wallet_core.policy import Action, Grant
from wallet_core.transcripts import MessageView, Reply

TOPIC = "report_scam"  # its queue is never closed


def word(text: str) -> Reply:
    return Reply(text=text, language=Language.EN)


@dataclass
class Floor:
    """A database with conversations in it, and agents."""

    database: Database

    def agent(self, id: str, *, seen_at: datetime | None = NOW, **overrides: Any) -> str:
        with self.database.transaction() as session:
            agent = create_agent(session, id=id, queues=["general", "fraud"], seen_at=seen_at, **overrides)
            return str(agent.id)

    def conversation(self, **overrides: Any) -> str:
        with self.database.transaction() as session:
            return str(create_conversation(session, **overrides).id)

    def join(self, conversation_id: str, *, topic: str = TOPIC, now: datetime = NOW) -> Waiting | None:
        with self.database.transaction() as session:
            return handovers.join(
                session,
                conversation_id=conversation_id,
                topic=topic,
                reason=HandoverReason.ASKED,
                routing=ROUTING,
                now=now,
            )

    def waiting_conversation(self, **overrides: Any) -> str:
        """One in the queue."""
        conversation_id = self.conversation(**overrides)
        assert self.join(conversation_id) is not None
        return conversation_id

    def claim(self, agent_id: str, conversation_id: str, *, now: datetime = NOW) -> HandoverView:
        with self.database.transaction() as session:
            return handovers.claim(
                session,
                grant=grant_of(session, agent_id, now=now),
                conversation_id=conversation_id,
                now=now,
                word=word(f"{agent_id} is here"),
            )

    def say(self, agent_id: str, conversation_id: str, text: str, *, key: str = "k1") -> MessageView:
        with self.database.transaction() as session:
            grant = grant_of(session, agent_id)
            return handovers.say(
                session, grant=grant, conversation_id=conversation_id, reply=word(text), key=key, now=NOW
            )

    def write(self, conversation_id: str, text: str) -> int:
        """The customer writes; the message's number."""
        with self.database.transaction() as session:
            return write(session, conversation_id, text)

    def answer(self, conversation_id: str, message_id: int, *replies: Reply, left_to_agent: bool = True) -> list[str]:
        """The assistant's answer to a message, as far as it was stored."""
        with self.database.transaction() as session:
            stored = turns.answer_message(
                session,
                conversation_id=conversation_id,
                message_id=message_id,
                replies=replies,
                now=NOW,
                left_to_agent=left_to_agent,
            )
            return [line.text for line in stored]

    def lines(self, conversation_id: str, role: Role | None = None) -> list[str]:
        with self.database.reading() as session:
            lines = transcripts.messages_after(session, conversation_id=conversation_id)
            return [line.text for line in lines if role in (None, line.role)]

    def owner(self, conversation_id: str) -> Owner:
        with self.database.reading() as session:
            return conversations.get_conversation(session, conversation_id=conversation_id).owner


def write(session: Session, conversation_id: str, text: str) -> int:
    received = transcripts.receive_message(
        session,
        conversation_id=conversation_id,
        client_message_id=text,
        content_hash="a" * 64,
        text=text,
        language=Language.EN,
        now=NOW,
    )
    return received.message.id


def grant_of(session: Session, agent_id: str, action: Action = Action.ANSWER, *, now: datetime = NOW) -> Grant:
    return verification.authorise_agent(session, agent_id=agent_id, action=action, customer_id=None, now=now)
