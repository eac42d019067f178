"""Phone calls with customers, as they go on and as they ended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value
from wallet_core.models.customers import Language


class CallDirection(StrEnum):
    INBOUND = "inbound"  # the customer calls us
    OUTBOUND = "outbound"  # we call the customer


class CallStatus(StrEnum):
    """The provider's word for how the call stands, in the order in which a call gets there; the last five are final."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"
    FAILED = "failed"


class CallState(StrEnum):
    """What the caller was asked last, so what they press or say next is an answer to."""

    CHOOSING_LANGUAGE = "choosing_language"
    TALKING = "talking"  # whatever they wish, or one of the options
    CONFIRMING = "confirming"  # whether we heard them right
    NAMING_WALLET = "naming_wallet"  # the number on file, by keypad
    PROVING_FACT = "proving_fact"  # an owner fact, by keypad
    PROVING_CODE = "proving_code"  # a one-time code, by keypad
    LEAVING_NUMBER = "leaving_number"  # where a person reaches them, by keypad
    RATING = "rating"  # how good our help was, by keypad
    WAITING = "waiting"  # nothing: the answer takes longer
    IN_LINE = "in_line"  # nothing: they wait for a person, or talk with one; see `call_queue`
    OVER = "over"


class CallOutcome(StrEnum):
    """What came of a call, the weightiest last: a weightier one takes the place of another."""

    NOT_CONNECTED = "not_connected"  # nobody ever spoke
    HUNG_UP = "hung_up"  # before anything came of it
    SILENT = "silent"  # connected, and nothing was ever said or pressed
    UNANSWERED = "unanswered"  # the assistant was out of order, and nothing else was done
    ANSWERED = "answered"  # the assistant answered
    PERSON = "person"  # handed to a person: a ticket, a callback or a queue
    FROZEN = "frozen"  # the wallet was frozen by key


class Call(Base):
    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_number", "number", "started_at"),
        Index(
            "ix_calls_going_on",
            "started_at",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    sid: Mapped[str] = mapped_column(String(64), primary_key=True)  # the provider's CallSid
    direction: Mapped[CallDirection] = mapped_column(by_value(CallDirection))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), unique=True)
    number: Mapped[str | None] = mapped_column(String(20))  # the other side's, E.164; null where it is withheld
    # The network of the caller stands for the number being theirs: whoever it is, it is not made up.
    vouched: Mapped[bool] = mapped_column(default=False, server_default=false())
    language: Mapped[Language | None] = mapped_column(by_value(Language))  # null until it is chosen
    state: Mapped[CallState] = mapped_column(by_value(CallState))
    turn: Mapped[int]  # the number of the turn that comes next
    misses: Mapped[int]  # in a row: not understood
    silences: Mapped[int]  # in a row
    scene: Mapped[dict[str, Any]]  # see `calls.Scene`
    status: Mapped[CallStatus] = mapped_column(by_value(CallStatus))
    sequence: Mapped[int | None]  # of the newest status event
    outcome: Mapped[CallOutcome | None] = mapped_column(by_value(CallOutcome))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]  # when nothing that was asked in it was left to be answered
