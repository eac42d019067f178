"""FREEZE by text: without Rasa, at CLAIMED with one owner fact, the receipt first."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.gateway.conftest import Gateway, Start, phone_settings
from tests.gateway.texting import Telephone, conversations, customer_with_telephone, new_sid, transcript
from wallet_core.models import Account, Conversation, Freeze, FreezeKind, Language, Message, Notice, Role
from wallet_core.ports import SystemClock
from wallet_core.verification import PROVEN_FOR

BIRTH_DATE, WRONG = "19900131", "19910131"


@pytest.fixture
def owner(with_phone: Gateway) -> Telephone:
    """The telephone of a customer, English, born on 31 January 1990."""
    return _owner(with_phone)


def _owner(gateway: Gateway, **overrides: object) -> Telephone:
    key = gateway.settings.secret_key.get_secret_value()
    return customer_with_telephone(gateway, secret_key=key, **overrides)[1]


def _freezes(phone: Telephone) -> list[Freeze]:
    customer = conversations(phone)[-1].customer_id
    with phone.gateway.database.reading() as session:
        query = select(Freeze).join(Account, Account.id == Freeze.account_id).where(Account.customer_id == customer)
        return list(session.scalars(query))


@pytest.mark.parametrize(
    "word", ["FREEZE", "freeze", " Freeze ", "f r e e z e", "ＦＲＥＥＺＥ", "冻结", "凍結", "冻 结"]
)
def test_the_word_asks_for_one_fact_and_freezes_on_it_without_rasa(with_phone: Gateway, word: str) -> None:
    phone = _owner(with_phone)
    with_phone.rasa.stop()

    question = phone.says(word)
    answer = phone.says(BIRTH_DATE)

    [freeze] = _freezes(phone)
    assert "19850423" in question
    assert freeze.kind is FreezeKind.PROTECTIVE
    assert freeze.reference in answer.splitlines()[0]
    assert with_phone.rasa.asked == []


def test_the_fact_is_in_no_transcript(owner: Telephone) -> None:
    owner.says("FREEZE")

    owner.says(f"it is {BIRTH_DATE}")

    with owner.gateway.database.reading() as session:
        assert BIRTH_DATE not in " ".join(session.scalars(select(Message.text)))
    assert owner.gateway.rasa.asked == []


def test_the_owner_is_told_on_the_other_channels(owner: Telephone) -> None:
    owner.says("FREEZE")
    owner.says(BIRTH_DATE)

    with owner.gateway.database.reading() as session:
        query = select(Notice.name).where(Notice.customer_id == conversations(owner)[-1].customer_id)
        assert list(session.scalars(query)) == ["utter_notice_freeze_protective"]


def test_the_answer_is_in_the_customers_language(with_phone: Gateway) -> None:
    phone = _owner(with_phone, language=Language.ZH)

    question = phone.says("FREEZE")
    answer = phone.says(BIRTH_DATE)

    assert "出生日期" in question
    assert "保护性冻结" in answer


def test_a_wrong_fact_freezes_nothing_and_may_be_tried_again(owner: Telephone) -> None:
    owner.says("FREEZE")

    first = owner.says(WRONG)
    second = owner.says(BIRTH_DATE)

    assert "tries left: 4" in first and "date of birth" in first
    assert "FRZ-" in second
    assert len(_freezes(owner)) == 1


def test_too_many_wrong_facts_close_the_way_and_name_the_hotline(owner: Telephone) -> None:
    owner.says("FREEZE")
    for _ in range(4):
        owner.says(WRONG)

    fifth = owner.says(WRONG)
    right = owner.says(BIRTH_DATE)
    again = owner.says("FREEZE")

    assert "too many tries" in fifth and "day or night" in fifth
    assert "FRZ-" not in right
    assert "day or night" in again
    assert _freezes(owner) == []


def test_what_cannot_be_read_does_not_count(owner: Telephone) -> None:
    owner.says("FREEZE")

    answer = owner.says("03/04/1990")

    assert "did not count" in answer and "date of birth" in answer


def test_it_does_not_wait_for_what_rasa_is_stuck_in(hasty: Gateway) -> None:
    owner = _owner(hasty)
    owner.gateway.rasa.hold()
    owner.says("please help me quickly")

    question = owner.says("FREEZE")

    assert "date of birth" in question


def test_said_again_it_asks_again_and_freezes_once(owner: Telephone) -> None:
    sid = new_sid()
    first = owner.post("FREEZE", sid=sid)

    assert owner.post("FREEZE", sid=sid).content == first.content
    assert "date of birth" in owner.says("FREEZE")
    owner.says(BIRTH_DATE)
    # The proof lasts for ten minutes: no second question.
    assert _freezes(owner)[0].reference in owner.says("FREEZE")
    assert len(_freezes(owner)) == 1


def test_who_has_proven_who_they_are_is_frozen_at_once(owner: Telephone) -> None:
    owner.says("hello there")
    with owner.gateway.database.transaction() as session:
        row = session.get_one(Conversation, conversations(owner)[-1].id)
        row.proven_until = SystemClock().now() + PROVEN_FOR

    answer = owner.says("FREEZE")

    [freeze] = _freezes(owner)
    assert freeze.reference in answer.splitlines()[0]
    assert freeze.kind is FreezeKind.FULL


def test_nobodys_number_is_asked_whose_wallet_it_is_by_rasa(with_phone: Gateway) -> None:
    phone = Telephone(with_phone)

    phone.says("FREEZE")

    assert with_phone.rasa.texts() == ["FREEZE"]


@pytest.mark.parametrize("mode", ["down", "error", "empty", "garbage"])
def test_nobodys_number_hears_the_hotline_when_rasa_does_not_answer(with_phone: Gateway, mode: str) -> None:
    phone = Telephone(with_phone)
    if mode == "down":
        with_phone.rasa.stop()
    with_phone.rasa.mode = mode

    answer = phone.says("FREEZE")

    assert "day or night" in answer


def test_anything_else_without_rasa_names_the_word_that_works(with_phone: Gateway) -> None:
    phone = _owner(with_phone)
    with_phone.rasa.stop()

    offer = phone.says("where is my money")
    answer = phone.says("1")

    assert "reply FREEZE" in offer
    assert offer.splitlines()[-1] == "1 Have a person contact me"
    assert "T-" in answer


def test_a_question_in_between_does_not_lose_the_freeze(owner: Telephone) -> None:
    owner.says("FREEZE")

    between = owner.says("why do you ask")
    answer = owner.says(BIRTH_DATE)

    assert between == "#1 why do you ask"
    assert "FRZ-" in answer


def test_a_fact_that_a_form_of_rasas_asked_for_is_rasas(owner: Telephone) -> None:
    owner.says("FREEZE")
    owner.says("hello there")
    with owner.gateway.database.transaction() as session:
        # What Rasa's own form asks in its turn.
        last = session.scalars(
            select(Message).where(Message.conversation_id == conversations(owner)[-1].id).order_by(Message.id.desc())
        ).first()
        assert last is not None
        last.name = "utter_ask_owner_fact"

    owner.says(BIRTH_DATE)

    assert owner.gateway.rasa.asked[-1]["message"] == "/challenge_passed"
    assert [line.text for line in transcript(owner) if line.role is Role.CUSTOMER][-1] == "••••"


def test_the_answer_survives_the_death_of_the_process_that_took_it(start: Start) -> None:
    gateway = start(**phone_settings())
    phone = _owner(gateway)
    phone.says("FREEZE")
    gateway.stop()
    other = start(**phone_settings())

    answer = Telephone(other, phone.number).says(BIRTH_DATE)

    assert "FRZ-" in answer
