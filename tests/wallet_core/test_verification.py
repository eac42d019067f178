"""Verification: challenges in the order that keeps them safe, and nothing tells who is a customer."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.wallet_core.challenge_helpers import PHONE, Desk
from tests.wallet_core.factories import NOW, SECRET_KEY
from wallet_core import verification
from wallet_core.errors import ChallengeFailed, ServiceUnavailable
from wallet_core.models import Assurance, AuditEntry, Challenge, ChallengeStatus, FailedAttempt, SentCode
from wallet_core.policy import Action


def test_codes_are_stored_nowhere_in_clear(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()), address="192.0.2.7", number=PHONE)
    desk.ask_code(ways)
    desk.refusal(ways, desk.wrong)

    with desk.database.reading() as session:
        for kind in (Challenge, FailedAttempt, SentCode, AuditEntry):
            stored = str([vars(row) for row in session.scalars(select(kind))])
            assert desk.code not in stored
            assert "192.0.2.7" not in stored


def test_an_owner_fact_is_not_taken_for_a_code_nor_a_code_for_an_owner_fact(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_fact(ways)
    with pytest.raises(ChallengeFailed):
        verification.check_code(desk.database, desk, ways=ways, code="19900131", secret_key=SECRET_KEY, now=desk.time)
    desk.ask_code(ways)
    with pytest.raises(ChallengeFailed):
        verification.check_owner_fact(desk.database, ways=ways, answer="19900131", secret_key=SECRET_KEY, now=desk.time)


def test_the_sender_of_codes_is_asked_as_often_for_an_unknown_name_as_for_a_known_one(desk: Desk) -> None:
    known, unknown = desk.ways(desk.conversation(desk.customer())), desk.ways(desk.conversation(None))
    asked = []

    for ways in (known, unknown):
        desk.ask_code(ways)
        before = desk.checked
        desk.refusal(ways, "000001")
        asked.append(desk.checked - before)

    assert asked == [1, 1]


@pytest.mark.parametrize("customer", [{}, {"phone": None, "email": None}, {"contact_since": NOW}, None])
def test_below_signed_in_nobody_learns_whether_a_code_could_be_sent(
    desk: Desk, customer: dict[str, Any] | None
) -> None:
    conversation = desk.conversation(desk.customer(**customer) if customer is not None else None)
    desk.down = True

    view = desk.ask_code(desk.ways(conversation))
    current = desk.current(conversation)

    assert view.masked is None
    assert current is not None
    assert desk.inbox == []


def test_a_signed_in_customer_hears_that_a_code_could_not_be_sent_and_may_ask_again(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer(), Assurance.SIGNED_IN)
    desk.down = True
    with pytest.raises(ServiceUnavailable):
        desk.ask_code(desk.ways(conversation))
    assert desk.current(conversation) is None
    desk.down = False

    desk.ask_code(desk.ways(conversation))

    assert desk.refusal(desk.ways(conversation), desk.code) is None


def test_a_code_is_delivered_once(desk: Desk) -> None:
    view = desk.ask_code(desk.ways(desk.conversation(desk.customer())))

    verification.deliver_code(desk.database, desk, challenge_id=view.id, now=desk.time)
    verification.deliver_code(desk.database, desk, challenge_id="nothing", now=desk.time)

    assert len(desk.inbox) == 1


def test_a_challenge_that_ran_out_before_it_was_delivered_is_not(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    with desk.database.transaction() as session:
        view = verification.open_code_challenge(
            session, ways=ways, action=Action.UNLOCK, secret_key=SECRET_KEY, now=desk.time, random=desk.random
        )

    verification.deliver_code(desk.database, desk, challenge_id=view.id, now=view.expires_at)

    assert desk.inbox == []


def test_the_sender_of_codes_is_called_with_no_transaction_open(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))

    desk.ask_code(ways)
    desk.answer(ways, desk.code)

    # The built-in sender writes with a connection of its own: on SQLite it would have waited for an open one.
    assert desk.challenges()[0].status is ChallengeStatus.PASSED
