"""sms_threads"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_0003"
down_revision = "2026_11_22_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_answers",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_webhook_answers")),
    )
    op.create_index(op.f("ix_webhook_answers_taken_at"), "webhook_answers", ["taken_at"])
    op.create_table(
        "text_threads",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("theirs", sa.String(length=20), nullable=False),
        sa.Column("ours", sa.String(length=20), nullable=False),
        sa.Column("customer_id", sa.String(length=32), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_text_threads_conversation_id")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_text_threads_customer_id")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_text_threads")),
    )
    op.create_index(
        "uq_text_threads_current",
        "text_threads",
        ["theirs", "ours"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "owed_texts",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "message_id"],
            ["messages.conversation_id", "messages.id"],
            name=op.f("fk_owed_texts_conversation_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "message_id", name=op.f("pk_owed_texts")),
    )
    op.create_index(op.f("ix_owed_texts_due_at"), "owed_texts", ["due_at"])
    op.create_table(
        "outgoing_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("theirs", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("sid", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_outgoing_texts_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_texts")),
    )
    op.create_index(op.f("ix_outgoing_texts_conversation_id"), "outgoing_texts", ["conversation_id"])
    op.create_index(
        "ix_outgoing_texts_due",
        "outgoing_texts",
        ["due_at"],
        sqlite_where=sa.text("state = 'stored'"),
        postgresql_where=sa.text("state = 'stored'"),
    )
    op.create_table(
        "text_reports",
        sa.Column("sid", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_text_reports")),
    )
    op.create_index(op.f("ix_text_reports_at"), "text_reports", ["at"])
    op.create_table(
        "text_opt_outs",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_text_opt_outs")),
    )
