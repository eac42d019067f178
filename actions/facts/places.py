"""Countries, by their names and by well-known cities, in both languages."""

from __future__ import annotations

import re
from functools import cache

from babel import Locale
from babel.core import get_global

from actions.facts.reading import legible

# As they are also said; the lists have one name of each.
_ALSO = {
    "US": "usa|u.s.|u.s.a.|america|the states|states|美利坚",
    "GB": "uk|u.k.|britain|great britain|england|scotland|wales|northern ireland|不列颠|英格兰|苏格兰",
    "AE": "uae|emirates|dubai|abu dhabi|阿联酋|迪拜|阿布扎比",
    "KR": "korea|首尔|釜山",
    "HK": "hong kong|hk|hongkong|香港",
    "MO": "macau|macao|澳门",
    "TW": "taiwan|taipei|台湾|台北|高雄",
    "CN": "mainland china|中国大陆|内地|大陆|北京|广州|深圳",
    "NL": "holland|荷兰",
    "CZ": "czech republic|捷克共和国|prague",
    "TR": "turkey|土耳其",
    "MM": "burma|缅甸",
    "VN": "viet nam|河内|胡志明市",
    "JP": "osaka|kyoto|大阪|京都",
    "IN": "mumbai|delhi|bangalore|孟买|新德里",
    "AU": "澳洲|oz",
    "ES": "barcelona|巴塞罗那",
    "DE": "munich|frankfurt|hamburg|慕尼黑|法兰克福",
    "IT": "milan|venice|florence|米兰|威尼斯",
    "CH": "geneva|日内瓦",
    "CA": "montreal|蒙特利尔",
    "TH": "phuket|chiang mai|普吉|清迈",
    "ID": "bali|巴厘岛",
    "SA": "saudi",
}
_SURELY_US = re.compile(r"\bUS\b(?!\$)|\b(?:the|in|to|from) us\b(?= |$|[.,?!])", re.IGNORECASE)
_US_IN_CAPITALS = re.compile(r"\bUS\b(?!\s?\$|\sdollars?)")
# Names of places that are first of all something else.
_NO_CITY = frozenset("center troll nome wake easter knox phoenix resolute currie louisville christmas".split())
_NO_CITY_EITHER = frozenset({"里加", "利马"})  # 里加价: "a surcharge inside"
_TO_A_CITY = re.compile(r"\b(?:in|to|from|at|near|visit(?:ing)?|for)\s(?:the\s)?$")


def countries_in(text: str) -> list[str]:
    """The countries that a text names, as ISO 3166 codes, in its order, each once.

    A city stands for its country; in English only behind a preposition, since many are people's names too.
    """
    read = legible(text)
    said = read.casefold()
    found: dict[int, str] = {}
    if _SURELY_US.search(read) and (match := _US_IN_CAPITALS.search(read)):
        found[match.start()] = "US"
    for match in _english_names().finditer(said):
        name = match.group()
        country, is_city = _english()[name]
        if not is_city or _TO_A_CITY.search(said[: match.start()]):
            found.setdefault(match.start(), country)
    for match in _chinese_names().finditer(said):
        found.setdefault(match.start(), _chinese()[match.group()])
    return list(dict.fromkeys(country for _, country in sorted(found.items())))


def country_in(text: str) -> str | None:
    """The one country that a text names; None where there is none, or more than one."""
    found = countries_in(text)
    return found[0] if len(found) == 1 else None


def country_named(name: str) -> str | None:
    """The country whose name, or whose city's name, this is and nothing else."""
    folded = legible(name).casefold()
    country, _ = _english().get(folded, (None, False))
    return country or _chinese().get(folded)


@cache
def _english() -> dict[str, tuple[str, bool]]:
    names: dict[str, tuple[str, bool]] = {}
    for zone, country in get_global("zone_territories").items():
        city = zone.rsplit("/", 1)[-1].replace("_", " ").casefold()
        if "/" in zone and country in _countries() and city not in _NO_CITY and len(city) > 3:
            names[city] = (country, True)
    for country in _countries():
        name = legible(Locale("en").territories[country]).casefold()
        names[name] = names[name.replace("&", "and")] = (country, False)
        names[re.sub(r" \(.*\)| sar china", "", name)] = (country, False)
    for country, also in _ALSO.items():
        names.update({name: (country, False) for name in also.split("|") if name.isascii()})
    return names


@cache
def _chinese() -> dict[str, str]:
    zh = Locale("zh")
    cities = {zone: legible(place["city"]) for zone, place in zh.time_zones.items() if "city" in place}
    owners = get_global("zone_territories")
    names = {city: owners[zone] for zone, city in cities.items() if owners.get(zone) in _countries() and len(city) > 1}
    names = {city: country for city, country in names.items() if city not in _NO_CITY_EITHER}
    names |= {legible(zh.territories[code]): code for code in _countries() if code in zh.territories}
    for country, also in _ALSO.items():
        names.update(dict.fromkeys((name for name in also.split("|") if not name.isascii()), country))
    return names


@cache
def _countries() -> frozenset[str]:
    """Two letters, and no region ("EU") or private code."""
    regions = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    return frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()) - regions


@cache
def _english_names() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.])(?:{_alternatives(_english())})(?!\w)")


@cache
def _chinese_names() -> re.Pattern[str]:
    return re.compile(rf"(?:{_alternatives(_chinese())})(?!时间)")  # 北京时间: a time zone


def _alternatives(names: dict[str, object] | dict[str, str] | dict[str, tuple[str, bool]]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
