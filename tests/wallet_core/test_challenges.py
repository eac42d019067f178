"""Challenges: who is asked for what, where a code goes, and one open challenge at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tests.wallet_core.challenge_helpers import EMAIL, FAILED, PHONE, Desk, lose_phone
from tests.wallet_core.factories import NOW, SECRET_KEY
from wallet_core import verification
from wallet_core.errors import (
    AgentOnly,
    ConversationEnded,
    InvalidNumber,
    LimitReached,
    NoSettledContact,
    NotAllowed,
    NotFound,
    WalletError,
)
from wallet_core.models import Assurance, ChallengeKind, ChallengeStatus, ContactKind
from wallet_core.policy import Action

# A code to a contact on file


def test_a_code_goes_to_the_phone_or_to_where_the_customer_asks(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))

    desk.ask_code(ways)
    desk.ask_code(ways, contact_kind=ContactKind.EMAIL)

    assert [destination for destination, _ in desk.inbox] == [PHONE, EMAIL]


def test_a_signed_in_customer_sees_where_the_code_went_and_nobody_else_does(desk: Desk) -> None:
    customer = desk.customer()

    shown = desk.ask_code(desk.ways(desk.conversation(customer, Assurance.SIGNED_IN)))
    hidden = desk.ask_code(desk.ways(desk.conversation(customer, Assurance.CLAIMED)))

    assert shown.masked is not None
    assert PHONE not in shown.masked
    assert hidden.masked is None


@pytest.mark.parametrize(
    "changes",
    [{"contact_since": NOW - timedelta(hours=71, minutes=59)}, {"phone": None, "email": None}],
    ids=["changed-lately", "nothing-on-file"],
)
def test_without_a_settled_contact_no_code_goes_out_and_a_signed_in_customer_hears_why(
    desk: Desk, changes: dict[str, Any]
) -> None:
    ways = desk.ways(desk.conversation(desk.customer(**changes), Assurance.SIGNED_IN))

    with pytest.raises(NoSettledContact):
        desk.ask_code(ways)

    assert desk.inbox == []


def test_a_contact_is_settled_after_72_hours(desk: Desk) -> None:
    customer = desk.customer(contact_since=NOW - timedelta(hours=72))

    desk.ask_code(desk.ways(desk.conversation(customer, Assurance.SIGNED_IN)))

    assert len(desk.inbox) == 1


def test_no_code_goes_to_a_phone_that_was_reported_lost(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer(), Assurance.SIGNED_IN))
    lose_phone(desk)

    desk.ask_code(ways)

    assert [destination for destination, _ in desk.inbox] == [EMAIL]


def test_nobody_in_particular_gets_no_code(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(None, Assurance.ANONYMOUS))

    with pytest.raises(NotAllowed):
        desk.ask_code(ways)


@pytest.mark.parametrize(("action", "error"), [(Action.CLOSE_ACCOUNT, AgentOnly), (Action.CONFIRM_HELD, NotAllowed)])
def test_no_code_is_sent_for_what_no_code_opens(desk: Desk, action: Action, error: type[WalletError]) -> None:
    ways = desk.ways(desk.conversation(desk.customer(), Assurance.SIGNED_IN))

    with pytest.raises(error):
        desk.ask_code(ways, action=action)

    assert desk.inbox == []


def test_a_new_code_takes_the_place_of_the_one_before(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    old = desk.code
    desk.ask_code(ways)

    assert desk.refusal(ways, old) == FAILED
    assert desk.refusal(ways, desk.code) is None
    assert [challenge.status for challenge in desk.challenges()].count(ChallengeStatus.SUPERSEDED) == 1


def test_asking_for_a_new_code_gives_no_new_attempts_and_a_right_one_costs_none(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    left = []
    for wrong in (2, 1):
        desk.ask_code(ways)
        for _ in range(wrong):
            desk.refusal(ways, desk.wrong)
    desk.answer(ways, desk.code)
    desk.ask_code(ways)

    current = desk.current(conversation)

    assert current is not None
    left.append(current.attempts_left)
    desk.time += timedelta(minutes=31)
    desk.ask_code(ways)
    later = desk.current(conversation)
    assert later is not None
    left.append(later.attempts_left)
    assert left == [2, 5]


def test_no_more_than_five_codes_are_asked_for_in_ten_minutes(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    for _ in range(5):
        desk.ask_code(ways)

    with pytest.raises(LimitReached) as refusal:
        desk.ask_code(ways)

    assert refusal.value.facts == {"limit": "codes", "until": NOW + timedelta(minutes=10)}


# A new number


def test_a_new_number_needs_what_its_action_needs(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer(), Assurance.SIGNED_IN))

    with pytest.raises(NotAllowed):
        desk.ask_code(ways, action=Action.CALLBACK_NEW_NUMBER, new_number="+442079460958")

    assert desk.inbox == []


@pytest.mark.parametrize("number", ["", "12", "+1", "not a number", "+442079460958 ext. 4"])
def test_a_new_number_that_is_none_is_refused(desk: Desk, number: str) -> None:
    ways = desk.ways(desk.conversation(desk.customer(), Assurance.PROVEN))

    with pytest.raises(InvalidNumber):
        desk.ask_code(ways, action=Action.CALLBACK_NEW_NUMBER, new_number=number)


# Owner facts


def test_an_owner_fact_is_asked_of_nobody_in_particular(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        desk.ask_fact(desk.ways(desk.conversation(None, Assurance.ANONYMOUS)))


# Repeats and ends


def test_how_the_last_challenge_ended_is_known(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    with desk.database.reading() as session:
        before = verification.last_ended(session, conversation_id=conversation)
    desk.ask_code(ways)
    desk.ask_code(ways)
    desk.time += timedelta(minutes=1)
    desk.answer(ways, desk.code)

    with desk.database.reading() as session:
        ended = verification.last_ended(session, conversation_id=conversation)

    assert before is None
    assert ended is not None
    assert (ended.kind, ended.status, ended.closed_at) == (ChallengeKind.CODE, ChallengeStatus.PASSED, desk.time)


def test_the_current_challenge_is_what_the_next_message_answers(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    assert desk.current(conversation) is None

    desk.ask_fact(desk.ways(conversation))
    asked = desk.current(conversation)
    desk.refusal(desk.ways(conversation), "19000101")
    after_one = desk.current(conversation)
    with desk.database.transaction() as session:
        assert verification.close_challenge(session, conversation_id=conversation, now=desk.time)
        assert not verification.close_challenge(session, conversation_id=conversation, now=desk.time)

    assert asked is not None
    assert after_one is not None
    assert (asked.kind, asked.attempts_left, after_one.attempts_left) == (ChallengeKind.OWNER_FACT, 5, 4)
    assert desk.current(conversation) is None


def test_a_late_answer_is_still_taken_for_one_and_refused(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    desk.ask_fact(desk.ways(conversation))

    desk.time += timedelta(minutes=19)
    late = desk.current(conversation)
    refusal = desk.refusal(desk.ways(conversation), "19900131")

    assert late is not None
    assert refusal == FAILED
    assert desk.current(conversation) is None
    assert desk.challenges()[0].status is ChallengeStatus.EXPIRED


def test_after_that_a_message_is_a_message_again(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    desk.ask_fact(desk.ways(conversation))

    desk.time += timedelta(minutes=20)

    assert desk.current(conversation) is None


def test_nothing_is_asked_or_answered_in_a_conversation_that_ended_or_never_was(desk: Desk) -> None:
    ended = desk.ways(desk.conversation(desk.customer(), ended_at=NOW))
    unknown = desk.ways("nobody")

    for ways, error in ((ended, ConversationEnded), (unknown, NotFound)):
        with pytest.raises(error):
            desk.ask_fact(ways)
        with pytest.raises(error):
            desk.ask_code(ways)
        with pytest.raises(error):
            desk.answer(ways, "19900131")


def test_one_conversation_has_one_open_challenge_however_many_are_asked_for_at_once(
    desk: Desk, race: Callable[..., list[object]]
) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)

    def ask() -> None:
        with desk.database.transaction() as session:
            verification.open_owner_fact_challenge(
                session, ways=ways, secret_key=SECRET_KEY, now=desk.time, random=Random()
            )

    results = race(*[ask] * 16)

    assert results == [None] * 16
    assert [challenge.status for challenge in desk.challenges()].count(ChallengeStatus.OPEN) == 1
