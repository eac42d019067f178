"""What time does to callbacks: windows that pass, and calls of whose end nobody told us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.wallet_core.callback_helpers import (
    asker,
    create_callback,
    expire,
    new_customer,
    ring,
    status_of,
    texts,
    try_once,
)
from tests.wallet_core.factories import NOW
from wallet_core import callbacks
from wallet_core.callbacks import AttemptOutcome
from wallet_core.database import Database
from wallet_core.models import CallbackStatus, Ticket

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=2)


def test_a_window_that_passed_ends_the_callback_with_a_text_and_a_note(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session, window_end=NOW + MINUTE)
        create_callback(session, window_end=NOW + HOUR)

        assert expire(session, NOW + MINUTE) == [callback.reference]
        assert expire(session, NOW + MINUTE) == []

        assert (callback.status, callback.outcome) == (CallbackStatus.EXPIRED, "expired")
        assert texts(session) == ["utter_notice_callback_not_called"]
        assert session.scalars(select(Ticket.summary)).all() == [f"{callback.reference}: expired, expired"]


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (AttemptOutcome.NO_ANSWER, "utter_notice_callback_missed"),
        (AttemptOutcome.LATER, "utter_notice_callback_not_called"),  # promised, and not kept
    ],
)
def test_the_text_says_whether_anything_rang(database: Database, outcome: AttemptOutcome, text: str) -> None:
    with database.transaction() as session:
        create_callback(session, window_end=NOW + HOUR)
        try_once(session, outcome)

        expire(session, NOW + HOUR)

        assert texts(session) == [text]


def test_a_request_in_an_unknown_name_ends_quietly(database: Database) -> None:
    with database.transaction() as session:
        nobodys = create_callback(session, window_end=NOW + MINUTE)
        nobodys.customer_id = nobodys.number = None
        nobodys.conversation_id = asker(session, new_customer(session)).conversation_id
        session.flush()

        assert expire(session, NOW + MINUTE) == [nobodys.reference]

        assert (texts(session), session.scalar(select(func.count(Ticket.id)))) == ([], 0)


def test_what_a_lost_worker_never_began_expires_and_what_it_began_does_not(database: Database) -> None:
    with database.transaction() as session:
        held, begun = (create_callback(session, window_end=NOW + MINUTE) for _ in range(2))
        callbacks.claim_due(session, holder="worker-1", now=NOW)
        ring(session, begun.id)

        assert expire(session, NOW + MINUTE) == []
        assert expire(session, NOW + LEASE) == [held.reference]
        assert status_of(session, begun.id) is CallbackStatus.CALLING


def test_a_connected_call_of_whose_end_nobody_told_us_is_over_after_four_hours(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session)
        try_once(session, AttemptOutcome.CONNECTED)

        assert expire(session, NOW + 4 * HOUR - MINUTE) == []
        assert expire(session, NOW + 4 * HOUR) == [callback.reference]

        assert (callback.status, callback.outcome) == (CallbackStatus.COMPLETED, "unknown")


def test_workers_that_sweep_together_tell_the_customer_once(
    database: Database, race: Callable[..., list[object]]
) -> None:
    with database.transaction() as session:
        for _ in range(10):
            create_callback(session, window_end=NOW + MINUTE)

    def sweep() -> list[str]:
        with database.transaction() as session:
            return expire(session, NOW + HOUR)

    swept: list[Any] = race(*[sweep] * 4)

    assert sorted(len(set(references)) for references in swept)[-1] <= 10
    assert sum(len(references) for references in swept) == 10
    with database.reading() as session:
        assert len(texts(session)) == 10
