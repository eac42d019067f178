"""Conversations that wait for an agent, or have one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value
from wallet_core.models.customers import Language


class HandoverReason(StrEnum):
    """Why a person is to answer."""

    ASKED = "asked"  # the customer wanted a person
    NOT_UNDERSTOOD = "not_understood"  # the assistant failed twice
    OUT_OF_ORDER = "out_of_order"  # the assistant did not answer
    CRISIS = "crisis"  # the customer spoke of harming themselves


class HandoverEnding(StrEnum):
    """How a handover ended."""

    GIVEN_BACK = "given_back"  # the agent left the customer to the assistant
    TAKEN_BACK = "taken_back"  # the customer would rather go on with the assistant
    NOBODY_CAME = "nobody_came"  # the queue closed, or the last agent left it
    FINISHED = "finished"  # the agent ended the conversation
    CUSTOMER_LEFT = "customer_left"  # the customer ended it


class Handover(Base):
    """One stay of a conversation with people: in the queue while `agent_id` is None, then with that agent."""

    __tablename__ = "handovers"
    __table_args__ = (
        Index("ix_handovers_line", "ended_at", "queue", "priority", "requested_at"),
        Index(
            "uq_handovers_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    topic: Mapped[str] = mapped_column(String(64))
    queue: Mapped[str] = mapped_column(String(64))
    priority: Mapped[int]
    language: Mapped[Language] = mapped_column(by_value(Language))
    reason: Mapped[HandoverReason] = mapped_column(by_value(HandoverReason))
    requested_at: Mapped[datetime]
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"), index=True)
    claimed_at: Mapped[datetime | None]
    held_until: Mapped[datetime | None]  # the agent's open desk renews it; past it, the customer is in the queue again
    ended_at: Mapped[datetime | None]
    ending: Mapped[HandoverEnding | None] = mapped_column(by_value(HandoverEnding))
