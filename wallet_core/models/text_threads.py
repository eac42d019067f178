"""Conversations by text message: whose numbers they are between, and what of them goes out as a text."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value


class TextState(StrEnum):
    """How far we are with a text, before Twilio has it."""

    STORED = "stored"  # to be sent by the worker
    SENT = "sent"  # Twilio has it: sent through its API, or in our answer to its webhook
    GIVEN_UP = "given_up"  # opted out, not reachable by text, or refused for good


class TextStatus(StrEnum):
    """What Twilio says of a text that it has, in its own words."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"  # the carrier has it
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"


class TextThread(Base):
    """A conversation between a customer's number and one of ours. One for each pair is current."""

    __tablename__ = "text_threads"
    __table_args__ = (
        Index(
            "uq_text_threads_current",
            "theirs",
            "ours",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    theirs: Mapped[str] = mapped_column(String(20))  # E.164
    ours: Mapped[str] = mapped_column(String(20))
    # Whose number it was when the conversation began; where that has changed, it is somebody else who writes.
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    began_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class OwedText(Base):
    """A line of a conversation by text that has not gone out yet. It goes when it is made into `OutgoingText`s."""

    __tablename__ = "owed_texts"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "message_id"], ["messages.conversation_id", "messages.id"]),
    )

    conversation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    message_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    due_at: Mapped[datetime] = mapped_column(index=True)


class OutgoingText(Base):
    """One text as it goes out: some lines of a conversation, or a part of a long one."""

    __tablename__ = "outgoing_texts"
    __table_args__ = (
        Index(
            "ix_outgoing_texts_due",
            "due_at",
            sqlite_where=text("state = 'stored'"),
            postgresql_where=text("state = 'stored'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    message_id: Mapped[int] = mapped_column(Integer)  # the last line that it tells
    theirs: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[TextState] = mapped_column(by_value(TextState))
    sid: Mapped[str | None] = mapped_column(String(40))  # Twilio's name for it, as soon as we know
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]


class TextReport(Base):
    """The furthest that Twilio told us of a text, whether it is a conversation's or a notice."""

    __tablename__ = "text_reports"

    sid: Mapped[str] = mapped_column(String(40), primary_key=True)
    status: Mapped[TextStatus] = mapped_column(by_value(TextStatus))
    error_code: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(index=True)


class TextOptOut(Base):
    """A number whose owner does not want texts from us."""

    __tablename__ = "text_opt_outs"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    since: Mapped[datetime]
