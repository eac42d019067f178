"""Alembic's door to the migrations. `wallet_core.schema` gives the connection and has begun the transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Enum

from wallet_core.models import Base, Rate, UtcDateTime


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types as the plain ones they are: a migration must not change when the models do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Rate):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=True,
    render_item=render_item,
    # SQLite cannot change a column in place: Alembic copies the table instead.
    render_as_batch=context.config.attributes.get("batch", True),
)
with context.begin_transaction():
    context.run_migrations()
