"""What may be done only so often, whichever process does it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base


class Pace(Base):
    __tablename__ = "paces"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    next_at: Mapped[datetime]  # when it may be done again
