"""How customers judged our help."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value
from wallet_core.models.conversations import Channel


class Rating(Base):
    """One score for each thing that can be judged; `subject` names it as the audit trail does (`conversation:…`, `T-…`)."""

    __tablename__ = "ratings"
    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="score_in_range"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), unique=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    channel: Mapped[Channel] = mapped_column(by_value(Channel))
    score: Mapped[int]
    confirmed: Mapped[bool]  # we were sure whose word it is; else it is assumed to be the customer's
    at: Mapped[datetime]
