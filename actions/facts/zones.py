"""Time zones that a customer names beside a time: "3 pm New York time", "15:00 PST", 北京时间下午三点, "at 3 UTC+8"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global

from actions.facts.places import country_named
from actions.facts.reading import legible

# As they are said; the lists of cities and countries have the others.
_ALSO = {
    "America/New_York": "eastern|eastern standard|eastern daylight|us eastern|boston|washington|washington dc|miami"
    "|atlanta|philadelphia|美东|东部|美国东部|北美东部|华盛顿|波士顿|迈阿密",
    "America/Chicago": "central|central standard|central daylight|us central|houston|dallas|austin"
    "|美中|中部|美国中部|北美中部|休斯敦|达拉斯",
    "America/Denver": "mountain|mountain standard|mountain daylight|us mountain|山地|美国山地|北美山区",
    "America/Los_Angeles": "pacific|pacific standard|pacific daylight|us pacific|san francisco|seattle|las vegas|la"
    "|美西|西部|太平洋|美国西部|美国太平洋|北美太平洋|旧金山|三藩市|西雅图|拉斯维加斯|硅谷",
    "America/Toronto": "ottawa|渥太华",
    "Asia/Shanghai": "china standard|beijing|peking|guangzhou|shenzhen|北京|中国|中国标准|国内|大陆|内地|广州|深圳",
    "Europe/London": "british|uk|british summer|greenwich|英国|格林尼治|格林威治",
    "Europe/Berlin": "central european|german|中欧|欧洲中部|法兰克福|慕尼黑",
    "Asia/Tokyo": "japan standard|大阪",
    "Asia/Kolkata": "india standard|indian",
    "Australia/Sydney": "australian eastern|澳洲东部|堪培拉",
    "Etc/UTC": "utc|gmt|世界|世界标准|协调世界",
}
# Whose clocks bear the abbreviations that we know; of two that bear one, the first. Their own zone comes before all.
_KNOWN_BY_LETTERS = (
    "America/New_York America/Chicago America/Denver America/Los_Angeles America/Anchorage Pacific/Honolulu"
    " Europe/London Europe/Berlin Europe/Athens Europe/Moscow Asia/Hong_Kong Asia/Tokyo Asia/Seoul Asia/Kolkata"
    " Australia/Sydney Australia/Perth Pacific/Auckland Africa/Johannesburg"
).split()
_LETTERS = {
    "et": "America/New_York",
    "pt": "America/Los_Angeles",
    "sgt": "Asia/Singapore",
}
_MINE = frozenset("my our local 当地 本地 我 我的 我们 我们的 我这边 我这里 我们这边 这边 这里 我这儿".split())
_YOURS = frozenset("your 你们 你们的 您那边 你们那边 你们那里 贵公司".split())
# "At 3 any time", "4 pm when i have time": words before "time" that are part of no name.
_NO_NAME = frozenset(
    "any some this that same next first last what which when whenever if a an the good best right free spare office"
    " business working work lunch dinner tea bed day night every each other another of on in at for to or and but so"
    " then after before during is it not no full half over long short more much enough most real i you we they he she"
    " me have has had having make take find get got need want give please".split()
)
_CLOCK = r"(?:\d{1,2}(?::\d\d)?\s?(?:[ap]\.?m\b\.?|o'?clock\b)?|\bnoon|\bmidday|\bmidnight)"
_OFFSET = re.compile(r"\b(?:utc|gmt)\s?(?P<sign>[+−-])\s?(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?\b", re.IGNORECASE)
_LETTERED = re.compile(rf"(?P<clock>{_CLOCK})\s?\(?(?P<letters>[a-z]{{2,5}})\b(?:\s+time\b)?\)?", re.IGNORECASE)
_BEHIND = re.compile(
    rf"(?P<clock>{_CLOCK}),?\s(?:in |on |at )?(?:the )?(?P<name>[a-z][a-z.'-]*(?:\s[a-z][a-z.'-]*){{0,3}}?)\stime\b(?!\szone)",
    re.IGNORECASE,
)
_IN_PLACE = re.compile(
    rf"(?P<clock>{_CLOCK}),?\sin\s(?P<name>[a-z][a-z.'-]*(?:\s[a-z][a-z.'-]*){{0,2}})", re.IGNORECASE
)
_NAMED = re.compile(r"\b(?P<name>[a-z][a-z.'-]*(?:\s[a-z][a-z.'-]*){0,2})\stime\b", re.IGNORECASE)
_HAN_NAMED = re.compile(r"(?P<name>[\u4e00-\u9fff]{1,8})的?时间")
_HAN_CLOCK_FOLLOWS = re.compile(
    r"^[,，\s]*(?:的)?(?:[今明后]天|[今明]晚|下?(?:周|星期|礼拜)[一二三四五六日天])?[早中下上晚凌]?[午上晨]?\s?[\d一二三四五六七八九十两]+\s?(?:点|时|:)"
)
# What may stand before a name without a space between.
_HAN_BEFORE = re.compile(
    r"^.*(?:[今明后]天|[今明]晚|(?:周|星期|礼拜)[一二三四五六日天]|[上下中]午|[早晚]上|[日号点]|请|在|按|用|是|就|以|打给我|给我|打|回电)"
)
_HAN_NO_NAME = re.compile(
    r"(?:什么|这个|那个|个|同样|同一|空|空余|空闲|有空|业余|方便|下班|上班|午休|休息|休假|工作|营业|服务|办公|吃饭|午饭|晚饭"
    r"|早上|上午|中午|下午|晚上|晚|白天|夜里|其他|别|别的|另外|任何|多少|长|短|段|些|点|的|换|改|约|有|没|到|开始|结束|回电|通话|联系|预约)$"
)


class UnknownZone(ValueError):
    """A zone is named that we do not know; `name` is how."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Named:
    """`zone`: the IANA zone that a text names, None where it names none. `rest`: the text without the name."""

    zone: str | None
    rest: str


def zone_in(text: str, *, own: str, ours: str, now: datetime) -> Named:
    """The time zone that a text names beside a time.

    Args:
        own: the speaker's zone, whose abbreviations they mean ("CST" in Shanghai) and to which "my time" belongs.
        ours: the zone that "your time" is.

    Raises:
        UnknownZone
    """
    said = legible(text)
    if offset := _OFFSET.search(said):
        return Named(_of_offset(offset), _without(said, offset.start(), offset.end()))
    named = _in_chinese(said, own, ours) or _by_abbreviation(said, own, now) or _in_english(said, own, ours)
    return named or Named(None, said)


def _by_abbreviation(said: str, own: str, now: datetime) -> Named | None:
    """ "3 pm PST"."""
    for found in _LETTERED.finditer(said):
        zone = _of_letters(found["letters"].casefold(), own, now)
        if zone is not None:
            return Named(zone, _without(said, found.end("clock"), found.end()))
    return None


def _in_english(said: str, own: str, ours: str) -> Named | None:
    """ "3 pm New York time", "3 pm in New York", "New York time, 3 pm"."""
    behind = _BEHIND.search(said)
    if behind is not None:
        zone = _of_name(behind["name"], own, ours)
        if zone is not None:
            return Named(zone, _without(said, behind.end("clock"), behind.end()))
        if not set(behind["name"].casefold().split()) & _NO_NAME:
            raise UnknownZone(behind["name"])
    place = _IN_PLACE.search(said)
    for name in _beginnings(place["name"]) if place is not None else []:
        if place is not None and (zone := _of_place(name)):
            return Named(zone, _without(said, place.end("clock"), place.start("name") + len(name)))
    for found in _NAMED.finditer(said):
        for name in _endings(found["name"]):
            if zone := _of_name(name, own, ours):
                return Named(zone, _without(said, found.end("name") - len(name), found.end()))
    return None


def _in_chinese(said: str, own: str, ours: str) -> Named | None:
    """纽约时间下午三点，下午三点纽约时间."""
    for found in _HAN_NAMED.finditer(said):
        name = found["name"].removesuffix("的")
        for start in range(len(name)):
            if zone := _of_name(name[start:], own, ours):
                return Named(zone, _without(said, found.start() + start, found.end()))
        unknown = _HAN_BEFORE.sub("", name)
        if len(unknown) > 1 and not _HAN_NO_NAME.search(unknown) and _HAN_CLOCK_FOLLOWS.match(said[found.end() :]):
            raise UnknownZone(unknown)
    return None


def _of_name(name: str, own: str, ours: str) -> str | None:
    folded = name.casefold()
    if folded in _YOURS:
        return ours
    return own if folded in _MINE else _of_place(folded)


def _of_place(name: str) -> str | None:
    """By a city, or by a country all of whose clocks go alike."""
    folded = name.casefold()
    country = country_named(folded)
    return _names().get(folded) or (_of_country(country) if country is not None else None)


def _of_country(country: str) -> str | None:
    zones = sorted(zone for zone, where in get_global("zone_territories").items() if where == country)
    known = [zone for zone in zones if zone in available_timezones()]
    alike = {_offsets(zone) for zone in known}
    return known[0] if len(alike) == 1 else None


def _offsets(zone: str) -> tuple[timedelta | None, ...]:
    clocks = ZoneInfo(zone)
    return tuple(datetime(2026, month, 15, tzinfo=UTC).astimezone(clocks).utcoffset() for month in (1, 7))


def _of_letters(letters: str, own: str, now: datetime) -> str | None:
    clocks = ZoneInfo(own)
    if letters in ("utc", "gmt"):
        return "Etc/UTC"
    if letters in {at.astimezone(clocks).strftime("%Z").casefold() for at in (now, now + timedelta(days=182))}:
        return own
    return _by_letters().get(letters)


def _of_offset(found: re.Match[str]) -> str:
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    # POSIX counts westwards.
    zone = f"Etc/GMT{'-' if found['sign'] == '+' else '+'}{hours}" if hours else "Etc/UTC"
    if minutes or zone not in available_timezones():
        raise UnknownZone(found[0])
    return zone


@cache
def _by_letters() -> dict[str, str]:
    known = dict(_LETTERS)
    for zone in _KNOWN_BY_LETTERS:
        for month in (1, 7):
            letters = datetime(2026, month, 15, tzinfo=UTC).astimezone(ZoneInfo(zone)).strftime("%Z").casefold()
            known.setdefault(letters, zone)
    return known


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    zones = [zone for zone in get_global("zone_territories") if zone in available_timezones() and "/" in zone]
    for zone in zones:
        names[zone.rsplit("/", 1)[-1].replace("_", " ").casefold()] = zone
    for language in ("en", "zh"):
        for zone, place in Locale(language).time_zones.items():
            if "city" in place and zone in zones:
                names[legible(place["city"]).casefold()] = zone
    for zone, also in _ALSO.items():
        names.update(dict.fromkeys(also.split("|"), zone))
    return names


def _beginnings(name: str) -> list[str]:
    words = name.split(" ")
    return [" ".join(words[:count]) for count in range(len(words), 0, -1)]


def _endings(name: str) -> list[str]:
    words = name.split(" ")
    return [" ".join(words[start:]) for start in range(len(words))]


def _without(said: str, start: int, end: int) -> str:
    return f"{said[:start]} {said[end:]}".strip()
