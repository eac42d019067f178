"""Countries in a customer's words, and their names in our replies."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from babel import Locale

_LANGUAGES = ("en", "zh", "zh_Hant")
_SHORT_NAMES = {
    ("HK", "en"): "Hong Kong",
    ("HK", "zh"): "香港",
    ("MO", "en"): "Macao",
    ("MO", "zh"): "澳门",
}
# What people say beside the names of the lists.
_ALSO = {
    "AE": "UAE|Dubai|Abu Dhabi|the Emirates|阿联酋|阿聯酋|迪拜|杜拜",
    "AU": "澳洲",
    "CN": "mainland China|中国内地|中国大陆",
    "CZ": "Czech Republic",
    "GB": "UK|U.K.|Britain|Great Britain|England|Scotland|Wales|Northern Ireland|英格兰|英格蘭|苏格兰|蘇格蘭",
    "HK": "HK|Hong Kong|香港",
    "KR": "Korea|韓國|南韩",
    "MO": "Macao|Macau|澳门|澳門",
    "NL": "Holland",
    "NZ": "NZ",
    "TR": "Turkey",
    "TW": "臺灣",
    "US": "USA|U.S.|America|the States|the United States of America",
}
_UNITED_STATES = "US"  # in capitals only: "us" is a word


def country_in(text: str) -> str | None:
    """The country (ISO 3166) that is named first."""
    plain = unicodedata.normalize("NFKC", text)
    found = _pattern().search(plain)
    if found is None:
        return None
    return _names().get(found.group().casefold(), _UNITED_STATES)


def country_name(code: str, language: str) -> str:
    """Such as "Japan" or "日本"."""
    return _SHORT_NAMES.get((code, language)) or str(Locale.parse(language).territories[code])


@cache
def _names() -> dict[str, str]:
    """Every name, in lower case, with its country."""
    names = {
        name.casefold(): code
        for language in _LANGUAGES
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2 and code.isalpha()
    }
    return names | {name.casefold(): code for code, more in _ALSO.items() for name in more.split("|")}


@cache
def _pattern() -> re.Pattern[str]:
    """The names, longest first, so that 印度尼西亚 is not 印度; Latin ones as whole words."""
    words = "|".join(_bounded(name) for name in sorted(_names(), key=len, reverse=True))
    return re.compile(f"(?i:{words})|{_bounded(_UNITED_STATES)}")


def _bounded(name: str) -> str:
    return rf"(?<![a-zA-Z]){re.escape(name)}(?![a-zA-Z])" if name[0].isascii() else re.escape(name)
