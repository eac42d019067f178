"""What somebody with a telephone in hand gets while a part of the assistant is dead, through the real stack."""

from __future__ import annotations

import pytest

from tests.assistant import Assistant, dead
from tests.conversations.customers import make_customer
from tests.phone.records import check_core, is_settled
from tests.telephony.phone import Network, Phone
from wallet_core.customers import contact_points


def _customer(assistant: Assistant, phones: Network, language: str) -> tuple[str, Phone]:
    customer_id = make_customer(assistant.database, language=language)
    with assistant.database.reading() as session:
        number = contact_points(session, customer_id=customer_id)[0].value
    return customer_id, phones.phone(number)


def _is_settled(assistant: Assistant, phone: Phone) -> bool:
    with assistant.database.reading() as session:
        return is_settled(session, phone.number)


@pytest.mark.parametrize(("language", "word"), [("en", "FREEZE"), ("zh", "冻结")])
@pytest.mark.parametrize("part", ["rasa", "actions", "worker"])
def test_freeze_by_text_works_while_a_part_is_dead(
    assistant: Assistant, phones: Network, part: str, language: str, word: str
) -> None:
    customer_id, phone = _customer(assistant, phones, language)

    with dead(assistant, part):
        phone.text(word)
        phone.text("19900131")
        phones.until(lambda: len(phone.received) == 2, "the receipt")

    assert "FRZ-" in phone.received[1].splitlines()[0]
    with assistant.database.reading() as session:
        check_core(session, {"freezes": ["protective"]}, customer_id=customer_id, number=phone.number)


def test_an_answer_that_comes_late_is_texted_when_it_comes(assistant: Assistant, phones: Network) -> None:
    _, phone = _customer(assistant, phones, "en")

    with dead(assistant, "rasa"):
        phone.text("how do I contact customer service")
        in_time = phone.received

    phones.until(lambda: bool(phone.received), "the late answer")
    phones.until(lambda: _is_settled(assistant, phone), "the rest of it")
    assert in_time == []
    assert "555 0199" in phone.received[0]
