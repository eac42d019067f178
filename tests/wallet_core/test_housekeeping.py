"""What has no effect any more goes; what still closes a way, or can still be used, stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.wallet_core.factories import NOW, SECRET_KEY
from wallet_core import attempts, outgoing_texts, webhook_answers
from wallet_core.attempts import LIMITS, Ways
from wallet_core.database import Database
from wallet_core.housekeeping import forget_old
from wallet_core.models import FailedAttempt, SentCode, TextReport, TextStatus, WebhookAnswer

HASHES = attempts.hash_ways(Ways(conversation_id="c1"), secret_key=SECRET_KEY, customer_id="u1")


def test_attempts_that_still_close_a_way_stay_and_are_forgotten_when_they_do_not(database: Database) -> None:
    with database.transaction() as session:
        for number in range(LIMITS.customer_attempts):
            attempts.count_attempt(session, HASHES, now=NOW + number * timedelta(hours=1))
    last = NOW + (LIMITS.customer_attempts - 1) * timedelta(hours=1)
    until = last + LIMITS.customer_closed_for

    with database.transaction() as session:
        forget_old(session, now=until - timedelta(minutes=1))
        closed = attempts.closed_until(session, HASHES, limits=LIMITS, now=until - timedelta(minutes=1))
    with database.transaction() as session:
        deleted = forget_old(session, now=last + timedelta(days=4))
        left = session.scalar(select(func.count()).select_from(FailedAttempt))

    assert closed == until
    assert deleted == 2 * LIMITS.customer_attempts
    assert left == 0


@pytest.mark.parametrize(("age", "stays"), [(timedelta(minutes=9), True), (timedelta(hours=3), False)])
def test_codes_that_can_be_used_stay(database: Database, age: timedelta, stays: bool) -> None:
    with database.transaction() as session:
        session.add(
            SentCode(
                reference="r",
                destination="+12025550101",
                code_hash="0" * 64,
                created_at=NOW,
                expires_at=NOW + timedelta(minutes=10),
            )
        )

    with database.transaction() as session:
        forget_old(session, now=NOW + age)

    with database.reading() as session:
        assert (session.get(SentCode, "r") is not None) is stays


@pytest.mark.parametrize(("age", "stays"), [(timedelta(days=364), True), (timedelta(days=366), False)])
def test_webhooks_are_known_for_a_year(database: Database, age: timedelta, stays: bool) -> None:
    with database.transaction() as session:
        webhook_answers.take(session, key="messages:SM1", holder="one", now=NOW, until=NOW)

    with database.transaction() as session:
        forget_old(session, now=NOW + age)

    with database.reading() as session:
        assert (session.get(WebhookAnswer, "messages:SM1") is not None) is stays


@pytest.mark.parametrize(("age", "stays"), [(timedelta(days=89), True), (timedelta(days=91), False)])
def test_what_became_of_a_text_is_known_for_three_months(database: Database, age: timedelta, stays: bool) -> None:
    with database.transaction() as session:
        outgoing_texts.report(session, sid="SM1", status=TextStatus.SENT, error_code=None, now=NOW)

    with database.transaction() as session:
        forget_old(session, now=NOW + age)

    with database.reading() as session:
        assert (session.get(TextReport, "SM1") is not None) is stays
