"""References."""

from __future__ import annotations

import pytest

from actions.facts.references import reference_in, transaction_id_in


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
