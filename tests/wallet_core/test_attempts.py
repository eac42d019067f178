"""Wrong answers: five close the way that they came, and many about one customer close all ways, untold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.wallet_core.challenge_helpers import FAILED, PHONE, Desk, lose_phone
from tests.wallet_core.factories import NOW
from wallet_core import verification
from wallet_core.errors import ChallengeFailed, TooManyAttempts
from wallet_core.models import Assurance, ChallengeStatus, FailedAttempt
from wallet_core.policy import Action
from wallet_core.verification import Ways

# The way it came


def test_a_right_code_on_the_sixth_try_is_refused(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_code(ways)
    refusals = [desk.refusal(ways, desk.wrong) for _ in range(5)]

    sixth = desk.refusal(ways, desk.code)

    assert refusals == [FAILED] * 5
    assert sixth == ("too_many_attempts", {"until": NOW + timedelta(minutes=30)})
    assert not desk.may(conversation, Action.UNLOCK)
    assert desk.challenges()[0].status is ChallengeStatus.FAILED


def test_a_right_code_on_the_fifth_try_is_taken(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    for _ in range(4):
        desk.refusal(ways, desk.wrong)

    assert desk.refusal(ways, desk.code) is None


def test_a_closed_way_opens_again_after_half_an_hour(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    for _ in range(5):
        desk.refusal(ways, desk.wrong)
        desk.time += timedelta(minutes=1)

    desk.time = NOW + timedelta(minutes=33, seconds=59)
    with pytest.raises(TooManyAttempts) as closed:
        desk.ask_code(ways)
    desk.time = NOW + timedelta(minutes=34)
    desk.ask_code(ways)

    assert closed.value.facts == {"until": NOW + timedelta(minutes=34)}
    assert desk.refusal(ways, desk.wrong) == FAILED
    assert desk.refusal(ways, desk.code) is None


def test_wrong_answers_spread_over_hours_close_nothing(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()), address="192.0.2.7")

    for _ in range(12):
        desk.ask_code(ways)
        assert desk.refusal(ways, desk.wrong) == FAILED
        desk.time += timedelta(minutes=11)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"address": "192.0.2.7"}, {"address": "192.0.2.7"}),
        ({"address": "192.0.2.7"}, {"address": "::ffff:192.0.2.7"}),
        ({"address": "2001:db8::1"}, {"address": "2001:db8::2"}),
        ({"number": "+12025559999"}, {"number": "+1 (202) 555-9999"}),
        ({"address": "not-an-address"}, {"address": "not-an-address"}),
        ({"number": "anonymous"}, {"number": "anonymous"}),
    ],
)
def test_five_wrong_answers_close_the_address_and_the_number_for_other_conversations(
    desk: Desk, first: dict[str, str], second: dict[str, str]
) -> None:
    stranger, owner = desk.customer(phone=None), desk.customer()
    guessing = desk.ways(desk.conversation(stranger), **first)
    desk.ask_code(guessing)
    for _ in range(5):
        desk.refusal(guessing, desk.wrong)

    with pytest.raises(TooManyAttempts):
        desk.ask_code(desk.ways(desk.conversation(owner), **second))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"address": "192.0.2.7"}, {"address": "192.0.2.8"}),
        ({"address": "2001:db8::1"}, {"address": "2001:db8:0:1::1"}),
        ({"number": "+12025559999"}, {"number": "+12025559998"}),
        ({"address": "192.0.2.7"}, {}),
    ],
)
def test_a_closed_way_closes_no_other(desk: Desk, first: dict[str, str], second: dict[str, str]) -> None:
    customer = desk.customer()
    guessing = desk.ways(desk.conversation(customer), **first)
    desk.ask_code(guessing)
    for _ in range(5):
        desk.refusal(guessing, desk.wrong)
    owner = desk.ways(desk.conversation(customer), **second)

    desk.ask_code(owner)

    assert desk.refusal(owner, desk.code) is None


def test_a_new_numbers_wrong_codes_close_that_number(desk: Desk) -> None:
    for _ in range(5):
        ways = desk.ways(desk.conversation(None, Assurance.ANONYMOUS))
        desk.ask_code(ways, action=Action.CALLBACK_ON_FILE, new_number=PHONE)
        desk.refusal(ways, desk.wrong)

    with pytest.raises(TooManyAttempts):
        desk.ask_code(
            desk.ways(desk.conversation(None, Assurance.ANONYMOUS)), action=Action.CALLBACK_ON_FILE, new_number=PHONE
        )


def test_guesses_made_at_once_are_counted_one_by_one(desk: Desk, race: Callable[..., list[object]]) -> None:
    customer = desk.customer()
    conversations = [desk.conversation(customer) for _ in range(4)]
    guesses = []
    for conversation in conversations:
        ways = desk.ways(conversation, address="192.0.2.7")
        desk.ask_code(ways)
        guesses += [ways] * 5

    results = race(*(lambda ways=ways: desk.answer(ways, "999999x9") for ways in guesses))

    assert [type(result).__name__ for result in results].count("ChallengeFailed") == 5
    assert [type(result).__name__ for result in results].count("TooManyAttempts") == 15
    assert desk.checked == 5


def test_a_code_that_could_not_be_checked_does_not_count(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    desk.down = True
    for _ in range(6):
        assert desk.refusal(ways, desk.code) == ("service_unavailable", {"service": "codes"})
    desk.down = False

    assert desk.refusal(ways, desk.code) is None
    with desk.database.reading() as session:
        assert session.scalars(select(FailedAttempt)).all() == []


def test_the_limits_are_settings(desk: Desk) -> None:
    limits = verification.AttemptLimits(attempts=1, closed_for=timedelta(minutes=1))
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways, limits=limits)
    with pytest.raises(ChallengeFailed):
        desk.answer(ways, desk.wrong, limits=limits)

    with pytest.raises(TooManyAttempts) as closed:
        desk.answer(ways, desk.code, limits=limits)

    assert closed.value.facts == {"until": NOW + timedelta(minutes=1)}


def test_a_right_owner_fact_on_the_sixth_try_is_refused(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_fact(ways)
    refusals = [desk.refusal(ways, "19000101") for _ in range(5)]

    assert refusals == [FAILED] * 5
    assert desk.refusal(ways, "19900131") == ("too_many_attempts", {"until": NOW + timedelta(minutes=30)})
    with pytest.raises(TooManyAttempts):
        desk.ask_fact(ways)
    assert not desk.may(conversation, Action.FREEZE)


def test_a_right_owner_fact_is_not_looked_at_where_its_way_was_closed_meanwhile(desk: Desk) -> None:
    customer = desk.customer()
    waiting = desk.ways(desk.conversation(customer), address="192.0.2.7")
    desk.ask_fact(waiting)
    guessing = desk.ways(desk.conversation(customer), address="192.0.2.7")
    desk.ask_fact(guessing)
    for _ in range(5):
        desk.refusal(guessing, "19000101")

    refusal = desk.refusal(waiting, "19900131")

    assert refusal == ("too_many_attempts", {"until": NOW + timedelta(minutes=30)})
    assert not desk.may(waiting.conversation_id, Action.FREEZE)


def test_an_unknown_name_is_closed_after_five_answers_like_a_known_one(desk: Desk) -> None:
    known, unknown = desk.ways(desk.conversation(desk.customer())), desk.ways(desk.conversation(None))

    def answers(ways: Ways, ask: Callable[[Ways], verification.ChallengeView], wrong: str) -> list[Any]:
        view = ask(ways)
        shape = (view.kind, view.masked, view.attempts_left, view.expires_at, view.on_file)
        return [shape, *(desk.refusal(ways, wrong) for _ in range(7))]

    assert answers(known, desk.ask_code, "0") == answers(unknown, desk.ask_code, "0")
    desk.time += timedelta(hours=1)
    assert answers(known, desk.ask_fact, "19000101") == answers(unknown, desk.ask_fact, "19000101")


# All ways to one customer


def guess_facts(desk: Desk, customer: str, *, conversations: int, **ways: str) -> None:
    """Five wrong facts in each of so many conversations, each from an address of its own."""
    for _ in range(conversations):
        conversation = desk.conversation(customer)
        from_here = desk.ways(conversation, **ways)
        desk.ask_fact(from_here)
        for _ in range(5):
            assert desk.refusal(from_here, "19000101") == FAILED


def test_guesses_about_one_customer_by_many_ways_close_all_ways_without_saying_so(desk: Desk) -> None:
    customer = desk.customer()
    guess_facts(desk, customer, conversations=4)

    conversation = desk.conversation(customer)
    ways = desk.ways(conversation)
    desk.ask_fact(ways)
    refusal = desk.refusal(ways, "19900131")

    assert refusal == FAILED
    assert not desk.may(conversation, Action.FREEZE)
    desk.time += timedelta(hours=24)
    desk.ask_fact(ways)
    assert desk.refusal(ways, "19900131") is None


def test_guesses_while_all_ways_are_closed_do_not_keep_them_closed(desk: Desk) -> None:
    customer = desk.customer()
    guess_facts(desk, customer, conversations=4)
    desk.time += timedelta(hours=23)
    guess_facts(desk, customer, conversations=4)
    desk.time += timedelta(hours=1)

    ways = desk.ways(desk.conversation(customer))
    desk.ask_fact(ways)

    assert desk.refusal(ways, "19900131") is None


def test_a_stranger_cannot_keep_the_owners_own_phone_from_freezing(desk: Desk) -> None:
    customer = desk.customer()
    guess_facts(desk, customer, conversations=4)
    guess_facts(desk, customer, conversations=4, number=PHONE)

    conversation = desk.conversation(customer)
    own_phone = desk.ways(conversation, number=PHONE)
    desk.ask_fact(own_phone)

    assert desk.refusal(own_phone, "19900131") is None
    assert desk.may(conversation, Action.FREEZE)


def test_a_stranger_cannot_keep_a_signed_in_owner_from_freezing(desk: Desk) -> None:
    customer = desk.customer()
    guess_facts(desk, customer, conversations=4)

    assert desk.may(desk.conversation(customer, Assurance.SIGNED_IN), Action.FREEZE)


def test_a_phone_that_was_reported_lost_has_no_privilege(desk: Desk) -> None:
    customer = desk.customer()
    lose_phone(desk)
    thief = desk.ways(desk.conversation(customer), number=PHONE)
    desk.ask_fact(thief)
    for _ in range(5):
        desk.refusal(thief, "19000101")

    with pytest.raises(TooManyAttempts):
        desk.ask_fact(desk.ways(desk.conversation(customer), number=PHONE))


def test_a_stranger_cannot_keep_a_signed_in_owner_from_proving_themselves(desk: Desk) -> None:
    customer = desk.customer()
    guess_facts(desk, customer, conversations=4)

    claimed = desk.ways(desk.conversation(customer))
    desk.ask_code(claimed)
    assert desk.refusal(claimed, desk.code) == FAILED
    signed_in = desk.ways(desk.conversation(customer, Assurance.SIGNED_IN))
    desk.ask_code(signed_in)
    assert desk.refusal(signed_in, desk.code) is None
