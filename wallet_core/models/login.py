"""What we asked the wallet's login to do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value


class LoginRequestKind(StrEnum):
    RESET_LINK = "reset_link"
    UNLOCK = "unlock"


class LoginRequest(Base):
    """What we asked the wallet's login to do; stored first, carried out after."""

    __tablename__ = "login_requests"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[LoginRequestKind] = mapped_column(by_value(LoginRequestKind))
    request_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
