"""What we owe customers outside the conversation."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value
from wallet_core.models.customers import ContactKind, Language


class NoticeStatus(StrEnum):
    STORED = "stored"  # to be sent by the worker
    SENT = "sent"
    FAILED = "failed"  # given up


class Notice(Base):
    """A message we owe a customer outside the conversation, stored in the transaction that caused it.

    Without a customer it goes to somebody unknown whose number was vouched for, or who left it.
    """

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_due", "status", "due_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    contact_kind: Mapped[ContactKind] = mapped_column(by_value(ContactKind))
    destination: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(64))  # the reply's name in the domain files: utter_notice_…
    language: Mapped[Language] = mapped_column(by_value(Language))
    facts: Mapped[dict[str, Any]]
    status: Mapped[NoticeStatus] = mapped_column(by_value(NoticeStatus))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
