"""The demo world holds every trouble, made by the core's own rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import phonenumbers
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.wallet_core.books import assert_books_agree
from wallet_core import accounts, contacts, customers, demo, fees, rates, transactions
from wallet_core.database import Database
from wallet_core.demo import CUSTOMERS, DemoState
from wallet_core.models import (
    AccountStatus,
    Agent,
    AuditEntry,
    ContactKind,
    Customer,
    FailureReason,
    LedgerEntry,
    TransactionKind,
    TransactionStatus,
)
from wallet_core.transactions import TransactionView

SECRET_KEY = "a key for tests"
LAST = CUSTOMERS[-1]


def test_there_are_customers_of_both_languages_and_all_currencies() -> None:
    assert len(CUSTOMERS) >= 8
    assert {one.language for one in CUSTOMERS} == {"zh", "en"}
    assert {one.currency for one in CUSTOMERS} == {"CNY", "USD", "EUR", "HKD", "JPY"}
    assert len({one.id for one in CUSTOMERS}) == len({one.phone for one in CUSTOMERS}) == len(CUSTOMERS)


@pytest.mark.parametrize("person", CUSTOMERS, ids=lambda person: person.id)
def test_contacts_are_fictional_and_facts_well_formed(person: demo.DemoCustomer) -> None:
    assert phonenumbers.is_valid_number(phonenumbers.parse(person.phone))
    assert customers.standard_number(person.phone) == person.phone
    assert person.email.endswith("@example.com")
    assert datetime.strptime(person.birth_date, "%Y%m%d").replace(tzinfo=UTC).year < 2008
    assert len(person.document_tail) == 4


def test_one_document_ends_in_the_star_that_stands_for_x() -> None:
    assert any(person.document_tail.endswith("*") for person in CUSTOMERS)


@pytest.mark.parametrize(
    "now",
    # Midday, just after midnight in China, and the day the clocks go back in America.
    [
        datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        datetime(2026, 11, 23, 16, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    ],
)
def test_every_failure_reason_was_met_by_somebody_lately(sqlite_database: Database, now: datetime) -> None:
    with sqlite_database.transaction() as session:
        demo.seed(session, now=now, secret_key=SECRET_KEY)

        met = set()
        for person in CUSTOMERS:
            since = now - timedelta(days=2)
            failed = transactions.latest_failed(session, account_id=person.account_id, since=since, now=now)
            if failed is not None:
                met.add(failed.failure_reason)
                assert failed.created_at < now
            assert_books_agree(session, person.account_id)
            assert len(everything(session, person, now)) >= 3

    assert met == set(FailureReason)


def test_customers_are_in_the_state_that_is_listed(sqlite_database: Database, now: datetime) -> None:
    with sqlite_database.transaction() as session:
        demo.seed(session, now=now, secret_key=SECRET_KEY)

        by_state = {person.state: person for person in CUSTOMERS}
        frozen = accounts.account_of(session, customer_id=by_state[DemoState.FROZEN].id)
        locked = accounts.account_of(session, customer_id=by_state[DemoState.LOCKED].id)
        unverified = customers.get_customer(session, customer_id=by_state[DemoState.UNVERIFIED].id)
        late = transactions.overdue(session, account_id=by_state[DemoState.LATE_TRANSFER].account_id, now=now)
        refunds = everything(session, by_state[DemoState.PENDING_REFUND], now)
        held = everything(session, by_state[DemoState.HELD_PAYMENT], now)

    assert frozen.frozen
    assert frozen.freezes[0].startswith("FRZ-")
    assert locked.status is AccountStatus.LOCKED
    assert not unverified.identity_verified
    assert [one.kind for one in late] == [TransactionKind.TRANSFER_OUT]
    assert (TransactionKind.REFUND, TransactionStatus.PENDING) in {(one.kind, one.status) for one in refunds}
    assert TransactionStatus.HELD in {one.status for one in held}


def test_the_last_customer_is_an_ordinary_one(sqlite_database: Database, now: datetime) -> None:
    with sqlite_database.transaction() as session:
        demo.seed(session, now=now, secret_key=SECRET_KEY)

        account = accounts.account_of(session, customer_id=LAST.id)
        view = customers.get_customer(session, customer_id=LAST.id)
        recent = everything(session, LAST, now)

    assert account.status is AccountStatus.ACTIVE
    assert not account.frozen
    assert view.identity_verified
    assert account.balance.minor > 0
    assert {one.status for one in recent} == {TransactionStatus.COMPLETED, TransactionStatus.FAILED}
    assert [one.status for one in recent].count(TransactionStatus.FAILED) == 1
    assert recent[0].status is TransactionStatus.FAILED


def test_owner_facts_and_contacts_are_on_file(sqlite_database: Database, now: datetime) -> None:
    person = CUSTOMERS[2]
    with sqlite_database.transaction() as session:
        demo.seed(session, now=now, secret_key=SECRET_KEY)

        row = session.get_one(Customer, person.id)
        points = customers.contact_points(session, customer_id=person.id)
        found = customers.find_by_phone(session, number=person.phone)

    assert row.document_tail_hash == customers.owner_fact_hash(
        secret_key=SECRET_KEY, customer_id=person.id, fact="document_tail", value="273X"
    )
    assert row.birth_date_hash != row.document_tail_hash
    assert {point.kind: point.value for point in points} == {
        ContactKind.PHONE: person.phone,
        ContactKind.EMAIL: person.email,
    }
    assert found is not None
    assert found.id == person.id


def test_rates_agents_and_official_numbers_are_there(sqlite_database: Database, now: datetime) -> None:
    with sqlite_database.transaction() as session:
        demo.seed(session, now=now, secret_key=SECRET_KEY)

        assert rates.rate(session, base="JPY", quote="CNY", now=now).rate > 0
        assert session.scalar(select(func.count()).select_from(Agent).where(Agent.on_duty)) == 3
        assert contacts.is_official(session, number="+1 202 555 0171") is not None


def test_every_wallet_has_a_currency_that_fees_are_told_in() -> None:
    assert {person.currency for person in CUSTOMERS} <= set(fees.load_fees(demo._DATA / "fees.yml").home_currencies)


def test_seeding_again_does_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        first = demo.seed(session, now=now, secret_key=SECRET_KEY)
    with database.transaction() as session:
        before = session.scalar(select(func.count()).select_from(AuditEntry))
        second = demo.seed(session, now=now + timedelta(days=1), secret_key=SECRET_KEY)

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == before
    assert (first, second) == (True, False)


def test_seeding_from_two_processes_at_once_makes_one_world(
    database: Database, now: datetime, race: Callable[..., list[Any]]
) -> None:
    url = database.url.render_as_string(hide_password=False)
    # The second waits for the first to have made the whole world, which on a busy machine takes its time.
    processes = [Database(url, lock_timeout_ms=60_000) for _ in range(2)]

    def seed(where: Database) -> bool:
        with where.transaction() as session:
            return demo.seed(session, now=now, secret_key=SECRET_KEY)

    results = race(*(lambda where=where: seed(where) for where in processes))

    assert sorted(results) == [False, True]
    for one in processes:
        one.dispose()


def test_reset_makes_the_same_world_anew_and_the_books_are_guarded_again(database: Database, now: datetime) -> None:
    later = now + timedelta(days=3)
    with database.transaction() as session:
        demo.seed(session, now=now, secret_key=SECRET_KEY)
        first = [one.id for one in everything(session, LAST, now)]

    with database.transaction() as session:
        demo.reset(session, now=later, secret_key=SECRET_KEY)

    with database.reading() as session:
        second = everything(session, LAST, later)
        assert [one.id for one in second] == first
        assert second[0].created_at > now
        assert session.scalar(select(func.count()).select_from(Customer)) == len(CUSTOMERS)
    with pytest.raises(Exception, match="may only be added to"), database.transaction() as session:
        session.execute(LedgerEntry.__table__.delete())


def everything(session: Session, person: demo.DemoCustomer, now: datetime) -> list[TransactionView]:
    return transactions.recent(session, account_id=person.account_id, limit=100, now=now)
