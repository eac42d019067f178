"""When customers want to be called, on their own clocks; what is unclear is None, and asked back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from actions.callback_times import CallWish, call_wish_in
from actions.callback_words import changes_callback, phone_in, read_wish, wants_other_number, write_wish
from actions.customer_words import stops_asking
from actions.facts.times import SkippedHour
from tests.wallet_core.factories import NOW


def wish(text: str) -> CallWish | None:
    return call_wish_in(text, now=NOW, time_zone="Europe/London")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return NOW.replace(day=day, hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("tomorrow at 3pm", at(24, 15)),
        ("call me tomorrow at 3 pm please", at(24, 15)),
        ("at 10", at(23, 10)),
        ("10 tomorrow", at(24, 10)),
        ("Friday morning 10", at(27, 10)),
        ("tonight at 8", at(23, 20)),
        ("after 2", at(23, 14)),
        ("in two hours", at(23, 11, 30)),
        ("明天下午三点", at(24, 15)),
        ("半小时后", at(23, 10)),
        ("周五上午10点", at(27, 10)),
        ("今晚八点", at(23, 20)),
    ],
)
def test_a_time_is_the_coming_one_that_is_meant(text: str, start: datetime) -> None:
    assert wish(text) == CallWish(start)


@pytest.mark.parametrize(
    ("text", "start", "hours"),
    [
        ("between 2 and 4 pm", at(23, 14), 2),
        ("tomorrow between 10 and 12", at(24, 10), 2),
        ("11am to 1pm", at(23, 11), 2),
        ("明天下午2点到4点", at(24, 14), 2),
        ("tomorrow morning", at(24, 9), 3),
        ("星期六下午", at(28, 14), 3),
    ],
)
def test_a_stretch_of_time_has_an_end(text: str, start: datetime, hours: int) -> None:
    assert wish(text) == CallWish(start, start + timedelta(hours=hours))


@pytest.mark.parametrize("text", ["asap", "right now please", "as soon as possible", "尽快", "现在就打", "随时都可以"])
def test_at_once_is_a_wish_too(text: str) -> None:
    assert wish(text) == CallWish(None)


@pytest.mark.parametrize(
    "text",
    ["tomorrow", "call me", "给我打电话", "现在不方便", "I can't talk now", "my number is +1 202 555 0171", "soon-ish"],
)
def test_what_is_unclear_is_asked_back(text: str) -> None:
    assert wish(text) is None


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("tomorrow 3 pm New York time", at(24, 20)),
        ("明天北京时间下午三点", at(24, 7)),
        ("tomorrow 10am PST", at(24, 18)),
    ],
)
def test_a_zone_that_is_named_is_the_one_that_counts(text: str, start: datetime) -> None:
    found = wish(text)

    assert found is not None
    assert found.start == start
    assert found.zone is not None


def test_an_hour_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(SkippedHour):
        call_wish_in("on 28 March at 1:30am", now=NOW.replace(year=2027, month=3, day=20), time_zone="Europe/London")


@pytest.mark.parametrize(
    "kept",
    [
        CallWish(None),
        CallWish(at(24, 15)),
        CallWish(at(24, 15), at(24, 17)),
        CallWish(at(24, 15), None, "America/New_York"),
    ],
)
def test_a_wish_survives_its_slot(kept: CallWish) -> None:
    assert read_wish(write_wish(kept)) == kept


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("cancel the callback", "cancel"),
        ("don't call me any more", "cancel"),
        ("不用打了", "cancel"),
        ("move the call to 4:30", "move"),
        ("改个时间", "move"),
        ("call me back", None),
        ("请给我回电", None),
    ],
)
def test_a_change_of_mind_is_told_from_a_wish(text: str, change: str | None) -> None:
    assert changes_callback(text) == change


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("call 212 555 0123", "US", "+12125550123"),
        ("+44 7400 123456", "US", "+447400123456"),
        ("打13800138000", None, "+8613800138000"),
        ("tomorrow at 3", "US", None),
    ],
)
def test_a_number_without_its_country_is_the_customers_own(text: str, country: str | None, number: str | None) -> None:
    assert phone_in(text, country) == number


@pytest.mark.parametrize("text", ["another number", "换一个", "打另一个号码", "a different one"])
def test_another_number_can_be_asked_for(text: str) -> None:
    assert wants_other_number(text)


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("stop", True),
        ("please stop it!", True),
        ("算了不约了，谢谢", True),
        ("never mind, forget it", True),
        ("no", False),
        ("谢谢", False),
        ("ok", False),
        ("stop the payment", False),
        ("取消付款", False),
        ("", False),
    ],
)
def test_only_a_text_that_is_all_stopping_stops(text: str, stops: bool) -> None:
    assert stops_asking(text) is stops
