"""Amounts as customers write and say them, and numbers that are none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.facts.amounts import amount_in, amounts_in
from wallet_core.money import Money


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("¥300", "300", "CNY"),
        ("扣了我300块", "300", None),
        ("三百块", "300", None),
        ("转了三百五", "350", None),
        ("两千零五元", "2005", None),
        ("1.5万", "15000", None),
        ("转了1万5", "15000", None),
        ("一万二的那笔", "12000", None),
        ("五毛", "0.5", None),
        ("三块五", "3.5", None),
        ("20 bucks", "20", "USD"),
        ("a hundred and fifty dollars", "150", "USD"),
        ("two hundred euros", "200", "EUR"),
        ("ten euros 50", "10.50", "EUR"),
        ("fifty p", "0.50", None),
        ("38 quid?", "38", "GBP"),
        ("49.99", "49.99", None),
        ("charge of 49,90", "49.90", None),
        ("HK$1,200", "1200", "HKD"),
        ("Rs 1,50,000", "150000", "INR"),
        ("RM59被扣了", "59", "MYR"),
        ("AED 1,250", "1250", "AED"),
        ("1.200,50 €", "1200.50", "EUR"),
        ("I sent 3k to him", "3000", None),
        ("3.5 million yen", "3500000", "JPY"),
        ("I paid ten grand", "10000", None),
        ("五万韩元", "50000", "KRW"),
        ("1块新币", "1", "SGD"),
        ("一百美元", "100", "USD"),
        ("過咗HK$500俾阿媽", "500", "HKD"),
        ("八百蚊", "800", None),
        ("€９９．５０", "99.50", "EUR"),
        ("I paid 700", "700", None),
        ("the 300 I sent at dawn", "300", None),
        ("my client's 350 is missing", "350", None),
        ("search for a transaction of 250", "250", None),
        ("付给谁了那笔200", "200", None),
        ("11月11号那笔628不是我", "628", None),
        ("刷卡四千二", "4200", None),
        ("付了3000日元", "3000", "JPY"),
        ("500 ringgit", "500", "MYR"),
    ],
)
def test_an_amount_is_read_with_its_currency(text: str, value: str, currency: str | None) -> None:
    found = amount_in(text)

    assert found is not None
    assert found.value == Decimal(value)
    assert (found.currencies[0] if found.currencies else None) == currency


@pytest.mark.parametrize(
    "text",
    [
        "order 88213 never came",
        "订单号88213退款",
        "transaction no. 88213",
        "call me on +1 202 555 0143",
        "我的手机是13800138000",
        "10086",
        "transactions from 2023",
        "in 2026",
        "去年2025年的",
        "on the 20th",
        "12月5号",
        "20/11",
        "at 3pm",
        "15:30",
        "3点半",
        "24/7",
        "charged 3 times for one ride",
        "扣了我两次",
        "last five payments",
        "最近三笔交易",
        "second one",
        "尾号1234",
        "card ending 4021",
        "iPhone 15",
        "7-Eleven",
        "waiter added 20%",
        "a week",
        "一直没到",
        "能一块管吗",
        "砍一刀",
        "等了一个月",
        "1.500 €",  # a thousand and a half, or one and a half
        "book dinner for six",
        "3-5 working days",
        "T-7KM4RXA",
        "",
    ],
)
def test_other_numbers_are_no_amounts(text: str) -> None:
    assert amounts_in(text) == []


def test_several_amounts_are_several_and_none_alone() -> None:
    text = "the atm gave me 40 and took 60"

    assert [found.value for found in amounts_in(text)] == [40, 60]
    assert amount_in(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("300", 300), ("it was 85", 85), ("三百", 300), ("两百五", 250), ("about 90, I think", 90)]
)
def test_a_number_alone_is_an_amount_where_one_was_asked_for(text: str, value: int) -> None:
    found = amount_in(text, bare=True)

    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    ("text", "fits", "misses"),
    [
        ("over 100", 10_001, 9_999),
        ("超过500的", 50_001, 49_999),
        ("500以上", 50_000, 49_999),
        ("under 50 euros", 4_999, 5_001),
        ("不到一百块", 9_900, 10_100),
        ("about 50 quid", 4_700, 5_600),
        ("一百多块", 15_000, 20_100),
        ("大概300块", 31_000, 34_000),
        ("exactly 20 dollars", 2_000, 2_001),
    ],
)
def test_bounds_that_are_said_are_kept(text: str, fits: int, misses: int) -> None:
    found = amount_in(text)

    assert found is not None
    currency = found.currencies[0] if found.currencies else "USD"
    assert found.fits(Money(fits, currency))
    assert not found.fits(Money(misses, currency))


@pytest.mark.parametrize(
    ("text", "home", "meant"),
    [
        ("$50", "HKD", "HKD"),
        ("$50", "EUR", "USD"),
        ("50 dollars", "SGD", "SGD"),
        ("¥500", "JPY", "JPY"),
        ("¥500", "HKD", "CNY"),
        ("50块", "HKD", None),
    ],
)
def test_a_sign_of_several_currencies_means_the_speakers_own_if_it_can(text: str, home: str, meant: str | None) -> None:
    found = amount_in(text, home)

    assert found is not None
    assert (found.currencies[0] if found.currencies else None) == meant


def test_an_ambiguous_sign_still_fits_what_was_charged_abroad() -> None:
    found = amount_in("I never paid $50", "HKD")

    assert found is not None
    assert found.fits(Money(5_000, "USD"))
    assert not found.fits(Money(5_000, "EUR"))


def test_an_amount_that_a_currency_cannot_have_is_no_money() -> None:
    found = amount_in("10.50 yen")

    assert found is not None
    assert found.in_money("USD") is None


def test_without_a_currency_it_is_money_of_the_wallets() -> None:
    found = amount_in("扣了300")

    assert found is not None
    assert found.in_money("HKD") == Money(30_000, "HKD")


@given(st.text(max_size=200))
def test_nothing_that_is_written_breaks_it(text: str) -> None:
    for found in amounts_in(text, "USD", bare=True):
        assert found.value > 0


@given(
    st.decimals(min_value="0.01", max_value="99999999", places=2),
    st.sampled_from(["${}", "{} euros", "USD {}", "{}欧元"]),
)
def test_what_is_written_with_a_currency_is_read_back(value: Decimal, written: str) -> None:
    found = amount_in(written.format(f"{value:,}"))

    assert found is not None
    assert found.value == value
