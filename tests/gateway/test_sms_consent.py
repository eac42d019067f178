"""Who wants texts from us and who does not: Twilio's words, ours, and what is still said to who opted out."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.gateway.conftest import Gateway
from tests.gateway.texting import Telephone, conversations, customer_with_telephone, texts_counted
from wallet_core import text_opt_outs
from wallet_core.models import AuditEntry, Freeze

EN_HINT, ZH_HINT = "Reply START", "恢复订阅"


@pytest.fixture
def phone(with_phone: Gateway) -> Telephone:
    return Telephone(with_phone)


def _opted_out(phone: Telephone) -> bool:
    with phone.gateway.database.reading() as session:
        return text_opt_outs.is_opted_out(session, number=phone.number)


@pytest.mark.parametrize(
    "word", ["STOP", "stop", "Unsubscribe", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"]
)
def test_twilios_words_are_noted_and_left_to_twilio(phone: Telephone, word: str) -> None:
    answer = phone.says(word)

    assert answer == ""
    assert _opted_out(phone)
    assert phone.gateway.rasa.asked == []


@pytest.mark.parametrize("word", ["退订", "退訂。", "取消订阅", "td", "ＴＤ", "Stop.", "opt out"])
def test_words_that_twilio_does_not_know_are_answered_by_us(phone: Telephone, word: str) -> None:
    answer = phone.says(word)

    assert EN_HINT in answer or ZH_HINT in answer
    assert _opted_out(phone)


@pytest.mark.parametrize("said", ["cancel my payment", "Cancel.", "the end", "不要退订", "TDK", "stop the payment"])
def test_the_words_in_a_sentence_are_a_sentence(phone: Telephone, said: str) -> None:
    phone.says(said)

    assert not _opted_out(phone)
    assert phone.gateway.rasa.texts() == [said]


@pytest.mark.parametrize(("told", "opted_out"), [("STOP", True), ("START", False), ("HELP", False)])
def test_what_twilio_says_that_a_word_means_counts_in_any_language(
    phone: Telephone, told: str, opted_out: bool
) -> None:
    answer = phone.says("alto", OptOutType=told)

    assert answer == ""
    assert _opted_out(phone) is opted_out
    assert phone.gateway.rasa.asked == []


def test_an_opt_out_type_that_nobody_knows_is_none(phone: Telephone) -> None:
    phone.says("hello there", OptOutType="PERHAPS")

    assert phone.gateway.rasa.texts() == ["hello there"]


@pytest.mark.parametrize("word", ["START", "unstop", "恢复订阅", "重新订阅", "YES"])
def test_who_opted_out_can_come_back(phone: Telephone, word: str) -> None:
    phone.says("退订")

    phone.says(word)

    assert not _opted_out(phone)
    assert phone.says("hello there") == "#1 hello there"


def test_yes_means_yes_to_who_is_here(phone: Telephone) -> None:
    phone.says("give me a choice")

    phone.says("YES")

    assert phone.gateway.rasa.asked[-1]["message"] == "/affirm"


@pytest.mark.parametrize("word", ["HELP", "info", "帮助"])
def test_help_is_told_in_both_languages_at_once(phone: Telephone, word: str) -> None:
    answer = phone.says(word)

    assert "emergency freeze" in answer and "紧急冻结" in answer
    assert len(phone.texts) == 1


def test_who_opted_out_is_told_how_to_come_back_and_nothing_else(phone: Telephone) -> None:
    phone.says("退订")

    answer = phone.says("what are your limits")

    assert EN_HINT in answer
    assert phone.gateway.rasa.asked == []
    assert texts_counted(phone.gateway, "opted_out") >= 1


def test_opting_out_twice_is_opting_out(phone: Telephone) -> None:
    phone.says("退订")

    phone.says("STOP")

    assert _opted_out(phone)


def test_who_opted_out_can_freeze_all_the_same(with_phone: Gateway) -> None:
    _, phone = customer_with_telephone(with_phone, secret_key=with_phone.settings.secret_key.get_secret_value())
    phone.says("退订")

    question = phone.says("FREEZE")
    answer = phone.says("19900131")

    assert "date of birth" in question
    assert "FRZ-" in answer
    with with_phone.database.reading() as session:
        assert session.scalars(select(Freeze.reference)).all()[-1] in answer


def test_it_stands_in_the_customers_audit_trail(with_phone: Gateway) -> None:
    customer, phone = customer_with_telephone(with_phone)

    phone.says("STOP")
    phone.says("START")

    with with_phone.database.reading() as session:
        told = session.scalars(select(AuditEntry.action).where(AuditEntry.chain == customer).order_by(AuditEntry.id))
        assert list(told) == ["texts_opted_out", "texts_opted_in"]
    assert conversations(phone) == []


def test_a_report_that_twilio_refused_because_of_it_is_noted(phone: Telephone) -> None:
    phone.report(None, "SM" + "0" * 32, "failed", ErrorCode="21610")

    assert _opted_out(phone)
