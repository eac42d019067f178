"""Challenges, wrong attempts, codes sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value


class ChallengeKind(StrEnum):
    CODE = "code"  # a one-time code sent to a contact
    OWNER_FACT = "owner_fact"  # serves the protective freeze alone


class ChallengeStatus(StrEnum):
    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"  # too many wrong attempts
    EXPIRED = "expired"
    SUPERSEDED = "superseded"  # a newer one took its place, or the customer stopped


class Challenge(Base):
    __tablename__ = "challenges"
    __table_args__ = (
        Index(
            "uq_challenges_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    # Null where the claimed name is unknown: such a challenge looks the same and can never be passed.
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[ChallengeKind] = mapped_column(by_value(ChallengeKind))
    purpose: Mapped[str] = mapped_column(String(64))  # the action of the policy table
    destination: Mapped[str | None] = mapped_column(String(254))
    on_file: Mapped[bool]  # False: a new number, which proves that number only
    provider_reference: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    status: Mapped[ChallengeStatus] = mapped_column(by_value(ChallengeStatus))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class FailedAttempt(Base):
    """A wrong code, fact or name, counted by conversation, address and number (`way`), by keyed hash."""

    __tablename__ = "failed_attempts"
    __table_args__ = (Index("ix_failed_attempts_way", "way", "way_hash", "at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    way: Mapped[str] = mapped_column(String(16))
    way_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class SentCode(Base):
    """A one-time code made by the built-in sender; only its keyed hash is kept."""

    __tablename__ = "sent_codes"

    reference: Mapped[str] = mapped_column(String(64), primary_key=True)
    destination: Mapped[str] = mapped_column(String(254), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    checks: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
