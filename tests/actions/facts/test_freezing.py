"""A question what a freeze does is no wish for one, and a wish is no question, however it is put."""

from __future__ import annotations

import pytest

from actions.facts.freezing import asks_what_a_freeze_does, says_not_to_freeze, speaks_of_freezing

QUESTIONS = """what happens when i freeze my wallet
can people still send me money while its frozen
once it's frozen does my rent still go out
how long does a freeze last
will a freeze stop my subscriptions
if I freeze it, can I still log in?
冻结了以后别人还能转钱给我吗
冻结期间工资能到账吗
钱包冻结会怎么样
冻结跟锁定有什么区别
冻结的话我的钱会不会没了
凍結之後還能登入嗎""".splitlines()

WISHES = """freeze my wallet
can you freeze it now??
could you freeze my wallet please, what a day
FREEZE IT
please freeze everything, someone still has my phone
what is going on somebody is spending my money freeze it
what do i do someone has my phone freeze it
if you can freeze it do it now
how fast can you freeze it, they are spending
I want it frozen until i find my phone
冻结
能不能马上冻结我的钱包
快冻结账号,有人在用我的钱
手机丢了帮我把钱包冻住
幫我凍結帳戶""".splitlines()


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_known_for_one(text: str) -> None:
    assert speaks_of_freezing(text)
    assert asks_what_a_freeze_does(text)


@pytest.mark.parametrize("text", WISHES)
def test_a_wish_is_none(text: str) -> None:
    assert speaks_of_freezing(text)
    assert not asks_what_a_freeze_does(text)


@pytest.mark.parametrize("text", ["is my money safe with you", "钱放在你们这里安全吗"])
def test_other_questions_are_not_about_it(text: str) -> None:
    assert not speaks_of_freezing(text)


@pytest.mark.parametrize(
    "text",
    """don't freeze it
do not freeze my wallet please
no no, I said not to lock it
I'd rather not freeze it now
先不冻结
别冻结我的钱包
我没让你冻结
不要再冻了
唔好冻结住先
不想冻结""".splitlines(),
)
def test_not_to_freeze_is_understood(text: str) -> None:
    assert says_not_to_freeze(text)


@pytest.mark.parametrize(
    "text",
    [
        *WISHES,
        "dont wait just freeze it",
        "do not wait freeze it now",
        "im not kidding freeze it",
        "don't just sit there freeze it",
        "if you don't freeze it all my money is gone",
        "再不冻结钱就没了",
        "不冻结不行了快点",
        "why did you not freeze it yet",
        "别等了快冻结",
        "怎么还不冻结",
        "it's not frozen yet, freeze it",
        "no, freeze it",
    ],
)
def test_a_wish_is_not_taken_for_a_no(text: str) -> None:
    assert not says_not_to_freeze(text)
