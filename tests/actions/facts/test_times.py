"""Times as customers say them, in their own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.facts.times import Period, moment_in, period_in

SHANGHAI = "Asia/Shanghai"
NOW = datetime(2026, 11, 23, 17, 30, tzinfo=ZoneInfo(SHANGHAI))  # a Monday


def period(text: str, zone: str = SHANGHAI, country: str | None = None) -> Period | None:
    return period_in(text, now=NOW, time_zone=zone, country=country)


def at(written: str, zone: str = SHANGHAI) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("what did I spend yesterday", "2026-11-22", "2026-11-22"),
        ("the day before yesterday", "2026-11-21", "2026-11-21"),
        ("last Friday", "2026-11-20", "2026-11-20"),
        ("on Monday", "2026-11-16", "2026-11-16"),
        ("on the 20th", "2026-11-20", "2026-11-20"),
        ("on the 31st", "2026-10-31", "2026-10-31"),
        ("20 November", "2026-11-20", "2026-11-20"),
        ("Nov 20th, 2025", "2025-11-20", "2025-11-20"),
        ("dated 18 July", "2026-07-18", "2026-07-18"),
        ("the second of May", "2026-05-02", "2026-05-02"),
        ("20/11/2026", "2026-11-20", "2026-11-20"),
        ("2026-11-20", "2026-11-20", "2026-11-20"),
        ("two days ago", "2026-11-21", "2026-11-21"),
        ("last week", "2026-11-16", "2026-11-22"),
        ("this month", "2026-11-01", "2026-11-30"),
        ("in may", "2026-05-01", "2026-05-31"),
        ("transactions from 2023", "2023-01-01", "2023-12-31"),
        ("in the last two weeks", "2026-11-09", "2026-11-23"),
        ("last weekend", "2026-11-21", "2026-11-22"),
        ("between 1 and 15 August", "2026-08-01", "2026-08-15"),
        ("between Monday and Wednesday", "2026-11-16", "2026-11-18"),
        ("over Christmas", "2025-12-24", "2025-12-26"),
        ("昨天付的", "2026-11-22", "2026-11-22"),
        ("前天", "2026-11-21", "2026-11-21"),
        ("大前天", "2026-11-20", "2026-11-20"),
        ("三天前", "2026-11-20", "2026-11-20"),
        ("上周五", "2026-11-20", "2026-11-20"),
        ("上上周三", "2026-11-11", "2026-11-11"),
        ("周五", "2026-11-20", "2026-11-20"),
        ("上個禮拜六", "2026-11-21", "2026-11-21"),
        ("11月20号", "2026-11-20", "2026-11-20"),
        ("九月二十号", "2026-09-20", "2026-09-20"),
        ("去年12月", "2025-12-01", "2025-12-31"),
        ("2026年11月20日", "2026-11-20", "2026-11-20"),
        ("20号那笔", "2026-11-20", "2026-11-20"),
        ("上个月5号", "2026-10-05", "2026-10-05"),
        ("上个月的消费", "2026-10-01", "2026-10-31"),
        ("這個月", "2026-11-01", "2026-11-30"),
        ("近三十日", "2026-10-24", "2026-11-23"),
        ("最近一个月", "2026-10-24", "2026-11-23"),
        ("周一到周三", "2026-11-16", "2026-11-18"),
        ("11月1日到15日", "2026-11-01", "2026-11-15"),
        ("1号到5号", "2026-11-01", "2026-11-05"),
        ("双十一那天", "2026-11-11", "2026-11-11"),
        ("琴日使咗", "2026-11-22", "2026-11-22"),
    ],
)
def test_days_are_the_speakers_days(text: str, first: str, last: str) -> None:
    assert period(text) == Period(at(first), at(last) + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("yesterday around 3pm", "2026-11-22T15:00"),
        ("昨天下午三点", "2026-11-22T15:00"),
        ("昨天下午3点半", "2026-11-22T15:30"),
        ("昨晚十点多", "2026-11-22T22:00"),
        ("前天晚上8点", "2026-11-21T20:00"),
        ("on the 12th at 4 p.m.", "2026-11-12T16:00"),
        ("at 9 this morning", "2026-11-23T09:00"),
        ("yesterday at half past three", "2026-11-22T15:30"),
        ("今天早上9点", "2026-11-23T09:00"),
        ("凌晨三点一笔扣款", "2026-11-23T03:00"),
        ("15:30", "2026-11-23T15:30"),
        ("at noon", "2026-11-23T12:00"),
        ("an hour ago", "2026-11-23T16:30"),
        ("三个小时前", "2026-11-23T14:30"),
        ("半小时前", "2026-11-23T17:00"),
        ("ten minutes ago", "2026-11-23T17:20"),
        ("11月20日 15:30", "2026-11-20T15:30"),
    ],
)
def test_a_time_of_day_is_taken_with_some_leeway(text: str, moment: str) -> None:
    found = period(text)

    assert found is not None
    assert found.moment == at(moment)
    assert found.holds(at(moment) - timedelta(hours=1))
    assert not found.holds(at(moment) - timedelta(hours=3))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("this morning", "2026-11-23T09:00", "2026-11-23T13:00"),
        ("last night", "2026-11-22T23:00", "2026-11-22T12:00"),
        ("昨晚", "2026-11-22T20:00", "2026-11-22T10:00"),
        ("今天下午", "2026-11-23T14:00", "2026-11-23T10:00"),
        ("since the 20th", "2026-11-22T12:00", "2026-11-19T12:00"),
        ("从20号开始", "2026-11-22T12:00", "2026-11-19T12:00"),
        ("before last Friday", "2026-11-01T12:00", "2026-11-20T12:00"),
        ("十月之前", "2026-09-30T12:00", "2026-10-01T12:00"),
    ],
)
def test_parts_of_days_and_open_ends_are_kept(text: str, inside: str, outside: str) -> None:
    found = period(text)

    assert found is not None
    assert found.holds(at(inside))
    assert not found.holds(at(outside))


@pytest.mark.parametrize(
    "text",
    [
        "may I ask something",
        "24/7",
        "I paid 49.90",
        "iPhone 15",
        "the second one",
        "快一点",
        "有点慢",
        "三号线",
        "早就取消的",
        "等咗兩日",
        "同一晚刷了两笔",
        "早餐钱扣了两遍",
        "10号退的现在都25号了",  # two times that do not go together
        "订单号20241105",
        "order 20/6789",
        "a payment of 12.5",
        "hello",
        "",
    ],
)
def test_where_no_time_is_said_or_two_that_differ_there_is_none(text: str) -> None:
    assert period(text) is None


def test_the_day_begins_where_the_speaker_is() -> None:
    new_york = period("today", "America/New_York")

    assert new_york is not None
    assert new_york.start == at("2026-11-23", "America/New_York")


@pytest.mark.parametrize(("country", "day"), [("US", "2026-03-05"), ("GB", "2026-05-03")])
def test_the_order_of_day_and_month_is_the_countrys(country: str, day: str) -> None:
    assert period("03/05", country=country) == Period(at(day), at(day) + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("tomorrow at 3pm", "2026-11-24T15:00"),
        ("明天下午三点", "2026-11-24T15:00"),
        ("in an hour", "2026-11-23T18:30"),
        ("一个小时后", "2026-11-23T18:30"),
        ("今晚8点", "2026-11-23T20:00"),
        ("friday 9am", "2026-11-27T09:00"),
        ("周五上午十点", "2026-11-27T10:00"),
        ("at 9", None),
        ("9am", "2026-11-24T09:00"),
        ("the day after tomorrow 14:00", "2026-11-25T14:00"),
        ("tomorrow", None),
        ("whenever", None),
    ],
)
def test_a_coming_moment_needs_its_time_of_day(text: str, moment: str | None) -> None:
    found = moment_in(text, now=NOW, time_zone=SHANGHAI)

    assert found == (at(moment) if moment else None)


@given(st.text(max_size=200))
def test_nothing_that_is_written_breaks_it(text: str) -> None:
    found = period(text)

    assert found is None or found.start < found.end


@given(
    st.lists(
        st.sampled_from("昨天 上周 五 3 点 号 月 到 前 半 下午 last may 20 th at : ago between".split()), max_size=8
    )
)
def test_no_mix_of_words_of_time_breaks_it(words: list[str]) -> None:
    for text in ("".join(words), " ".join(words)):
        found = period(text)

        assert found is None or found.start < found.end
