"""A yes or no that more words follow."""

from __future__ import annotations

import pytest

from actions.facts.answers import yes_or_no


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes open a ticket", True),
        ("ok do that", True),
        ("no, I'll ask the shop first", False),
        ("no just report them", False),
        ("don't bother them", False),
        ("好的冻结吧", True),
        ("可以，提交吧", True),
        ("不用，我先找商家", False),
        ("先不了", False),
        ("不对，是另一笔", None),
        ("是不是退给我了", None),
        ("好像不是这笔", None),
        ("对不起，我说错了", None),
        ("行不行啊", None),
        ("nothing arrived", None),
        ("know what, forget it", None),
        ("the second one", None),
    ],
)
def test_a_leading_yes_or_no_is_read(text: str, answer: bool | None) -> None:
    assert yes_or_no(text) is answer
