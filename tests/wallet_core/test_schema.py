"""Migrations lead to the tables that the models describe, and guard what may only be added."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.postgres import PostgreSQL
from tests.wallet_core.factories import create_account, create_transaction
from wallet_core import audit, schema
from wallet_core.database import Database
from wallet_core.errors import StorageUnavailable
from wallet_core.models import (
    AuditEntry,
    Base,
    Callback,
    CallbackAttempt,
    LedgerEntry,
    Transaction,
    TransactionState,
    TransactionStatus,
)

# Everything that a PostgreSQL database says about its tables.
POSTGRESQL_CATALOGUE = """
    SELECT 'column', table_name, column_name, data_type || coalesce(character_maximum_length, numeric_precision, 0)
           || is_nullable || coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PostgreSQL
) -> Iterator[Callable[[], Database]]:
    """Makes databases without any table."""
    made = []

    def make() -> Database:
        if request.param == "sqlite":
            made.append(Database(f"sqlite:///{tmp_path / f'{len(made)}.db'}"))
        else:
            made.append(Database(postgres_server.url(postgres_server.create_database())))
        return made[-1]

    yield make
    for database in made:
        database.dispose()


def test_migrating_an_empty_database_gives_the_tables_of_the_models(new_database: Callable[[], Database]) -> None:
    migrated, modelled = new_database(), new_database()

    schema.migrate(migrated)
    Base.metadata.create_all(modelled.engine)

    assert schema.differences(migrated) == []
    assert catalogue(migrated) == catalogue(modelled)


def test_a_difference_between_tables_and_models_is_seen(new_database: Callable[[], Database]) -> None:
    database = new_database()
    schema.migrate(database)

    with database.transaction() as session:
        session.execute(text("ALTER TABLE customers ADD COLUMN shoe_size INTEGER"))

    assert schema.differences(database) != []


def test_a_migrated_database_is_at_the_newest_revision(new_database: Callable[[], Database]) -> None:
    database = new_database()
    before = schema.current_revision(database)

    schema.migrate(database)

    assert before is None
    assert schema.current_revision(database) == schema.newest_revision()


def test_migrating_again_keeps_what_is_there(new_database: Callable[[], Database]) -> None:
    database = new_database()
    schema.migrate(database)
    with database.transaction() as session:
        create_account(session, id="A1")

    schema.migrate(database)

    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM accounts")) == 1


def test_a_table_that_others_refer_to_is_changed_with_all_that_is_in_it(new_database: Callable[[], Database]) -> None:
    database = new_database()
    with schema._exclusively(database) as connection:
        command.upgrade(schema._config(connection), "2026_11_22_0007")
    with database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO callbacks (id, reference, topic, language, priority, status, window_start, window_end, due_at,"
                " attempts_count, created_at) VALUES ('c', 'CB-1', 'report_scam', 'en', 2, 'calling', :now, :now, :now, 1, :now)"
            ),
            {"now": "2026-11-22 09:00:00+00:00"},
        )
        session.execute(
            text(
                "INSERT INTO callback_attempts (id, callback_id, number, holder, started_at) VALUES ('a', 'c', 1, 'w', :now)"
            ),
            {"now": "2026-11-22 09:00:00+00:00"},
        )

    schema.migrate(database)

    with database.reading() as session:
        kept = select(CallbackAttempt.id, Callback.purpose).join(Callback, Callback.id == CallbackAttempt.callback_id)
        assert session.execute(kept).all() == [("a", "callback")]
    with pytest.raises(DBAPIError), database.transaction() as session:
        session.execute(text("DELETE FROM callbacks"))  # the tables refer to each other as before


def test_processes_that_migrate_at_the_same_time_take_turns(
    new_database: Callable[[], Database], race: Callable[..., list[object]]
) -> None:
    first = new_database()
    others = [Database(first.url.render_as_string(hide_password=False)) for _ in range(4)]

    results = race(*(lambda one=one: schema.migrate(one) for one in others))

    assert results == [None] * 4
    assert schema.differences(first) == []
    for other in others:
        other.dispose()


def test_a_failed_migration_leaves_nothing_behind(
    new_database: Callable[[], Database], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "migrations"
    shutil.copytree(schema._MIGRATIONS, broken)
    last = broken / "versions" / f"{schema.newest_revision()}_broken.py"
    last.write_text(
        f"from alembic import op\nrevision = 'broken'\ndown_revision = '{schema.newest_revision()}'\n"
        "def upgrade():\n    op.execute('CREATE TABLE half_done (id INTEGER)')\n    raise RuntimeError('broken')\n"
    )
    database = new_database()

    monkeypatch.setattr(schema, "_MIGRATIONS", broken)
    with pytest.raises(RuntimeError, match="broken"):
        schema.migrate(database)

    assert catalogue(database) == set()


def test_the_next_migration_is_written_from_the_models(
    new_database: Callable[[], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(schema._MIGRATIONS, folder)
    monkeypatch.setattr(schema, "_MIGRATIONS", folder)
    database = new_database()
    schema.migrate(database)
    with database.transaction() as session:
        for table in ("notices", "exchange_rates"):
            session.execute(text(f"DROP TABLE {table}"))

    path = schema.new_revision(database, message="notices come back", today=date(2026, 12, 1))

    assert path.name.startswith("2026_12_01_")
    assert path.name.endswith("_notices_come_back.py")
    text_ = path.read_text()
    assert "sa.DateTime(timezone=True)" in text_
    assert "wallet_core" not in text_  # a migration must not change when the models do
    schema.migrate(database)
    assert schema.differences(database) == []


def test_a_database_out_of_reach_is_a_typed_error() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")

    with pytest.raises(StorageUnavailable):
        schema.migrate(database)
    with pytest.raises(StorageUnavailable):
        schema.current_revision(database)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET amount_minor = 1",
        "DELETE FROM ledger_entries",
        "UPDATE transaction_states SET status = 'failed'",
        "DELETE FROM transaction_states",
        "UPDATE audit_entries SET actor = 'nobody'",
        "DELETE FROM audit_entries",
        "UPDATE transactions SET amount_minor = amount_minor + 1",
        "UPDATE transactions SET counterparty = 'Somebody Else'",
        "DELETE FROM transactions",
    ],
)
def test_what_is_in_the_books_cannot_be_changed(database: Database, statement: str) -> None:
    with database.transaction() as session:
        account = create_account(session)
        audit.record(
            session,
            chain=account.customer_id,
            actor="customer",
            action="x",
            subject="x",
            reason="x",
            channel="web",
            now=account.created_at,
        )

    with pytest.raises(DBAPIError, match="may only be added to"), database.transaction() as session:
        session.execute(text(statement))


def test_tables_of_the_books_cannot_be_emptied_at_once(postgres_database: Database) -> None:
    with pytest.raises(DBAPIError, match="may only be added to"), postgres_database.transaction() as session:
        session.execute(text("TRUNCATE ledger_entries"))


def test_a_transaction_may_move_on_to_another_state(database: Database) -> None:
    with database.transaction() as session:
        account = create_account(session)
        transaction_id = create_transaction(session, account_id=account.id, status=TransactionStatus.PENDING).id

    with database.transaction() as session:
        session.get_one(Transaction, transaction_id).status = TransactionStatus.COMPLETED

    with database.reading() as session:
        assert session.get_one(Transaction, transaction_id).status is TransactionStatus.COMPLETED


def test_guards_are_back_after_they_were_set_aside(database: Database) -> None:
    with database.transaction() as session:
        create_account(session)

    with database.transaction() as session, schema.without_guards(session.connection()):
        for table in (AuditEntry, LedgerEntry, TransactionState, Transaction):
            session.execute(Base.metadata.tables[table.__tablename__].delete())

    with database.transaction() as session:
        create_account(session)
    with pytest.raises(DBAPIError, match="may only be added to"), database.transaction() as session:
        session.execute(text("DELETE FROM ledger_entries"))


def catalogue(database: Database) -> set[tuple[str, ...]]:
    """What the database says about its tables, in its own words; guards and Alembic's own table aside."""
    with database.reading() as session:
        if database.is_sqlite:
            query = "SELECT type, tbl_name, name, sql FROM sqlite_master WHERE type IN ('table', 'index')"
            rows = session.execute(text(query)).all()
        else:
            rows = session.execute(text(POSTGRESQL_CATALOGUE)).all()
    # The order of a table's columns and constraints is of no account, nor are SQLite's quotes around a rebuilt one.
    return {
        tuple(" ".join(sorted(re.split(r"[\s,]+", str(part).replace('"', "")))) for part in row)
        for row in rows
        if row[1] != "alembic_version"
    }
