"""Questions to customers how good our help was."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value


class SurveyState(StrEnum):
    WANTED = "wanted"  # to be asked at the next good moment
    ASKED = "asked"
    ANSWERED = "answered"
    DROPPED = "dropped"  # asked too recently, texts not wanted, or no good moment came


class Survey(Base):
    """One question for each thing that can be judged; `subject` names it as the rating does."""

    __tablename__ = "surveys"
    __table_args__ = (
        Index(
            "ix_surveys_wanted",
            "wanted_at",
            sqlite_where=text("state = 'wanted'"),
            postgresql_where=text("state = 'wanted'"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    number: Mapped[str] = mapped_column(String(20), index=True)  # E.164: where it is asked
    state: Mapped[SurveyState] = mapped_column(by_value(SurveyState))
    wanted_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
