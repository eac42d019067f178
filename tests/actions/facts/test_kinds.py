"""What sort of transactions a text is about."""

from __future__ import annotations

import pytest

from actions.facts.kinds import incoming_in, kinds_in, statuses_in
from wallet_core.models import TransactionKind as Kind
from wallet_core.models import TransactionStatus as Status


@pytest.mark.parametrize(
    ("text", "incoming"),
    [
        ("which payments came in this month", True),
        ("did anyone send me money", True),
        ("工资到了吗，看看进账", True),
        ("谁给我转过钱", True),
        ("what did I spend yesterday", False),
        ("转给妈妈的", False),
        ("往外付的钱", False),
        ("show my transactions", None),
        ("进进出出的账我要过一遍", None),
    ],
)
def test_which_way_the_money_goes(text: str, incoming: bool | None) -> None:
    assert incoming_in(text) is incoming


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("show only refunds", {Kind.REFUND}),
        ("充值记录", {Kind.TOP_UP}),
        ("when did I last top up", {Kind.TOP_UP}),
        ("last cash withdrawal", {Kind.WITHDRAWAL}),
        ("转账记录", {Kind.TRANSFER_IN, Kind.TRANSFER_OUT}),
        ("my history", set()),
    ],
)
def test_what_for(text: str, kinds: set[Kind]) -> None:
    assert kinds_in(text) == kinds


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("show pending ones", {Status.PENDING, Status.HELD}),
        ("处理中的", {Status.PENDING, Status.HELD}),
        ("the failed ones", {Status.FAILED}),
        ("pending and completed payments list", set()),
        ("my history", set()),
    ],
)
def test_how_it_stands(text: str, statuses: set[Status]) -> None:
    assert statuses_in(text) == statuses
