"""What we answered a webhook, so that the same one gets the same answer again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base


class WebhookAnswer(Base):
    """One webhook by its identity: taken by a holder until a moment, then answered."""

    __tablename__ = "webhook_answers"

    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    taken_until: Mapped[datetime]
    taken_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None] = mapped_column(Integer)  # of HTTP; None until it is answered
    body: Mapped[str | None] = mapped_column(Text)
