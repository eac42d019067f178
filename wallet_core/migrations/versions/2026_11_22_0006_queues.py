"""calls that we place: how often, their place in our log, and the line of callers with the agents' phones"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_0006"
down_revision = "2026_11_22_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiting_calls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call_sid", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=True),
        sa.Column("callback_id", sa.String(length=32), nullable=True),
        sa.Column("ticket_reference", sa.String(length=16), nullable=True),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=32), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ranked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["callback_id"], ["callbacks.id"], name=op.f("fk_waiting_calls_callback_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_waiting_calls_conversation_id")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_waiting_calls_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_calls")),
        sa.UniqueConstraint("call_sid", name=op.f("uq_waiting_calls_call_sid")),
    )
    op.create_index(op.f("ix_waiting_calls_conversation_id"), "waiting_calls", ["conversation_id"], unique=False)
    op.create_index(
        "ix_waiting_calls_line",
        "waiting_calls",
        ["queue", "language"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'offered')"),
        postgresql_where=sa.text("state IN ('waiting', 'offered')"),
    )

    op.create_table(
        "call_offers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("waiting_id", sa.String(length=32), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("call_sid", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_call_offers_agent_id")),
        sa.ForeignKeyConstraint(["waiting_id"], ["waiting_calls.id"], name=op.f("fk_call_offers_waiting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_offers")),
        sa.UniqueConstraint("call_sid", name=op.f("uq_call_offers_call_sid")),
    )
    op.create_index(op.f("ix_call_offers_agent_id"), "call_offers", ["agent_id"], unique=False)
    op.create_index(op.f("ix_call_offers_waiting_id"), "call_offers", ["waiting_id"], unique=False)
    op.create_index(
        "uq_call_offers_agent",
        "call_offers",
        ["agent_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('ringing', 'accepted', 'wrapping_up')"),
        postgresql_where=sa.text("state IN ('ringing', 'accepted', 'wrapping_up')"),
    )
    op.create_index(
        "uq_call_offers_call",
        "call_offers",
        ["waiting_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('ringing', 'accepted', 'wrapping_up')"),
        postgresql_where=sa.text("state IN ('ringing', 'accepted', 'wrapping_up')"),
    )
    op.create_table(
        "paces",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_paces")),
    )
    with op.batch_alter_table("callback_attempts") as table:
        table.add_column(sa.Column("contact_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_callback_attempts_contact_id"), "contact_log", ["contact_id"], ["id"])
