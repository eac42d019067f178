"""What counts as an answer to a challenge, and what does not: secrets are kept, and words are not swallowed."""

from __future__ import annotations

from datetime import date

import pytest

from bot.gateway.challenge_answers import UNREADABLE, find_answer
from wallet_core.models import ChallengeKind

TODAY = date(2026, 11, 23)


def code(text: str, *, asked: bool = True) -> str | None:
    return find_answer(ChallengeKind.CODE, text, asked=asked, today=TODAY)


def fact(text: str, *, asked: bool = True) -> str | None:
    return find_answer(ChallengeKind.OWNER_FACT, text, asked=asked, today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "483920",
        " 483 920 ",
        "483-920",
        "４８３９２０",
        "٤٨٣٩٢٠",
        "４８３\u200b９２０",
        "四八三九二零",
        "my code is 483920",
        "it's 483920!",
        "验证码是483920",
        "我收到的是 483920 。",
    ],
)
@pytest.mark.parametrize("asked", [True, False])
def test_a_code_is_found_however_it_is_written(text: str, asked: bool) -> None:
    assert code(text, asked=asked) == "483920"


@pytest.mark.parametrize("text", ["483920 didn't work", "the code 483920 is wrong, send another", "freeze 483920 now"])
def test_right_after_the_question_a_code_among_words_is_one_too(text: str) -> None:
    assert code(text) == "483920"
    assert code(text, asked=False) is None


@pytest.mark.parametrize(("text", "read"), [("4839", "4839"), ("48392", "48392"), ("48392011", "48392011")])
def test_a_mistyped_code_counts_as_one_right_after_the_question_only(text: str, read: str) -> None:
    assert code(text) == read
    assert code(text, asked=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "stop",
        "算了",
        "what is this for?",
        "为什么要验证码",
        "I didn't get it",
        "+1 202 555 0171",
        "13800138000",
        "why was I charged 49.99?",
        "call me at 15:30",
        "T-7KM4RXA",
        "FRZ-483A20C",
        "20 dollars",
        "5%",
        "",
    ],
)
def test_what_is_something_else_is_no_code(text: str) -> None:
    assert code(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "19900131",
        "1990-01-31",
        "1990/1/31",
        "1990年1月31日",
        "1990 01 31",
        "31/01/1990",
        "01/31/1990",
        "31 January 1990",
        "31st of Jan 1990",
        "January 31, 1990",
        "my birthday is 1990.1.31",
        "我的生日是1990年1月31日",
        "１９９００１３１",
        "一九九〇〇一三一",
    ],
)
@pytest.mark.parametrize("asked", [True, False])
def test_a_birth_date_is_found_however_it_is_written(text: str, asked: bool) -> None:
    assert fact(text, asked=asked) == "19900131"


@pytest.mark.parametrize(
    ("text", "read"),
    [("123X", "123X"), ("last four are 123x", "123x"), ("后四位 123*", "123*"), ("4021", "4021"), ("１２３Ｘ", "123X")],
)
def test_the_end_of_a_document_is_one_right_after_the_question(text: str, read: str) -> None:
    assert fact(text) == read
    assert fact(text, asked=False) is None


@pytest.mark.parametrize("text", ["01/02/1990", "900131", "19901341", "110101199001311234", "1990"[:3] + "12"])
def test_what_nobody_can_judge_is_kept_secret_all_the_same(text: str) -> None:
    assert fact(text) == UNREADABLE


@pytest.mark.parametrize(
    "text", ["stop", "why do you need that?", "2 days ago", "+44 7700 900123", "13800138000", "W1009", "xxxx", "冻结"]
)
def test_what_is_something_else_is_no_fact(text: str) -> None:
    assert fact(text) is None


def test_a_coming_day_is_nobodys_birth_date() -> None:
    assert fact("2026-11-25", asked=False) is None
    assert fact("1500", asked=False) is None
