"""What the wallet can be used with: merchants, exchange rates."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, Rate


class Merchant(Base):
    """What we know of a merchant by name; one we do not know is tried, and the network decides."""

    __tablename__ = "merchants"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)  # the name as compared: `merchants.comparable`
    name: Mapped[str] = mapped_column(String(120))
    takes_wallet: Mapped[bool]


class ExchangeRate(Base):
    """How much of `quote_currency` one unit of `base_currency` buys, from `valid_from` until before `valid_until`."""

    __tablename__ = "exchange_rates"
    __table_args__ = (
        CheckConstraint("rate > 0", name="rate_positive"),
        Index("ix_exchange_rates_pair", "base_currency", "quote_currency", "valid_from"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    base_currency: Mapped[str] = mapped_column(String(3))
    quote_currency: Mapped[str] = mapped_column(String(3))
    rate: Mapped[Decimal] = mapped_column(Rate)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
