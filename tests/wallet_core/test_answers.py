"""Answers: what a right one opens, for whom and how long, and that all others are refused alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.wallet_core.challenge_helpers import FAILED, Desk, lose_phone
from tests.wallet_core.factories import NOW, SECRET_KEY
from wallet_core import verification
from wallet_core.models import Assurance, AuditEntry, ChallengeKind
from wallet_core.policy import Action

# Codes


def test_a_right_code_proves_the_customer_for_ten_minutes(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_code(ways)

    answer = desk.answer(ways, desk.code)

    assert (answer.passed, answer.kind, answer.action) == (True, ChallengeKind.CODE, Action.UNLOCK)
    assert desk.may(conversation, Action.UNLOCK)
    desk.time += timedelta(minutes=10)
    assert not desk.may(conversation, Action.UNLOCK)


@pytest.mark.parametrize("written", ["{0}", " {0} ", "code: {0}.", "{1} {2}"])
def test_a_code_is_understood_as_people_write_it(desk: Desk, written: str) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in desk.code)

    assert desk.answer(ways, written.format(desk.code, wide[:3], wide[3:])).passed


def test_a_code_is_used_up_by_being_right(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer()))
    desk.ask_code(ways)
    desk.answer(ways, desk.code)

    assert desk.refusal(ways, desk.code) == FAILED


def test_a_code_sent_before_the_phone_was_reported_lost_proves_nothing_after(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    desk.ask_code(desk.ways(conversation))

    lose_phone(desk)

    assert desk.refusal(desk.ways(conversation), desk.code) == FAILED
    assert not desk.may(conversation, Action.UNLOCK)


def test_a_code_of_one_conversation_does_not_prove_another(desk: Desk) -> None:
    customer = desk.customer()
    here, there = desk.conversation(customer), desk.conversation(customer)
    desk.ask_code(desk.ways(here))

    assert desk.refusal(desk.ways(there), desk.code) == FAILED
    assert not desk.may(there, Action.UNLOCK)


def test_a_code_does_not_prove_whom_the_conversation_claims_meanwhile(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    victim = desk.customer(phone="+12025550102", email=None)
    desk.ask_code(desk.ways(conversation))
    with desk.database.transaction() as session:
        verification.claim(session, conversation_id=conversation, customer_id=victim, now=desk.time)

    assert desk.refusal(desk.ways(conversation), desk.code) == FAILED
    assert not desk.may(conversation, Action.VIEW)


def test_a_code_that_was_superseded_while_it_was_checked_proves_nothing(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_code(ways)
    with desk.database.transaction() as session:
        check = verification.begin_code_check(session, ways=ways, code=desk.code, secret_key=SECRET_KEY, now=desk.time)
    desk.ask_code(ways)

    with desk.database.transaction() as session:
        answer = verification.record_code_result(session, check=check, accepted=True, now=desk.time)

    assert not answer.passed
    assert not desk.may(conversation, Action.UNLOCK)


def test_a_code_that_was_superseded_while_nobody_could_check_it_costs_the_new_one_no_attempt(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_code(ways)
    with desk.database.transaction() as session:
        check = verification.begin_code_check(session, ways=ways, code=desk.code, secret_key=SECRET_KEY, now=desk.time)
    desk.ask_code(ways)

    with desk.database.transaction() as session:
        verification.record_code_result(session, check=check, accepted=None, now=desk.time)

    current = desk.current(conversation)
    assert current is not None
    assert current.attempts_left == 5


def test_a_code_to_a_new_number_proves_that_number_and_nothing_else(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer(), Assurance.CLAIMED, proven_until=NOW + timedelta(minutes=1))
    ways = desk.ways(conversation)
    view = desk.ask_code(ways, action=Action.CALLBACK_NEW_NUMBER, new_number="+44 20 7946 0958")
    desk.time += timedelta(minutes=2)

    answer = desk.answer(ways, desk.code)

    def proven(number: str) -> bool:
        with desk.database.reading() as session:
            return verification.number_proven(session, conversation_id=conversation, number=number, now=desk.time)

    assert (view.on_file, answer.passed) == (False, True)
    assert desk.inbox[0][0] == "+442079460958"
    assert proven("+44 20 7946 0958")
    assert not proven("+442079460959")
    assert not desk.may(conversation, Action.UNLOCK)
    desk.time += timedelta(minutes=10)
    assert not proven("+442079460958")


def test_a_visitors_number_may_prove_itself(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(None, Assurance.ANONYMOUS))
    desk.ask_code(ways, action=Action.CALLBACK_ON_FILE, new_number="+442079460958")

    assert desk.answer(ways, desk.code).passed


# Owner facts


@pytest.mark.parametrize("fact", ["19900131", "1990年1月31日", "123X", "123x", "１２３＊"])
def test_a_right_owner_fact_opens_the_protective_freeze_only(desk: Desk, fact: str) -> None:
    conversation = desk.conversation(desk.customer())
    ways = desk.ways(conversation)
    desk.ask_fact(ways)

    answer = desk.answer(ways, fact)

    assert (answer.passed, answer.kind, answer.action) == (True, ChallengeKind.OWNER_FACT, Action.FREEZE)
    assert desk.may(conversation, Action.FREEZE)
    assert not desk.may(conversation, Action.VIEW)
    assert not desk.may(conversation, Action.UNLOCK)


@pytest.mark.parametrize("fact", ["19900132", "1234", "", "x", "123X 19900131", "/freeze_account", "0"])
def test_a_wrong_owner_fact_opens_nothing(desk: Desk, fact: str) -> None:
    conversation = desk.conversation(desk.customer())
    desk.ask_fact(desk.ways(conversation))

    assert desk.refusal(desk.ways(conversation), fact) == FAILED
    assert not desk.may(conversation, Action.FREEZE)


def test_a_customer_without_stored_facts_cannot_pass(desk: Desk) -> None:
    ways = desk.ways(desk.conversation(desk.customer(birth_date=None, document_tail=None)))
    desk.ask_fact(ways)

    assert [desk.refusal(ways, fact) for fact in ("19900131", "123X", "")] == [FAILED] * 3


def test_an_owner_fact_asked_of_one_name_is_not_answered_for_another(desk: Desk) -> None:
    conversation = desk.conversation(desk.customer())
    other = desk.customer(phone="+12025550102", email=None, birth_date="19800229")
    desk.ask_fact(desk.ways(conversation))
    with desk.database.transaction() as session:
        verification.claim(session, conversation_id=conversation, customer_id=other, now=desk.time)

    assert desk.refusal(desk.ways(conversation), "19800229") == FAILED


# Either


def test_wrong_unknown_expired_superseded_and_unasked_codes_get_the_same_answer(desk: Desk) -> None:
    known, unknown, expired, used, unasked = (
        desk.ways(desk.conversation(desk.customer(phone=phone, email=None) if phone else None))
        for phone in ("+12025550111", None, "+12025550112", "+12025550113", "+12025550114")
    )
    for ways in (known, unknown, expired, used):
        desk.ask_code(ways)
    assert desk.refusal(used, desk.code) is None
    expired_code = next(code for destination, code in desk.inbox if destination == "+12025550112")

    answers = [desk.refusal(known, desk.wrong), desk.refusal(unknown, desk.wrong), desk.refusal(unasked, "123456")]
    answers += [desk.refusal(used, desk.code)]
    desk.time += timedelta(minutes=10)
    answers += [desk.refusal(expired, expired_code)]

    assert answers == [FAILED] * 5


def test_what_became_of_a_challenge_is_written_down(desk: Desk) -> None:
    customer = desk.customer()
    ways = desk.ways(desk.conversation(customer))
    desk.ask_code(ways)
    desk.answer(ways, desk.code)
    desk.ask_code(ways)
    for _ in range(5):
        desk.refusal(ways, desk.wrong)

    with desk.database.reading() as session:
        written = session.scalars(select(AuditEntry.action).where(AuditEntry.chain == customer)).all()
    assert written == ["assurance_proven", "challenge_passed", "challenge_failed"]
