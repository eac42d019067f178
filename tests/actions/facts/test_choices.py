"""Pointing at what was listed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.facts.choices import (
    chosen,
    count_in,
    numbered_in,
    says_all,
    says_all_mine,
    says_it,
    says_latest,
    says_none,
)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("the second one", [1]),
        ("second and third", [1, 2]),
        ("1 and 3", [0, 2]),
        ("1,3", [0, 2]),
        ("1、2、4", [0, 1, 3]),
        ("1-3", [0, 1, 2]),
        ("#2", [1]),
        ("number 2 and 4", [1, 3]),
        ("3", [2]),
        ("３", [2]),
        ("三", [2]),
        ("二和三", [1, 2]),
        ("第二笔", [1]),
        ("第一和第三笔", [0, 2]),
        ("第三个不是我的", [2]),
        ("the last one", [4]),
        ("最后一个", [4]),
        ("last two", [3, 4]),
        ("前两笔", [0, 1]),
        ("first two", [0, 1]),
        ("all of them", [0, 1, 2, 3, 4]),
        ("全部", [0, 1, 2, 3, 4]),
        ("oh and also the third one", [2]),
    ],
)
def test_places_are_read(text: str, places: list[int]) -> None:
    assert chosen(text, 5) == places


@pytest.mark.parametrize(
    "text",
    [
        "300",
        "6",
        "the 3rd of May",
        "freeze it first",
        "wait a second",
        "the first time this happened",
        "第一次",
        "2号",
        "no",
        "I paid 2 euros",
        "the blue one",
        "最后一天",
        "last week",
    ],
)
def test_other_numbers_and_words_point_at_nothing(text: str) -> None:
    assert chosen(text, 5) is None


@pytest.mark.parametrize(
    ("text", "every", "none", "all_mine"),
    [
        ("none of these", False, True, False),
        ("都不是", False, True, False),
        ("it's not in the list", False, True, False),
        ("none of these are mine", True, False, False),
        ("都不是我付的", True, False, False),
        ("I don't recognise any of them", True, False, False),
        ("they're all mine", False, False, True),
        ("都是我付的", False, False, True),
        ("both", True, False, False),
        ("the second one", False, False, False),
        ("can I ask something else", False, False, False),
    ],
)
def test_all_none_and_all_mine_are_told_apart(text: str, every: bool, none: bool, all_mine: bool) -> None:
    assert (says_all(text), says_none(text), says_all_mine(text)) == (every, none, all_mine)


@pytest.mark.parametrize(("text", "it"), [("cancel it", True), ("把这笔取消", True), ("cancel my payment", False)])
def test_it_is_what_was_spoken_of(text: str, it: bool) -> None:
    assert says_it(text) is it


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("my last five payments", 5),
        ("last 10 purchases", 10),
        ("what was my last transaction", 1),
        ("最近三笔交易", 3),
        ("上一笔付的什么", 1),
        ("last 50 payments", 10),
        ("last month's payments", None),
        ("transactions of the last 30 days", None),
        ("show my transactions", None),
    ],
)
def test_how_many_are_asked_for(text: str, count: int | None) -> None:
    assert count_in(text, 10) == count


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("the second one isn't mine", [1]),
        ("第二笔不是我付的", [1]),
        ("cancel my last payment", None),
        ("all of it", None),
    ],
)
def test_outside_a_question_only_numbers_point_at_a_list(text: str, places: list[int] | None) -> None:
    assert numbered_in(text, 5) == places


@pytest.mark.parametrize(
    ("text", "latest"),
    [("refund my last purchase", True), ("撤销上一笔", True), ("刚才那笔", True), ("last week", False)],
)
def test_the_newest_one_can_be_meant(text: str, latest: bool) -> None:
    assert says_latest(text) is latest


@given(st.text(max_size=60), st.integers(min_value=0, max_value=9))
def test_only_what_is_listed_is_pointed_at(text: str, count: int) -> None:
    assert all(0 <= place < count for place in chosen(text, count) or [])
