"""Fills databases for `core_bench`: rows as the core would have written them, put in by COPY."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg

from tests.postgres import start_postgresql
from wallet_core import schema
from wallet_core.database import Database
from wallet_core.references import ReferenceKind, new_reference

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CURRENCY = "USD"


@dataclass(frozen=True)
class World:
    """A filled database, and what is in it to ask for."""

    database: Database
    customers: int
    transactions: int
    references: list[str]


def make_world(customers: int, transactions_count: int) -> World:
    """A database with so many customers; each has a wallet, their share of transactions, a ticket and a callback."""
    server = start_postgresql()
    name = server.create_database()
    database = Database(server.url(name))
    schema.migrate(database)
    dice = Random(customers)
    references = _references(ReferenceKind.TICKET, customers, dice)
    with psycopg.connect(server.url(name).replace("+psycopg", "")) as connection:
        # The guards look at each row, and the rows are right.
        connection.execute("SET session_replication_role = replica")
        _copy(connection, "customers", _customers(customers))
        _copy(connection, "accounts", _accounts(customers))
        _copy(connection, "transactions", _transactions(customers, transactions_count))
        _copy(connection, "transaction_states", _states(transactions_count))
        _copy(connection, "ledger_entries", _entries(customers, transactions_count))
        _copy(connection, "tickets", _tickets(references))
        _copy(connection, "callbacks", _callbacks(_references(ReferenceKind.CALLBACK, customers, dice)))
    with psycopg.connect(server.url(name).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return World(database, customers, transactions_count, references)


Row = dict[str, Any]


def _customers(count: int) -> Iterator[Row]:
    for number in range(count):
        yield {
            "id": customer_id(number),
            "name": f"Customer {number}",
            "language": "en",
            "time_zone": "Asia/Shanghai",
            "country": "CN",
            "identity_verified": True,
            "created_at": NOW,
        }


def _accounts(count: int) -> Iterator[Row]:
    for number in range(count):
        yield {
            "id": account_id(number),
            "customer_id": customer_id(number),
            "currency": CURRENCY,
            "status": "active",
            "payment_limit_minor": 10**6,
            "daily_limit_minor": 10**7,
            "created_at": NOW,
        }


def _transactions(customers: int, count: int) -> Iterator[Row]:
    """In the order of time, so that one wallet's lie far apart, as in life."""
    for number in range(count):
        yield {
            "id": f"TX{number:010}",
            "account_id": account_id(number % customers),
            "kind": "top_up" if number < customers else "payment",
            "incoming": number < customers,
            "amount_minor": 100_000 if number < customers else 100,
            "counterparty": f"Merchant {number % 977}",
            "status": "completed",
            "created_at": NOW - timedelta(seconds=count - number),
        }


def _states(count: int) -> Iterator[Row]:
    for number in range(count):
        moment = NOW - timedelta(seconds=count - number)
        yield {"transaction_id": f"TX{number:010}", "position": 1, "status": "completed", "at": moment}


def _entries(customers: int, count: int) -> Iterator[Row]:
    for number in range(count):
        before = number // customers
        yield {
            "account_id": account_id(number % customers),
            "position": before + 1,
            "transaction_id": f"TX{number:010}",
            "amount_minor": 100_000 if before == 0 else -100,
            "balance_minor": 100_000 - 100 * before,
            "at": NOW - timedelta(seconds=count - number),
        }


def _tickets(references: list[str]) -> Iterator[Row]:
    for number, reference in enumerate(references):
        yield {
            "reference": reference,
            "customer_id": customer_id(number),
            "topic": "payment_failed",
            "queue": "payments",
            "priority": 3,
            "status": "closed" if number % 50 else "open",
            "language": "en",
            "summary": "a payment failed",
            "created_at": NOW,
            "due_at": NOW,
        }


def _callbacks(references: list[str]) -> Iterator[Row]:
    """Of a hundred, one is due, one is asked for later, and the others are over."""
    for number, reference in enumerate(references):
        state = {0: "requested", 1: "requested"}.get(number % 100, "completed")
        due = NOW + timedelta(hours=2) if number % 100 == 1 else NOW - timedelta(seconds=1 + number % 3000)
        yield {
            "id": f"CB{number:08}",
            "reference": reference,
            "customer_id": customer_id(number),
            "number": f"+1202555{number % 10000:04}",
            "topic": "payment_failed",
            "language": "en",
            "priority": 3,
            "status": state,
            "window_start": due,
            "window_end": due + timedelta(hours=2),
            "due_at": due,
            "attempts_count": 0,
            "created_at": NOW - timedelta(days=1),
        }


def _copy(connection: psycopg.Connection[Any], table: str, rows: Iterator[Row]) -> None:
    first = next(rows)
    statement = f"COPY {table} ({', '.join(first)}) FROM STDIN"
    with connection.cursor().copy(statement.encode()) as copy:
        copy.write_row(tuple(first.values()))
        for row in rows:
            copy.write_row(tuple(row.values()))


def _references(kind: ReferenceKind, count: int, dice: Random) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:
        made[new_reference(kind, dice)] = None
    return list(made)


def customer_id(number: int) -> str:
    return f"C{number:08}"


def account_id(number: int) -> str:
    return f"W{number:08}"
