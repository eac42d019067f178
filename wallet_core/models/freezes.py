"""Freezes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value


class FreezeKind(StrEnum):
    FULL = "full"  # asked for by a signed-in customer
    PROTECTIVE = "protective"  # asked for with one owner fact: outgoing payments only, lifted by the owner alone


class Freeze(Base):
    __tablename__ = "freezes"
    __table_args__ = (
        Index(
            "uq_freezes_active",
            "account_id",
            "kind",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)  # FRZ-…
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[FreezeKind] = mapped_column(by_value(FreezeKind))
    reason: Mapped[str] = mapped_column(String(64))  # the topic that asked for it
    assurance: Mapped[int]
    channel: Mapped[str] = mapped_column(String(16))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"))
    created_at: Mapped[datetime]
    lift_requested_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(64))
