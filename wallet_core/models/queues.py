"""Callers who wait on the line for an agent, and the agents whose phones rang for them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value
from wallet_core.models.customers import Language


class WaitState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"  # an agent's phone rings for it
    CONNECTED = "connected"  # the agent accepted
    TALKED = "talked"  # and the talk is over
    LEFT = "left"  # hung up, or went back to the assistant, before anybody took the call
    KEPT_PLACE = "kept_place"  # is called back instead of waiting on the line
    GIVEN_UP = "given_up"  # nobody took it in time


class OfferState(StrEnum):
    RINGING = "ringing"
    ACCEPTED = "accepted"  # speaks with the caller
    WRAPPING_UP = "wrapping_up"  # the talk is over, its outcome is not told yet
    ENDED = "ended"  # `outcome` says how the talk ended
    DECLINED = "declined"
    MISSED = "missed"  # did not answer, or pressed nothing
    WITHDRAWN = "withdrawn"  # the caller was gone first


_OPEN = text("state IN ('ringing', 'accepted', 'wrapping_up')")
_STILL_THERE = text("state IN ('waiting', 'offered')")


class WaitingCall(Base):
    __tablename__ = "waiting_calls"
    __table_args__ = (
        Index("ix_waiting_calls_line", "queue", "language", sqlite_where=_STILL_THERE, postgresql_where=_STILL_THERE),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # also the name of its queue on the phone
    call_sid: Mapped[str] = mapped_column(String(64), unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    callback_id: Mapped[str | None] = mapped_column(ForeignKey("callbacks.id"))
    ticket_reference: Mapped[str | None] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(64))
    queue: Mapped[str] = mapped_column(String(64))
    language: Mapped[Language] = mapped_column(by_value(Language))
    priority: Mapped[int]
    state: Mapped[WaitState] = mapped_column(by_value(WaitState))
    entered_at: Mapped[datetime]
    ranked_at: Mapped[datetime]  # since when it counts for the place: before `entered_at` where a place was kept
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class CallOffer(Base):
    """One agent's phone that rang for one waiting call."""

    __tablename__ = "call_offers"
    __table_args__ = (
        # An agent has one call at a time, and a caller one agent.
        Index("uq_call_offers_agent", "agent_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("uq_call_offers_call", "waiting_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    waiting_id: Mapped[str] = mapped_column(ForeignKey("waiting_calls.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    call_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    state: Mapped[OfferState] = mapped_column(by_value(OfferState))
    outcome: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]  # when it came into its present state
