"""Tickets."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value
from wallet_core.models.customers import Language


class TicketStatus(StrEnum):
    OPEN = "open"  # nobody works on it yet
    IN_PROGRESS = "in_progress"  # an agent has it
    WAITING = "waiting"  # for the customer
    RESOLVED = "resolved"  # answered; the customer may reopen it
    CLOSED = "closed"  # for good


class Priority(IntEnum):
    URGENT = 1
    HIGH = 2
    NORMAL = 3
    LOW = 4


class Ticket(Base):
    __tablename__ = "tickets"
    __table_args__ = (Index("ix_tickets_work", "queue", "status", "priority", "due_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)  # T-…
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    contact: Mapped[str | None] = mapped_column(String(254))  # left by a visitor
    topic: Mapped[str] = mapped_column(String(64))
    queue: Mapped[str] = mapped_column(String(64))
    priority: Mapped[int]
    status: Mapped[TicketStatus] = mapped_column(by_value(TicketStatus))
    language: Mapped[Language] = mapped_column(by_value(Language))
    summary: Mapped[str] = mapped_column(Text)  # masked
    assigned_to: Mapped[str | None] = mapped_column(String(64))
    request_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]  # the service level's promise
    waiting_since: Mapped[datetime | None]  # the clock stands still while we wait for the customer
    resolved_at: Mapped[datetime | None]


class TicketComment(Base):
    __tablename__ = "ticket_comments"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    author: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    internal: Mapped[bool]  # for agents only
    at: Mapped[datetime]


class TicketTransaction(Base):
    __tablename__ = "ticket_transactions"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    transaction_id: Mapped[str] = mapped_column(ForeignKey("transactions.id"), primary_key=True)
