"""Conversations and what was said in them."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value
from wallet_core.models.customers import Language


class Assurance(IntEnum):
    """How sure we are who is speaking. PROVEN lasts ten minutes; see `verification`."""

    ANONYMOUS = 0
    CLAIMED = 1  # caller ID, or a wallet id given
    SIGNED_IN = 2  # identity token
    PROVEN = 3  # a one-time code sent to a settled contact on file


class Channel(StrEnum):
    WEB = "web"
    SMS = "sms"
    VOICE = "voice"


class Owner(StrEnum):
    """Who answers the customer."""

    BOT = "bot"
    QUEUE = "queue"  # waits for an agent
    AGENT = "agent"


class Role(StrEnum):
    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class Conversation(Base):
    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # opaque; also Rasa's sender id
    channel: Mapped[Channel] = mapped_column(by_value(Channel))
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    assurance: Mapped[int]  # 0 to 2 as established; 3 only while proven_until lies ahead
    proven_until: Mapped[datetime | None]
    language: Mapped[Language] = mapped_column(by_value(Language))
    owner: Mapped[Owner] = mapped_column(by_value(Owner))
    token_hash: Mapped[str] = mapped_column(String(64))
    messages_count: Mapped[int] = mapped_column(default=0)
    # The turn's lease: who handles this conversation's messages now, across processes.
    turn_holder: Mapped[str | None] = mapped_column(String(64))
    turn_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_message_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Message(Base):
    """One line of a transcript, masked before it is stored."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_message_id"),
        Index(
            "ix_messages_unanswered",
            "conversation_id",
            "id",
            sqlite_where=text("role = 'customer' AND answered_at IS NULL"),
            postgresql_where=text("role = 'customer' AND answered_at IS NULL"),
        ),
    )

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)  # rising within the conversation
    role: Mapped[Role] = mapped_column(by_value(Role))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[Language] = mapped_column(by_value(Language))
    buttons: Mapped[list[Any]] = mapped_column(default=list)  # [{"id", "title", "payload"}]
    receipts: Mapped[list[Any]] = mapped_column(default=list)
    # The reply's name in the domain files; of a customer's message, what kind it is where it is no ordinary one.
    name: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
    # Of customers' messages only:
    client_message_id: Mapped[str | None] = mapped_column(String(64))
    content_hash: Mapped[str | None] = mapped_column(String(64))
    button_id: Mapped[str | None] = mapped_column(String(64))
    answered_at: Mapped[datetime | None]
    # Of bot messages: which customer message they answer.
    answer_to: Mapped[int | None]


class UsedIdentityToken(Base):
    __tablename__ = "used_identity_tokens"

    jti: Mapped[str] = mapped_column(String(128), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
