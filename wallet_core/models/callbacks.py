"""Calls that we owe customers, the tries at them, and blocked numbers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value
from wallet_core.models.customers import Language


class CallPurpose(StrEnum):
    CALLBACK = "callback"  # somebody asked to be called
    PAYMENT = "payment"  # whether a held payment is theirs
    REGISTRATION = "registration"  # whether it was they who signed up


class CallbackStatus(StrEnum):
    REQUESTED = "requested"  # due in its window
    CALLING = "calling"  # a worker holds it
    CONNECTED = "connected"  # the customer pressed 1; an agent or a queue has them
    COMPLETED = "completed"
    NOT_REQUESTED = "not_requested"  # the person called pressed 9: it was not them
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # its window passed
    FAILED = "failed"  # all tries used


class Callback(Base):
    """A call that we are to place: a callback, or one that asks for a confirmation. Both are placed alike."""

    __tablename__ = "callbacks"
    __table_args__ = (
        Index("ix_callbacks_due", "status", "due_at", "priority"),
        # One pending a customer, whoever asks at the same time.
        Index(
            "uq_callbacks_pending",
            "customer_id",
            unique=True,
            sqlite_where=text("purpose = 'callback' AND status IN ('requested', 'calling', 'connected')"),
            postgresql_where=text("purpose = 'callback' AND status IN ('requested', 'calling', 'connected')"),
        ),
        # One a held payment at a time.
        Index(
            "uq_callbacks_confirming",
            "transaction_id",
            unique=True,
            sqlite_where=text("status IN ('requested', 'calling')"),
            postgresql_where=text("status IN ('requested', 'calling')"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)  # CB-…
    purpose: Mapped[CallPurpose] = mapped_column(
        by_value(CallPurpose), default=CallPurpose.CALLBACK, server_default=CallPurpose.CALLBACK.value
    )
    transaction_id: Mapped[str | None] = mapped_column(ForeignKey("transactions.id"))  # of a PAYMENT
    # Null for a request in an unknown name: answered alike, never called.
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    number: Mapped[str | None] = mapped_column(String(20))  # E.164
    topic: Mapped[str] = mapped_column(String(64))
    about: Mapped[str | None] = mapped_column(Text)  # the requester's words, masked
    language: Mapped[Language] = mapped_column(by_value(Language))
    priority: Mapped[int]
    status: Mapped[CallbackStatus] = mapped_column(by_value(CallbackStatus))
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    due_at: Mapped[datetime]
    reminder_owed_since: Mapped[datetime | None]  # when a time ahead was asked for; null for "now", and once reminded
    attempts_count: Mapped[int] = mapped_column(default=0)
    # The phrase is shown once to the requester and said first in the call; used up when a key is pressed.
    phrase: Mapped[str | None] = mapped_column(String(64))
    phrase_used_at: Mapped[datetime | None]
    holder: Mapped[str | None] = mapped_column(String(64))
    held_until: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(64))
    request_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CallbackAttempt(Base):
    __tablename__ = "callback_attempts"
    __table_args__ = (UniqueConstraint("callback_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    callback_id: Mapped[str] = mapped_column(ForeignKey("callbacks.id"))
    number: Mapped[int]  # 1, 2, 3
    holder: Mapped[str] = mapped_column(String(64))
    call_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact_log.id"))  # the call, in our log of calls
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(32))


class CallbackBlock(Base):
    """Key 9 in a call: no callbacks to this number until then."""

    __tablename__ = "callback_blocks"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    until: Mapped[datetime]
