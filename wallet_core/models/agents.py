"""Those who answer customers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base


class Agent(Base):
    """Someone who answers customers; `on_duty` is who is on now."""

    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    queues: Mapped[list[Any]]
    languages: Mapped[list[Any]]
    phone: Mapped[str | None] = mapped_column(String(20))
    on_duty: Mapped[bool]
