"""What all tables share: column types, naming, storing statuses."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, MetaData, TypeDecorator
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import DeclarativeBase

from wallet_core.errors import InvalidTime


class NaiveTime(InvalidTime, DontWrapMixin):
    """A naive time reached the database's door; SQLAlchemy hands it on as it is."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite drops the zone, so it is put back here. Naive times are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveTime()
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        aware: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware


class Rate(TypeDecorator[Decimal]):
    """A decimal with ten digits after the point, kept exactly as a whole number on every database."""

    impl = BigInteger
    cache_ok = True
    digits = 10

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.scaleb(self.digits).to_integral_value(ROUND_HALF_UP))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.digits)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


def by_value(kind: type[StrEnum]) -> Enum:
    """Store a `StrEnum` by its value as plain text, so that a new member needs no migration."""
    return Enum(
        kind, native_enum=False, length=32, create_constraint=False, values_callable=lambda k: [m.value for m in k]
    )
