"""The offer file: what the wallet offers, and the first fault in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import PROJECT
from wallet_core.errors import BrokenFile, UnknownCurrency
from wallet_core.fees import load_fees
from wallet_core.money import Money
from wallet_core.offer import load_offer

FILE = PROJECT / "data/offer.yml"


def test_the_usual_limits_are_in_the_currencys_own_minor_units() -> None:
    offer = load_offer(FILE)

    assert offer.usual_limits("JPY") == (Money(300_000, "JPY"), Money(500_000, "JPY"))
    assert offer.usual_limits("EUR") == (Money(3_000_00, "EUR"), Money(5_000_00, "EUR"))
    with pytest.raises(UnknownCurrency):
        offer.usual_limits("THB")


def test_there_are_limits_for_each_currency_that_a_wallet_can_have() -> None:
    assert set(load_offer(FILE).limits) == set(load_fees(PROJECT / "data/fees.yml").home_currencies)


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        ("{payment: 300000,", "{payment: 300000.5,", "limits.JPY"),
        ("{payment: 2500, day: 4500}", "{payment: 2500, day: 2499}", "limits.GBP"),
        ("en: restaurants", 'en: ""', "places.1"),
        ("not_served: [CU", "not_served: [JP", None),
        ("identity_review_hours: 24", "identity_review_hours: 0", "identity_review_hours"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, right: str, wrong: str, field: str | None) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert right in text
    broken = tmp_path / "offer.yml"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")

    with pytest.raises(BrokenFile) as refused:
        load_offer(broken)

    assert refused.value.facts["field"] == field
