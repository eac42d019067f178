"""Countries by their names and their cities."""

from __future__ import annotations

import pytest

from actions.facts.places import countries_in, country_in


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("paying in Japan", ["JP"]),
        ("does it work in the UK", ["GB"]),
        ("wire from the US", ["US"]),
        ("my trip to Turkey", ["TR"]),
        ("I withdrew in Budapest", ["HU"]),
        ("a dinner in São Tomé", []),
        ("在曼谷刷卡", ["TH"]),
        ("去东京和首尔", ["JP", "KR"]),
        ("香港可以用嗎", ["HK"]),
        ("從倫敦匯來", ["GB"]),
        ("Côte d’Ivoire", ["CI"]),
        ("Hong Kong users", ["HK"]),
    ],
)
def test_countries_are_found_in_their_order(text: str, codes: list[str]) -> None:
    assert countries_in(text) == codes


@pytest.mark.parametrize(
    "text",
    [
        "tell us more",
        "US$20",
        "US dollars",
        "Victoria called me",
        "北京时间",
        "汇率里加价没有",
        "set aside for christmas",
    ],
)
def test_what_only_looks_like_a_place_is_none(text: str) -> None:
    assert countries_in(text) == []


def test_two_countries_are_not_one() -> None:
    assert country_in("from Japan to Korea") is None
    assert country_in("in Japan") == "JP"
