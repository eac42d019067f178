"""Which price is asked for, and whether it is a price that is asked for."""

from __future__ import annotations

import pytest

from actions.facts.fees import fee_kind_in, is_about_a_charge
from wallet_core.fees import FeeKind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("what does it cost to pay 200 euros in France", FeeKind.PAYMENT_ABROAD),
        ("a 40 pound dinner in London, what's the charge", FeeKind.PAYMENT_ABROAD),
        ("sending 500 dollars to Mexico", FeeKind.TRANSFER_ABROAD),
        ("cost for a wire of 5000 to Canada", FeeKind.TRANSFER_ABROAD),
        ("fee at an ATM in Rome", FeeKind.WITHDRAWAL_ABROAD),
        ("if i take 100 euro out in Rome", FeeKind.WITHDRAWAL_ABROAD),
        ("在泰国刷1200泰铢收多少", FeeKind.PAYMENT_ABROAD),
        ("转换成欧元付款手续费", FeeKind.PAYMENT_ABROAD),
        ("汇两千港币去香港手续费", FeeKind.TRANSFER_ABROAD),
        ("轉五百美金去日本收幾多", FeeKind.TRANSFER_ABROAD),
        ("在首尔取十万韩元", FeeKind.WITHDRAWAL_ABROAD),
        ("国外提款机手续费", FeeKind.WITHDRAWAL_ABROAD),
    ],
)
def test_the_kind_is_what_is_to_be_done(text: str, kind: FeeKind) -> None:
    assert fee_kind_in(text) is kind


@pytest.mark.parametrize(
    ("text", "charged"),
    [
        ("why did you take 3 dollars in Rome", True),
        ("I was charged 4.99 for sending money home", True),
        ("what's that 2.50 at the cash machine in Lisbon", True),
        ("为什么在东京多扣了我300日元", True),
        ("账单上这笔境外手续费是什么", True),
        ("what would you charge for 200 euros in Rome", False),
        ("汇500美元去墨西哥手续费多少", False),
    ],
)
def test_a_charge_that_was_made_is_told_from_a_price(text: str, charged: bool) -> None:
    assert is_about_a_charge(text) is charged
