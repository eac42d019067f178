"""Who may sign in to the desk, and who has."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value


class AgentRole(StrEnum):
    AGENT = "agent"  # answers customers
    SUPERVISOR = "supervisor"  # and takes chats over from others
    AUDITOR = "auditor"  # reads, and changes nothing


class DeskAccount(Base):
    """An agent's way into the desk; who has none answers the phone only."""

    __tablename__ = "desk_accounts"

    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    role: Mapped[AgentRole] = mapped_column(by_value(AgentRole))
    password_hash: Mapped[str | None] = mapped_column(String(255))  # Argon2; None closes the way in
    seen_at: Mapped[datetime | None]  # when their open desk last told us that it is there


class DeskSession(Base):
    """A sign-in. Of its token only a keyed hash is kept; signing out ends it wherever it was copied to."""

    __tablename__ = "desk_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
