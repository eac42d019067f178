"""That a phone is gone is read out of a wish that is about something else; a theft by phone is none of the phone."""

from __future__ import annotations

import pytest

from actions.facts.devices import says_phone_is_gone

GONE = """my phone was stolen, please freeze my wallet
please freeze my wallet, someone has my phone
freeze it all now, my phone got stolen on the train
my bag was taken with my phone in it, freeze the wallet please
i want my wallet frozen now because my phone is gone
freeze the account asap, stolen phone
start a freeze on my wallet please, lost my phone
put my wallet on hold, my phone was nicked
I've mislaid my telephone on the bus
钱包 freeze please, my phone kena stolen
我手机被偷了，帮我冻结钱包
请马上冻结我的钱包,手机被人偷了
手机没了,先把钱包冻了
立刻给我冻结账户,有人拿走了我手机
手機不見了，幫我凍結帳戶""".splitlines()

NOT_GONE = """freeze my wallet
I read out a code on the phone, freeze my wallet
somebody stole money from my account over the phone
my money was stolen, call me on my phone
I still have my phone
手机一直来扣款短信，冻结
手机钱包里的钱被偷了
手机上的钱被转走了
三个月不碰手机,先把钱包锁着""".splitlines()


@pytest.mark.parametrize("text", GONE)
def test_a_phone_that_is_gone_is_heard(text: str) -> None:
    assert says_phone_is_gone(text)


@pytest.mark.parametrize("text", NOT_GONE)
def test_what_only_names_a_phone_is_not(text: str) -> None:
    assert not says_phone_is_gone(text)
