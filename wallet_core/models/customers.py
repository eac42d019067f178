"""Customers, their contact points, their wallets."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from wallet_core.models.base import Base, by_value


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


class ContactKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


class AccountStatus(StrEnum):
    ACTIVE = "active"  # in use
    LOCKED = "locked"  # the login is locked, after wrong passwords or by our monitoring
    CLOSED = "closed"  # no longer in use


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    language: Mapped[Language] = mapped_column(by_value(Language))
    time_zone: Mapped[str] = mapped_column(String(64))
    country: Mapped[str] = mapped_column(String(2))
    identity_verified: Mapped[bool]
    # Keyed hashes: owner facts have too little entropy for anything else.
    birth_date_hash: Mapped[str | None] = mapped_column(String(64))
    document_tail_hash: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]


class ContactPoint(Base):
    """A phone number or e-mail address on file. Changing one adds a row and ends the old one."""

    __tablename__ = "contact_points"
    __table_args__ = (
        Index("ix_contact_points_value_current", "value", sqlite_where=text("ended_at IS NULL")),
        Index(
            "uq_contact_points_current",
            "customer_id",
            "kind",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[ContactKind] = mapped_column(by_value(ContactKind))
    value: Mapped[str] = mapped_column(String(254))  # E.164, or an address in lower case
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reported_lost_at: Mapped[datetime | None]


class Account(Base):
    """A customer's wallet: one each, in one currency."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), unique=True)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[AccountStatus] = mapped_column(by_value(AccountStatus))
    payment_limit_minor: Mapped[int] = mapped_column(BigInteger)
    daily_limit_minor: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
