"""Amounts and times as customers read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.wording import moment, money
from wallet_core.money import Money


@pytest.mark.parametrize(
    ("amount", "language", "written"),
    [
        (Money(4999, "USD"), "en", "US$49.99"),
        (Money(4999, "USD"), "zh", "US$49.99"),
        (Money(30000, "CNY"), "zh", "¥300.00"),
        (Money(1500, "JPY"), "en", "JP¥1,500"),
    ],
)
def test_money_is_written_with_its_own_decimals(amount: Money, language: str, written: str) -> None:
    assert money(amount, language) == written


def test_a_moment_is_told_in_the_readers_zone() -> None:
    at = datetime(2026, 11, 22, 16, 4, tzinfo=UTC)

    assert moment(at, "zh", "Asia/Shanghai") == "11月23日 00:04"
    assert moment(at, "en", "Europe/London") == "22 Nov, 16:04"
    assert moment(at, "en", "Asia/Shanghai", name_zone=True) == "23 Nov, 00:04 (GMT+08:00)"
