"""Numbers as they are written, Chinese ones too."""

from __future__ import annotations

from decimal import Decimal

import pytest

from actions.facts.numbers import chinese_number, value_of


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("廿五", 25),
        ("一百零五", 105),
        ("三百五", 350),
        ("三百五十", 350),
        ("两千三", 2300),
        ("一万五", 15000),
        ("一万零五百", 10500),
        ("三百二十万", 3_200_000),
        ("一亿两千万", 120_000_000),
        ("二〇二六", 2026),
        ("壹佰贰拾", 120),
    ],
)
def test_chinese_numbers_are_read(written: str, value: int) -> None:
    assert chinese_number(written) == value


@pytest.mark.parametrize("written", ["百", "千万", "万", "亿"])
def test_what_only_looks_like_a_number_is_none(written: str) -> None:
    assert chinese_number(written) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,999.50", "1999.50"),
        ("1.999,50", "1999.50"),
        ("49,90", "49.90"),
        ("1,50,000", "150000"),
        ("1.5万", "15000"),
        ("1万5", "15000"),
        ("2千", "2000"),
        ("3k", "3000"),
        ("0.125", "0.125"),
    ],
)
def test_written_numbers_are_read(written: str, value: str) -> None:
    assert value_of(written) == Decimal(value)


def test_what_reads_two_ways_is_not_read() -> None:
    assert value_of("1.500") is None
