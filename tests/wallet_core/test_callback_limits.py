"""Where callbacks may go, and how often: one at a time, a few a day, to proven numbers; strangers are told nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.wallet_core.callback_helpers import (
    NEW_NUMBER,
    asker,
    create_callback,
    is_called,
    neutral,
    new_customer,
    report,
    request,
    ring,
    stored,
    stranger,
    take,
)
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import create_challenge
from tests.wallet_core.routings import ROUTING
from wallet_core import callbacks
from wallet_core.callbacks import AttemptOutcome, CallbackReceipt
from wallet_core.database import Database
from wallet_core.errors import InvalidNumber, LimitReached, NotAllowed, WrongState
from wallet_core.models import Assurance, CallbackBlock, CallbackStatus, ChallengeKind, ContactPoint
from wallet_core.policy import Action, Grant

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


# How often


def test_many_requests_at_once_leave_one_pending(database: Database, race: Callable[..., list[object]]) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        grants = [asker(session, customer_id) for _ in range(8)]

    def ask(grant: Grant) -> Callable[[], object]:
        def job() -> object:
            with database.transaction() as session:
                return request(session, grant)

        return job

    results = race(*map(ask, grants))

    assert sum(isinstance(result, CallbackReceipt) for result in results) == 1
    assert sum(isinstance(result, LimitReached) for result in results) == 7


def test_ten_requests_a_minute_lead_to_one_call_whoever_asks(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        own, others = new_customer(session), new_customer(session, phone="+12025550151")
        mine = asker(session, own)
        refused = 0
        for second in range(10):
            try:
                request(session, mine, now=NOW + timedelta(seconds=6 * second))
            except LimitReached:
                refused += 1
        told = {
            repr(neutral(request(session, stranger(session, others), now=NOW))): None for _ in range(10)
        }  # ten strangers, or one in ten chats

        due = callbacks.claim_due(session, holder="worker", now=NOW + timedelta(minutes=1), limit=50)
        assert refused == 9
        assert len(told) == 1
        assert sorted(claimed.customer_id for claimed in due) == sorted([own, others])


def test_the_table_itself_refuses_a_second_pending_one(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        create_callback(session, customer_id=customer_id, status=CallbackStatus.CONNECTED)
        create_callback(session, customer_id=customer_id, status=CallbackStatus.COMPLETED)

    with pytest.raises(IntegrityError), database.transaction() as session:
        create_callback(session, customer_id=customer_id)


def test_one_is_pending_at_most_and_until_when_is_told(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        first = request(session, asker(session, customer_id))

        with pytest.raises(LimitReached) as refused:
            request(session, asker(session, customer_id))

        assert refused.value.facts == {"limit": "callback_pending", "until": first.window_end}


def test_five_a_day_may_be_asked_for(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        for number in range(5):
            receipt = request(session, grant, now=NOW + number * HOUR)
            callbacks.cancel_callback(session, grant=grant, reference=receipt.reference, now=NOW + number * HOUR)

        with pytest.raises(LimitReached) as refused:
            request(session, grant, now=NOW + 5 * HOUR)
        assert refused.value.facts == {"limit": "callbacks_a_day", "until": NOW + DAY}

        assert request(session, grant, now=NOW + DAY)


# The number on file


def test_who_has_no_callable_number_on_file_is_told(database: Database) -> None:
    with database.transaction() as session:
        without = asker(session, new_customer(session, phone=None))
        premium = asker(session, new_customer(session, phone="+19005551234"))
        abroad = asker(session, new_customer(session, phone="+819012345678"))
        lost = asker(session, new_customer(session))
        for contact in session.scalars(select(ContactPoint).where(ContactPoint.customer_id == lost.customer_id)):
            contact.reported_lost_at = NOW

        for grant in (without, premium, abroad, lost):
            with pytest.raises(InvalidNumber):
                request(session, grant, countries={"US", "CN"})


def test_a_blocked_number_is_not_called_and_its_owner_is_told(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session, phone="+12025550151"))
        session.add(CallbackBlock(number="+12025550151", until=NOW + HOUR))
        session.flush()

        with pytest.raises(LimitReached) as refused:
            request(session, grant)
        assert refused.value.facts == {"limit": "callback_blocked", "until": NOW + HOUR}

        assert request(session, grant, now=NOW + HOUR)


# A new number


def proven_with(session: Session, number: str, *, customer_id: str | None = None, **overrides: Any) -> Grant:
    """A proven customer who has just answered a code that was sent to `number`."""
    grant = asker(
        session,
        customer_id or new_customer(session),
        assurance=Assurance.PROVEN,
        action=Action.CALLBACK_NEW_NUMBER,
    )
    create_challenge(
        session,
        conversation_id=str(grant.conversation_id),
        customer_id=grant.customer_id,
        **{
            "kind": ChallengeKind.CODE,
            "purpose": Action.CALLBACK_NEW_NUMBER,
            "destination": number,
            "on_file": False,
            **overrides,
        },
    )
    return grant


def test_a_new_number_is_called_after_a_code_to_it(database: Database) -> None:
    with database.transaction() as session:
        grant = proven_with(session, NEW_NUMBER)

        receipt = request(session, grant, number="+44 20 7946 0123")

        assert stored(session, receipt.reference).number == NEW_NUMBER
        assert receipt.phrase
        assert receipt.masked_number == "+44 ••••••••23"


@pytest.mark.parametrize(
    "proof",
    [
        {"destination": "+442079460124"},
        {"on_file": True},
        {"kind": ChallengeKind.OWNER_FACT},
        {"closed_at": NOW - timedelta(minutes=11)},
    ],
)
def test_a_new_number_without_its_own_fresh_code_is_refused(database: Database, proof: dict[str, Any]) -> None:
    with database.transaction() as session:
        grant = proven_with(session, NEW_NUMBER, **proof)

        with pytest.raises(NotAllowed):
            request(session, grant, number=NEW_NUMBER)


def test_a_new_number_needs_its_own_grant(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session), assurance=Assurance.PROVEN)

        with pytest.raises(WrongState):
            request(session, grant, number=NEW_NUMBER)


def test_the_number_on_file_needs_no_code(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(
            session,
            new_customer(session, phone=NEW_NUMBER),
            assurance=Assurance.PROVEN,
            action=Action.CALLBACK_NEW_NUMBER,
        )

        assert request(session, grant, number=NEW_NUMBER).phrase


@pytest.mark.parametrize("number", ["+19005551234", "+12345", "seven", "+870773111632"])
def test_a_number_that_we_do_not_call_is_refused(database: Database, number: str) -> None:
    with database.transaction() as session, pytest.raises(InvalidNumber):
        request(session, proven_with(session, number), number=number)


def test_a_number_in_a_country_that_is_not_allowed_is_refused(database: Database) -> None:
    with database.transaction() as session, pytest.raises(InvalidNumber):
        request(session, proven_with(session, NEW_NUMBER), number=NEW_NUMBER, countries={"CN"})


# Strangers


def test_a_strangers_limits_do_not_depend_on_the_name(database: Database) -> None:
    with database.transaction() as session:
        answers = []
        for name in (new_customer(session), None):
            grant = stranger(session, name)
            told: list[object] = []
            request(session, grant)
            if name:
                attempt = ring(session, take(session).id)
                report(session, attempt.id, AttemptOutcome.NOT_REQUESTED)
            for minutes in (1, 119, 120, 241, 24 * 60 + 1):
                moment = NOW + timedelta(minutes=minutes)
                try:
                    told.append(neutral(request(session, grant, now=moment)))
                except LimitReached as refused:
                    told.append(refused.facts)
            answers.append(told)

        assert answers[0] == answers[1]
        limits = [answer.get("limit") for answer in answers[0] if isinstance(answer, dict)]
        assert limits == ["callback_pending", "callback_pending", None, "callbacks_a_day", None]


def test_strangers_lead_to_two_calls_a_day_at_most_from_however_many_conversations(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        called = []
        for number in range(6):
            moment = NOW + number * 3 * HOUR
            receipt = request(session, stranger(session, customer_id, now=moment), now=moment)
            called.append(is_called(session, receipt.reference))
            callbacks.expire_overdue(session, routing=ROUTING, now=moment + 2 * HOUR, random=Random())

        assert called == [True, True, False, False, False, False]


def test_strangers_do_not_keep_the_owner_from_asking(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        strangers = request(session, stranger(session, customer_id))

        receipt = request(session, asker(session, customer_id))

        assert receipt.phrase
        first = stored(session, strangers.reference)
        assert (first.status, first.outcome) == (CallbackStatus.CANCELLED, "superseded")


def test_a_strangers_call_that_rings_already_is_told_to_the_owner(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        request(session, stranger(session, customer_id))
        ring(session, take(session).id)

        with pytest.raises(LimitReached) as refused:
            request(session, asker(session, customer_id))

        assert refused.value.facts["limit"] == "callback_pending"
