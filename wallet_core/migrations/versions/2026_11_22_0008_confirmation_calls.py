"""calls that ask for a confirmation, reminders before callbacks, vouched numbers, and notices to people who are no customers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_0008"
down_revision = "2026_11_22_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("callbacks") as table:
        table.add_column(sa.Column("purpose", sa.String(length=32), nullable=False, server_default="callback"))
        table.add_column(sa.Column("transaction_id", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("reminder_owed_since", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(op.f("fk_callbacks_transaction_id"), "transactions", ["transaction_id"], ["id"])
    op.drop_index("uq_callbacks_pending", "callbacks")
    _unique_index(
        "uq_callbacks_pending",
        "customer_id",
        where="purpose = 'callback' AND status IN ('requested', 'calling', 'connected')",
    )
    _unique_index("uq_callbacks_confirming", "transaction_id", where="status IN ('requested', 'calling')")
    op.add_column("calls", sa.Column("vouched", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("notices") as table:
        table.alter_column("customer_id", existing_type=sa.String(length=32), nullable=True)


def _unique_index(name: str, column: str, *, where: str) -> None:
    op.create_index(
        name, "callbacks", [column], unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
