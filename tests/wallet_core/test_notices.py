"""Notices are stored for each contact on file and sent by one worker at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select

from tests.wallet_core import factories
from wallet_core import notices
from wallet_core.database import Database
from wallet_core.models import ContactKind, ContactPoint, Language, Notice, NoticeStatus
from wallet_core.notices import NoticeView


def store(database: Database, now: datetime, *, customers: int = 1) -> list[str]:
    with database.transaction() as session:
        ids = [factories.create_customer(session, language=Language.ZH).id for _ in range(customers)]
        for customer_id in ids:
            notices.store_notices(
                session, customer_id=customer_id, name="utter_notice_test", facts={"reference": "T-1"}, now=now
            )
    return ids


def claim(database: Database, now: datetime, limit: int = 20) -> list[NoticeView]:
    with database.transaction() as session:
        return notices.claim_due(session, now=now, limit=limit)


def statuses(database: Database) -> list[NoticeStatus]:
    with database.reading() as session:
        return list(session.scalars(select(Notice.status).order_by(Notice.id)))


def test_a_notice_goes_to_each_contact_in_the_customers_language(database: Database, now: datetime) -> None:
    (customer_id,) = store(database, now)

    taken = claim(database, now)

    assert [view.contact_kind for view in taken] == [ContactKind.PHONE, ContactKind.EMAIL]
    assert {(view.customer_id, view.name, view.language, view.attempt) for view in taken} == {
        (customer_id, "utter_notice_test", Language.ZH, 1)
    }
    assert taken[0].facts == {"reference": "T-1"}
    assert taken[0].destination.startswith("+")


def test_no_notice_goes_to_old_or_lost_contacts_or_the_kind_left_out(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        customer = factories.create_customer(session, phone=None)
        factories.create_contact(session, customer_id=customer.id, value="+12025550001", ended_at=now)
        factories.create_contact(session, customer_id=customer.id, value="+12025550002", reported_lost_at=now)

        stored = notices.store_notices(
            session, customer_id=customer.id, name="utter_notice_test", facts={}, now=now, besides=ContactKind.EMAIL
        )

        assert stored == 0
        assert session.scalars(select(Notice)).all() == []


def test_a_later_change_of_contact_does_not_redirect_what_was_stored(database: Database, now: datetime) -> None:
    store(database, now)
    with database.transaction() as session:
        before = set(session.scalars(select(ContactPoint.value)))
        for point in session.scalars(select(ContactPoint)):
            point.ended_at = now

    assert {view.destination for view in claim(database, now)} == before


def test_a_claimed_notice_is_not_claimed_again_until_its_lease_is_over(database: Database, now: datetime) -> None:
    store(database, now)
    first = claim(database, now)

    assert claim(database, now + timedelta(minutes=1, seconds=59)) == []
    again = claim(database, now + timedelta(minutes=2))

    assert [(view.id, view.attempt) for view in again] == [(view.id, 2) for view in first]


def test_what_was_sent_is_not_claimed_again(database: Database, now: datetime) -> None:
    store(database, now)
    with database.transaction() as session:
        for view in notices.claim_due(session, now=now):
            assert notices.mark_sent(session, notice_id=view.id, attempt=view.attempt, now=now)

    assert claim(database, now + timedelta(days=1)) == []
    assert statuses(database) == [NoticeStatus.SENT] * 2


def test_a_worker_whose_lease_ran_out_changes_nothing(database: Database, now: datetime) -> None:
    store(database, now)
    slow = claim(database, now)[0]
    claim(database, now + timedelta(minutes=3))

    with database.transaction() as session:
        sent = notices.mark_sent(session, notice_id=slow.id, attempt=slow.attempt, now=now)
        failed = notices.mark_failed(session, notice_id=slow.id, attempt=slow.attempt, now=now, final=True)

    assert (sent, failed) == (False, False)
    assert statuses(database) == [NoticeStatus.STORED] * 2


def test_a_failed_notice_is_tried_five_times_with_growing_pauses(database: Database, now: datetime) -> None:
    store(database, now)
    pauses = []
    time = now
    while taken := claim(database, time):
        with database.transaction() as session:
            for view in taken:
                notices.mark_failed(session, notice_id=view.id, attempt=view.attempt, now=time)
            due = session.scalars(select(Notice.due_at)).first()
        assert due is not None
        pauses.append(due - time)
        time = due

    assert pauses[:4] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert len(pauses) == 5
    assert statuses(database) == [NoticeStatus.FAILED] * 2


def test_a_destination_that_cannot_be_reached_is_given_up_at_once(database: Database, now: datetime) -> None:
    store(database, now)
    with database.transaction() as session:
        for view in notices.claim_due(session, now=now):
            notices.mark_failed(session, notice_id=view.id, attempt=view.attempt, now=now, final=True)

    assert statuses(database) == [NoticeStatus.FAILED] * 2


def test_the_oldest_are_claimed_first_and_no_more_than_asked_for(database: Database, now: datetime) -> None:
    (later,) = store(database, now + timedelta(minutes=1))
    (earlier,) = store(database, now)
    assert claim(database, now - timedelta(seconds=1)) == []

    taken = claim(database, now + timedelta(minutes=5), limit=3)

    assert [view.customer_id for view in taken] == [earlier, earlier, later]


def test_workers_at_once_never_hold_the_same_notice(
    database: Database, race: Callable[..., list[object]], now: datetime
) -> None:
    store(database, now, customers=40)

    results = race(*[lambda: claim(database, now, limit=10)] * 12)

    taken = [view.id for result in results if isinstance(result, list) for view in result]
    assert len(taken) == len(set(taken)) == 80


def test_a_worker_does_not_wait_for_what_another_is_just_taking(postgres_database: Database, now: datetime) -> None:
    store(postgres_database, now)
    with postgres_database.transaction() as slow:
        held = notices.claim_due(slow, now=now, limit=1)

        free = claim(postgres_database, now)

    assert len(held) == len(free) == 1
    assert held[0].id != free[0].id
