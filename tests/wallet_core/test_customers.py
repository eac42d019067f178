"""Customers, and what is on file to reach them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.wallet_core.factories import LONG_AGO, create_account, create_contact, create_customer, make_grant
from wallet_core import customers
from wallet_core.database import Database
from wallet_core.errors import InvalidNumber, NotFound, WrongState
from wallet_core.models import AuditEntry, ContactKind, ContactPoint, Language, Notice
from wallet_core.policy import Action


def test_a_customer_is_shown_without_their_facts(database: Database) -> None:
    with database.transaction() as session:
        made = create_customer(session, name="陈思雨", language=Language.ZH, country="CN", time_zone="Asia/Shanghai")

        view = customers.get_customer(session, customer_id=made.id)

    assert view.model_dump() == {
        "id": made.id,
        "name": "陈思雨",
        "language": "zh",
        "time_zone": "Asia/Shanghai",
        "country": "CN",
        "identity_verified": True,
    }


def test_an_unknown_customer_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(NotFound):
            customers.get_customer(session, customer_id="C0")
        with pytest.raises(NotFound):
            customers.set_language(session, customer_id="C0", language=Language.ZH)
        assert customers.contact_points(session, customer_id="C0") == []


@pytest.mark.parametrize("number", ["+12025550123", "+1 (202) 555-0123", "001 202 555 0123"])
def test_a_caller_is_known_by_the_number_on_file(database: Database, number: str) -> None:
    with database.transaction() as session:
        made = create_customer(session, phone="+12025550123")

        found = customers.find_by_phone(session, number=number)

    assert found is not None
    assert found.id == made.id


@pytest.mark.parametrize(
    "number", ["+12025550124", "2025550123", "", "anonymous", "+", "+1202555012345678901234567890"]
)
def test_any_other_number_is_nobodys(database: Database, number: str) -> None:
    with database.transaction() as session:
        create_customer(session, phone="+12025550123")

        assert customers.find_by_phone(session, number=number) is None


def test_a_number_that_two_share_or_that_was_given_up_names_nobody(database: Database) -> None:
    with database.transaction() as session:
        for _ in range(2):
            create_customer(session, phone="+12025550123")
        former = create_customer(session, phone=None)
        create_contact(session, customer_id=former.id, value="+12025550124", ended_at=LONG_AGO)

        assert customers.find_by_phone(session, number="+12025550123") is None
        assert customers.find_by_phone(session, number="+12025550124") is None


def test_contacts_on_file_are_the_current_ones_phone_first_and_masked(database: Database) -> None:
    with database.transaction() as session:
        made = create_customer(session, phone="+12025550123", email="lin.mei@example.com")
        create_contact(session, customer_id=made.id, value="+12025550124", ended_at=LONG_AGO)

        points = customers.contact_points(session, customer_id=made.id)

    assert [(point.kind, point.value) for point in points] == [
        (ContactKind.PHONE, "+12025550123"),
        (ContactKind.EMAIL, "lin.mei@example.com"),
    ]
    assert points[0].masked.endswith("23")
    assert "5550" not in points[0].masked
    assert points[1].masked == "l•••@example.com"
    assert points[0].since == LONG_AGO


def test_a_contact_is_reported_lost_once(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        made = create_customer(session, email=None)
        grant = make_grant(Action.REPORT_LOST, create_account(session, customer_id=made.id))

        results = [
            customers.report_lost(session, grant=grant, kind=kind, now=now)
            for kind in (ContactKind.PHONE, ContactKind.PHONE, ContactKind.EMAIL)
        ]
        (point,) = customers.contact_points(session, customer_id=made.id)

    assert results == [True, False, False]
    assert point.reported_lost
    with database.reading() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["contact_reported_lost"]


def test_a_new_number_takes_the_old_ones_place_and_is_new(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session)
        grant = make_grant(Action.CHANGE_PHONE, account, actor="agent:ana", channel=None)

        view = customers.change_contact(session, grant=grant, kind=ContactKind.PHONE, value="+44 20 7946 0123", now=now)

        points = customers.contact_points(session, customer_id=account.customer_id)
    assert (view.value, view.since, view.reported_lost) == ("+442079460123", now, False)
    assert [point.kind for point in points] == [ContactKind.PHONE, ContactKind.EMAIL]
    assert points[0] == view
    with database.reading() as session:
        former = session.scalars(select(ContactPoint).where(ContactPoint.ended_at.is_not(None))).one()
        assert former.ended_at == now
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.actor, entry.channel) == ("contact_changed", "agent:ana", "desk")


def test_the_customer_is_told_of_the_change_where_they_were_reached_before(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        made = create_customer(session, phone="+12025550123", email="lin@example.com")
        account = create_account(session, customer_id=made.id)
        grant = make_grant(Action.CHANGE_PHONE, account)

        customers.change_contact(session, grant=grant, kind=ContactKind.PHONE, value="+12025550199", now=now)

    with database.reading() as session:
        notices = session.scalars(select(Notice).order_by(Notice.id)).all()
    assert [(notice.destination, notice.name) for notice in notices] == [
        ("+12025550123", "utter_notice_contact_changed"),
        ("lin@example.com", "utter_notice_contact_changed"),
    ]


def test_the_same_number_again_changes_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session, customer_id=create_customer(session, phone="+12025550123").id)
        grant = make_grant(Action.CHANGE_PHONE, account)

        view = customers.change_contact(session, grant=grant, kind=ContactKind.PHONE, value="+12025550123", now=now)

    assert view.since == LONG_AGO
    with database.reading() as session:
        assert session.scalars(select(AuditEntry)).all() == []


def test_a_lost_phone_that_is_put_on_file_again_is_new(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session, customer_id=create_customer(session, phone="+12025550123").id)
        lost = make_grant(Action.REPORT_LOST, account)
        customers.report_lost(session, grant=lost, kind=ContactKind.PHONE, now=now)
        grant = make_grant(Action.CHANGE_PHONE, account)
        later = now + timedelta(days=1)

        view = customers.change_contact(session, grant=grant, kind=ContactKind.PHONE, value="+12025550123", now=later)

    assert (view.since, view.reported_lost) == (later, False)


def test_an_address_is_kept_in_lower_case(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session, customer_id=create_customer(session, email=None).id)
        grant = make_grant(Action.CHANGE_PHONE, account)

        view = customers.change_contact(
            session, grant=grant, kind=ContactKind.EMAIL, value=" Lin@Example.COM ", now=now
        )

    assert view.value == "lin@example.com"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ContactKind.PHONE, "12345"),
        (ContactKind.PHONE, "not a number"),
        (ContactKind.PHONE, "+1 900 555 0123"),
        (ContactKind.EMAIL, "nobody"),
        (ContactKind.EMAIL, "a@b"),
        (ContactKind.EMAIL, "a b@example.com"),
        (ContactKind.EMAIL, "x" * 300 + "@example.com"),
    ],
)
def test_what_cannot_be_reached_is_not_put_on_file(
    database: Database, now: datetime, kind: ContactKind, value: str
) -> None:
    with database.transaction() as session:
        account = create_account(session)
        before = customers.contact_points(session, customer_id=account.customer_id)

        with pytest.raises(InvalidNumber):
            customers.change_contact(
                session, grant=make_grant(Action.CHANGE_PHONE, account), kind=kind, value=value, now=now
            )

        assert customers.contact_points(session, customer_id=account.customer_id) == before


def test_a_contact_is_changed_only_with_leave_and_for_somebody(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        account = create_account(session)

        def change(**overrides: Any) -> object:
            action = overrides.pop("action", Action.CHANGE_PHONE)
            grant = make_grant(action, account, **overrides)
            return customers.change_contact(session, grant=grant, kind=ContactKind.PHONE, value="+12025550123", now=now)

        with pytest.raises(WrongState):
            change(action=Action.VIEW)
        with pytest.raises(NotFound):
            change(customer_id=None)


def test_two_changes_at_once_leave_one_current_number(
    database: Database, now: datetime, race: Callable[..., list[Any]]
) -> None:
    with database.transaction() as session:
        account = create_account(session)
    grant = make_grant(Action.CHANGE_PHONE, account)

    def change(number: str) -> Callable[[], object]:
        def run() -> object:
            with database.transaction() as session:
                return customers.change_contact(session, grant=grant, kind=ContactKind.PHONE, value=number, now=now)

        return run

    results = race(*(change(f"+1202555013{digit}") for digit in range(4)), threads=4)

    assert all(isinstance(result, customers.ContactPointView) for result in results)
    with database.reading() as session:
        points = customers.contact_points(session, customer_id=account.customer_id)
        assert [point.kind for point in points] == [ContactKind.PHONE, ContactKind.EMAIL]


def test_the_language_is_remembered(database: Database) -> None:
    with database.transaction() as session:
        made = create_customer(session, language=Language.EN)

        customers.set_language(session, customer_id=made.id, language=Language.ZH)

        assert customers.get_customer(session, customer_id=made.id).language is Language.ZH


def test_equal_owner_facts_of_two_customers_look_different() -> None:
    def fact(customer_id: str, value: str = "12 3x".replace(" ", "")) -> str:
        return customers.owner_fact_hash(secret_key="k", customer_id=customer_id, fact="document_tail", value=value)

    assert fact("C1") != fact("C2")
    assert fact("C1") == fact("C1", "123X") == fact("C1", " 123* ")
    assert fact("C1") != fact("C1", "1230")
