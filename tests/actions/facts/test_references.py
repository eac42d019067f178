"""References and the last digits of cards."""

from __future__ import annotations

import pytest

from actions.facts.references import card_end_in, reference_in, transaction_id_in


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("尾号1234", "1234"),
        ("尾號是 1234 的卡", "1234"),
        ("末四位 0009", "0009"),
        ("my card ending in 4021", "4021"),
        ("card ending 4021", "4021"),
        ("last four digits 9988", "9988"),
        ("•••• 4021", "4021"),
        ("paid 4021 yesterday", None),
        ("ending in 40219", None),
        ("订单1234", None),
    ],
)
def test_the_end_of_a_card_is_read(text: str, digits: str | None) -> None:
    assert card_end_in(text) == digits


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cancel TX85GAX3SM3KYHAYVFF8QK please", "TX85GAX3SM3KYHAYVFF8QK"),
        ("交易号tx85gax3sm3kyhayvff8qk怎么样了", "TX85GAX3SM3KYHAYVFF8QK"),
        ("txn pending", None),
        ("TEXAS", None),
    ],
)
def test_the_id_of_a_transaction_is_read(text: str, found: str | None) -> None:
    assert transaction_id_in(text) == found


def test_a_tickets_reference_is_no_transaction() -> None:
    assert reference_in("ticket T-7KM4RXA") == "T-7KM4RXA"
    assert transaction_id_in("ticket T-7KM4RXA") is None
