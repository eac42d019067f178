"""Currencies by name, sign and code."""

from __future__ import annotations

import pytest

from actions.facts.currencies import currencies_in


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("dollar to euro rate?", ["USD", "EUR"]),
        ("GBP to INR", ["GBP", "INR"]),
        ("eur/try history", ["EUR", "TRY"]),
        ("人民币换美元", ["CNY", "USD"]),
        ("日圓兌港紙幾多", ["JPY", "HKD"]),
        ("how many baht for one pound", ["THB", "GBP"]),
        ("Korean won", ["KRW"]),
        ("in New Zealand dollars", ["NZD"]),
        ("SGD换RM今天rate好吗", ["SGD", "MYR"]),
        ("zlotys per euro", ["PLN", "EUR"]),
        ("新台幣", ["TWD"]),
    ],
)
def test_the_currencies_that_are_named_are_found_in_order(text: str, codes: list[str]) -> None:
    assert currencies_in(text) == codes


@pytest.mark.parametrize(
    "text",
    [
        "the app won't open",
        "who won the match",
        "is this a real person",
        "try again later",
        "STOP ALL PAYMENTS",
        "question marks everywhere",
        "在欧洲刷卡",
        "how do I reach gold",
    ],
)
def test_words_that_only_look_like_currencies_are_none(text: str) -> None:
    assert currencies_in(text) == []


def test_dollars_are_the_speakers_own() -> None:
    assert currencies_in("how much is that in dollars", "HKD") == ["HKD"]
