"""Whose payment it was."""

from __future__ import annotations

import pytest

from actions.facts.parties import meant_parties, party_in

KNOWN = [
    "Corner Shop",
    "Maple Grocery",
    "Harbor Coffee",
    "City Transit",
    "Riverside Pharmacy",
    "鲜果时光超市",
    "维景超市",
    "晨光咖啡",
    "房东 周先生",
    "梁子軒",
    "Sam Rivera",
    "SQ MGT LTD",
    "云帆科技有限公司",
]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Corner Shop charged me twice", ["Corner Shop"]),
        ("CORNER  SHOP", ["Corner Shop"]),
        ("conrer shop took it again", ["Corner Shop"]),
        ("harbour coffee yesterday", ["Harbor Coffee"]),
        ("at the pharmacy on Monday", ["Riverside Pharmacy"]),
        ("付给鲜果时光的", ["鲜果时光超市"]),
        ("超市那笔", ["鲜果时光超市", "维景超市"]),
        ("买咖啡的", ["晨光咖啡"]),
        ("给房东转的", ["房东 周先生"]),
        ("转给梁子轩的", ["梁子軒"]),
        ("to Sam", ["Sam Rivera"]),
        ("who is SQ MGT", ["SQ MGT LTD"]),
    ],
)
def test_a_known_name_is_found_by_what_tells_it(text: str, names: list[str]) -> None:
    assert meant_parties(text, KNOWN) == names


@pytest.mark.parametrize(
    "text", ["a shop", "my company card", "公司发的工资", "what is this", "I live in a big city", "ltd"]
)
def test_words_that_many_names_have_tell_nothing(text: str) -> None:
    assert meant_parties(text, KNOWN) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("last payment to Amazon", "Amazon"),
        ("payment to Bank of America yesterday", "Bank of America"),
        ("付给“鑫源建材”的款项", "鑫源建材"),
        ("搜一下叫“海底捞”的付款", "海底捞"),
        ("转给李明的那笔", "李明"),
        ('Who is "SQ MGT LTD"?', "SQ MGT LTD"),
        ('it says "please try later" at Zara', "Zara"),
        ('the till printed "DECLINED"', None),
        ("付款时提示“请稍后重试”", None),
        ("一付就是“交易未完成”", None),
        ("转给谁了", None),
        ("did I pay the butcher", None),
        ("I sent it on Monday, from Monday", None),
        ("to me", None),
    ],
)
def test_a_name_is_found_where_names_stand(text: str, name: str | None) -> None:
    assert party_in(text) == name
