"""Time zones that are named beside a time; what is none is left alone, and what nobody knows is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.facts.zones import UnknownZone, zone_in

WINTER = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SHANGHAI, NEW_YORK, LOS_ANGELES = "Asia/Shanghai", "America/New_York", "America/Los_Angeles"


def named(text: str, own: str = "Europe/London") -> tuple[str | None, str]:
    found = zone_in(text, own=own, ours=SHANGHAI, now=WINTER)
    return found.zone, " ".join(found.rest.split())


@pytest.mark.parametrize(
    ("text", "zone", "rest"),
    [
        ("3 pm New York time", NEW_YORK, "3 pm"),
        ("New York time, 3 pm tomorrow", NEW_YORK, ", 3 pm tomorrow"),
        ("tomorrow 3pm PST", LOS_ANGELES, "tomorrow 3pm"),
        ("tomorrow at 3 pm Pacific time please", LOS_ANGELES, "tomorrow at 3 pm please"),
        ("tomorrow at 10 et", NEW_YORK, "tomorrow at 10"),
        ("3 pm in Tokyo", "Asia/Tokyo", "3 pm"),
        ("3 pm Japan time", "Asia/Tokyo", "3 pm"),
        ("between 3 pm and 5 pm Tokyo time", "Asia/Tokyo", "between 3 pm and 5 pm"),
        ("3pm UTC+8", "Etc/GMT-8", "3pm"),
        ("15:00 GMT", "Etc/UTC", "15:00"),
        ("3 pm your time", SHANGHAI, "3 pm"),
        ("3 pm my time", "Europe/London", "3 pm"),
        ("北京时间明天下午三点", SHANGHAI, "明天下午三点"),
        ("明天纽约时间下午3点", NEW_YORK, "明天 下午3点"),
        ("2点到4点東京時間", "Asia/Tokyo", "2点到4点"),
        ("美西时间上午10点", LOS_ANGELES, "上午10点"),
        ("你们那边时间下午三点", SHANGHAI, "下午三点"),
    ],
)
def test_a_named_zone_is_taken_out_of_the_text(text: str, zone: str, rest: str) -> None:
    assert named(text) == (zone, rest)


@pytest.mark.parametrize(
    "text", ["3 pm Narnia time", "tomorrow 15:00 narnia time", "纳尼亚时间下午三点", "明天纳尼亚时间3点"]
)
def test_a_zone_that_does_not_exist_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(UnknownZone) as refused:
        named(text)

    assert refused.value.name.casefold() in ("narnia", "纳尼亚")


@pytest.mark.parametrize("text", ["3 pm US time", "美国时间下午3点", "3pm UTC+5:30", "3 pm UTC+25"])
def test_a_name_that_may_be_several_zones_is_asked_back(text: str) -> None:
    with pytest.raises(UnknownZone):
        named(text)


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow 3 pm",
        "any time",
        "at 3 any time is fine",
        "3 pm when i have time",
        "tomorrow at 3 pm please make time",
        "it's lunch time at 3pm",
        "3 pm in the afternoon",
        "什么时间都行",
        "换个时间，下午3点",
        "下班时间5点",
        "我有时间下午3点",
    ],
)
def test_the_word_time_alone_names_no_zone(text: str) -> None:
    assert named(text)[0] is None


@pytest.mark.parametrize(("own", "zone"), [(SHANGHAI, SHANGHAI), (NEW_YORK, "America/Chicago")])
def test_letters_of_two_zones_are_the_speakers_own_first(own: str, zone: str) -> None:
    assert named("3 pm CST", own) == (zone, "3 pm")
