"""What is read out of a customer's own words."""

from __future__ import annotations

import pytest

from actions.customer_words import contact_in, declines_contact, is_question, reference_in, yes_or_no


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("+44 7700 900123", "+447700900123"),
        ("call me on +1 202-555-0143 please", "+12025550143"),
        ("138 0013 8000", "+8613800138000"),
        ("我的手机是13800138000", "+8613800138000"),
        ("邮箱 Lin.Mei@Example.com 谢谢", "lin.mei@example.com"),
        ("12345678", None),
        ("no thanks", None),
    ],
)
def test_a_contact_is_found_where_there_is_one(text: str, contact: str | None) -> None:
    assert contact_in(text) == contact


@pytest.mark.parametrize("text", ["status of T-7KM4RXA?", "t 7km4rxa", "工单Ｔ－7KM4RXA怎么样了", "my FRZ-9AJ44DN"])
def test_a_reference_is_found_however_it_is_written(text: str) -> None:
    assert reference_in(text) is not None


@pytest.mark.parametrize("text", ["what happened", "the 4:15 train", "wallet"])
def test_ordinary_words_are_no_reference(text: str) -> None:
    assert reference_in(text) is None


@pytest.mark.parametrize("text", ["客服几点上班？", "怎么联系你们", "how do I reach you", "is it safe?", "多少钱"])
def test_questions_are_told_from_statements(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", ["I was charged twice", "便利店扣了我两次钱", "the fee abroad was wrong"])
def test_statements_are_told_from_questions(text: str) -> None:
    assert not is_question(text)


@pytest.mark.parametrize("text", ["skip", "不留", "不想留電話", "none"])
def test_a_contact_can_be_declined(text: str) -> None:
    assert declines_contact(text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", True),
        ("Yes, two of them", True),
        ("有的", True),
        ("有，好几笔", True),
        ("no", False),
        ("没有啊", False),
        ("nope", False),
        ("not that I can see", False),
        ("what do you mean", None),
        ("有没有人工客服", None),
        ("没收到验证码", None),
        ("now", None),
    ],
)
def test_a_short_answer_is_read(text: str, answer: bool | None) -> None:
    assert yes_or_no(text) is answer
