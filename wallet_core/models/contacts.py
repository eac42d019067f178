"""Whom we contacted, and from which numbers we do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value


class ContactMedium(StrEnum):
    CALL = "call"
    TEXT = "text"
    EMAIL = "email"


class ContactLogEntry(Base):
    """A call, text or e-mail that we made ourselves: the answer to "was that really you?"."""

    __tablename__ = "contact_log"
    __table_args__ = (Index("ix_contact_log_destination", "destination", "started_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[ContactMedium] = mapped_column(by_value(ContactMedium))
    sender: Mapped[str] = mapped_column(String(254))
    destination: Mapped[str] = mapped_column(String(254))
    purpose: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OfficialNumber(Base):
    __tablename__ = "official_numbers"

    number: Mapped[str] = mapped_column(String(254), primary_key=True)  # E.164, a short code, or an address
    purpose: Mapped[str] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(2))
    calls_customers: Mapped[bool]  # False: customers call it, it never calls them
