"""books and audit entries may only be added"""

from __future__ import annotations

from alembic import op

revision = "2026_11_22_0002"
down_revision = "2026_11_22_0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_anchors", "audit_entries", "ledger_entries", "transaction_states")
# What was asked for stays; `status` and `failure_reason` move on.
FIXED_COLUMNS = (
    "id",
    "account_id",
    "kind",
    "incoming",
    "amount_minor",
    "original_minor",
    "original_currency",
    "counterparty",
    "related_id",
    "request_key",
    "created_at",
    "expected_by",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for table in APPEND_ONLY:
        _refuse_on_sqlite(table, "UPDATE")
    _refuse_on_sqlite("transactions", f"UPDATE OF {', '.join(FIXED_COLUMNS)}")
    for table in (*APPEND_ONLY, "transactions"):
        _refuse_on_sqlite(table, "DELETE")


def _refuse_on_sqlite(table: str, event: str) -> None:
    name = f"{table}_refuse_{event.split(maxsplit=1)[0].lower()}"
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} may only be added to'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION wallet_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% may only be added to', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        _refuse_on_postgresql(table, "UPDATE")
    old = ", ".join(f"OLD.{column}" for column in FIXED_COLUMNS)
    new = ", ".join(f"NEW.{column}" for column in FIXED_COLUMNS)
    _refuse_on_postgresql("transactions", "UPDATE", f"WHEN (({old}) IS DISTINCT FROM ({new}))")
    for table in (*APPEND_ONLY, "transactions"):
        _refuse_on_postgresql(table, "DELETE")
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION wallet_refuse_change()"
        )


def _refuse_on_postgresql(table: str, event: str, condition: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {table}_refuse_{event.lower()} BEFORE {event} ON {table} "
        f"FOR EACH ROW {condition} EXECUTE FUNCTION wallet_refuse_change()"
    )
