"""A text before a callback's time, for who asked for it long enough ahead, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core.callback_helpers import asker, new_customer, request, stranger
from tests.wallet_core.factories import NOW
from tests.wallet_core.routings import ROUTING
from wallet_core import callbacks
from wallet_core.database import Database
from wallet_core.models import CallbackBlock, Language, Notice

MINUTE = timedelta(minutes=1)
BEFORE = 30 * MINUTE
AT = NOW + timedelta(hours=3)


def remind(session: Session, now: datetime) -> int:
    return callbacks.remind_ahead(session, before=BEFORE, now=now)


def test_who_asked_for_a_time_ahead_is_texted_once_before_it(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session, phone="+12025550160"))
        receipt = request(session, grant, start=AT, language=Language.ZH)

        early, due, again = remind(session, AT - 31 * MINUTE), remind(session, AT - 29 * MINUTE), remind(session, AT)

        (notice,) = session.scalars(select(Notice))
        assert (early, due, again) == (0, 1, 0)
        assert (notice.name, notice.language) == ("utter_notice_callback_reminder", Language.ZH)
        assert (notice.destination, notice.facts) == (
            "+12025550160",
            {"reference": receipt.reference, "minutes": 29},
        )


@pytest.mark.parametrize(
    "wish",
    [
        {},  # as soon as possible
        {"start": NOW + 20 * MINUTE},  # so soon that they know it still
    ],
)
def test_who_is_called_soon_anyway_is_not_reminded(sqlite_database: Database, wish: dict[str, Any]) -> None:
    with sqlite_database.transaction() as session:
        request(session, asker(session, new_customer(session)), **wish)

        assert [remind(session, NOW + minutes * MINUTE) for minutes in (0, 5, 19)] == [0, 0, 0]


def test_another_time_has_its_own_reminder_and_a_cancelled_one_none(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        grant = asker(session, new_customer(session))
        reference = request(session, grant, start=AT).reference
        first = remind(session, AT - 20 * MINUTE)
        later = AT + timedelta(hours=2)
        callbacks.change_window(
            session, grant=grant, reference=reference, routing=ROUTING, now=AT - 10 * MINUTE, start=later
        )

        second = remind(session, later - 20 * MINUTE)
        callbacks.change_window(
            session,
            grant=grant,
            reference=reference,
            routing=ROUTING,
            now=later - 10 * MINUTE,
            start=later + 2 * BEFORE,
        )
        callbacks.cancel_callback(session, grant=grant, reference=reference, now=later)

        assert (first, second, remind(session, later + BEFORE + MINUTE)) == (1, 1, 0)


def test_nobody_is_reminded_of_a_call_that_will_not_come(sqlite_database: Database) -> None:
    """In an unknown name, or to a number that key 9 keeps us from."""
    with sqlite_database.transaction() as session:
        request(session, stranger(session, None), start=AT)
        request(session, asker(session, new_customer(session, phone="+12025550161")), start=AT)
        session.add(CallbackBlock(number="+12025550161", until=AT + BEFORE))
        session.flush()

        assert remind(session, AT - 10 * MINUTE) == 0
