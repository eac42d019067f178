"""Currencies and the amount in a customer's words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.numbers import get_currency_name, get_territory_currencies

_LANGUAGES = ("en", "zh", "zh_Hant")
# What people say beside the names of the lists.
_ALSO = {
    "AED": "dirham|dirhams|迪拉姆",
    "AUD": "aussie dollar|aussie dollars|澳元|澳币|澳幣|A$",
    "CAD": "加元|加币|加幣|C$",
    "CHF": "franc|francs|瑞郎",
    "CNY": "rmb|yuan|renminbi|人民幣|¥",
    "EUR": "euro|euros|歐元|€",
    "GBP": "pound|pounds|sterling|quid|英磅|英鎊|£",
    "HKD": "港币|港幣|港纸|港紙|港元|HK$",
    "IDR": "rupiah|印尼盾|印尼卢比|印尼盧比",
    "INR": "rupee|rupees|卢比|盧比|₹",
    "JPY": "yen|日币|日幣|日圆|日圓|円",
    "KRW": "won|韩币|韓幣|韓元|韓圜|₩",
    "KWD": "科威特第纳尔",
    "MOP": "pataca|patacas|澳门币|澳門幣|葡币|葡幣",
    "MXN": "peso|pesos|比索",
    "MYR": "ringgit|ringgits|令吉|林吉特|马币|馬幣",
    "NZD": "kiwi dollar|kiwi dollars|纽币|紐幣|新西兰元",
    "PHP": "philippine peso|philippine pesos|菲律宾比索|菲律賓比索",
    "SGD": "singapore dollar|singapore dollars|新币|新幣|坡币|坡幣|新加坡币|新加坡幣|S$",
    "THB": "baht|泰铢|泰銖|泰币|泰幣|฿",
    "TWD": "taiwan dollar|taiwan dollars|台币|台幣|臺幣|新臺幣|NT$",
    "USD": "dollar|dollars|bucks|american dollar|american dollars|美金|美刀|US$|$",
    "VND": "dong|越南盾|越盾|₫",
}
# Codes that are words: in capitals only.
_WORDS = frozenset({"ALL", "ANG", "BAM", "BOB", "COP", "CUP", "GEL", "LAK", "MAD", "MOP", "PEN", "SOS", "TOP", "TRY"})

_AMOUNT = re.compile(r"(?<![\w.])(\d{1,3}(?:,\d{3})+|\d{1,12})(\.\d{1,6})?\s*(万|萬|千|k(?![a-z]))?", re.IGNORECASE)
_SCALES = {"万": 10_000, "萬": 10_000, "千": 1_000, "k": 1_000}
_NEXT_TO = 2  # characters between an amount and its currency


@dataclass(frozen=True)
class Exchange:
    """What was asked for: currencies in the order of the question, the amount's own first; each once."""

    currencies: tuple[str, ...]
    amount: Decimal | None


def exchange_in(text: str) -> Exchange:
    """The currencies that are named, and the first amount."""
    plain = unicodedata.normalize("NFKC", text)
    found = list(_pattern().finditer(plain))
    mentions = [(mention.start(), mention.end(), _names()[mention.group().casefold()]) for mention in found]
    amount = _AMOUNT.search(plain)
    if amount is None:
        return Exchange(_each_once([code for *_, code in mentions]), None)
    of_amount = [
        code
        for start, end, code in mentions
        if 0 <= start - amount.end() <= _NEXT_TO or 0 <= amount.start() - end <= _NEXT_TO
    ]
    return Exchange(_each_once([*of_amount, *(code for *_, code in mentions)]), _value(amount))


def currency_of_country(country: str) -> str | None:
    """The currency that is tender there now."""
    return next(iter(get_territory_currencies(country)), None)


def _each_once(codes: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


def _value(found: re.Match[str]) -> Decimal | None:
    whole, fraction, scale = found.groups()
    value = Decimal(whole.replace(",", "") + (fraction or "")) * _SCALES.get((scale or "").lower(), 1)
    if value == value.to_integral_value():
        value = value.to_integral_value()
    return value or None


@cache
def _names() -> dict[str, str]:
    """Every name and code, in lower case, with its currency."""
    names: dict[str, str] = {}
    for code in _tender():
        names[code.casefold()] = code
        for language in _LANGUAGES:
            for count in (1, 2):
                names[get_currency_name(code, count, language).casefold()] = code
    return names | {name.casefold(): code for code, more in _ALSO.items() for name in more.split("|")}


@cache
def _tender() -> frozenset[str]:
    """The currencies that are tender somewhere now."""
    territories = [code for code in Locale.parse("en").territories if len(code) == 2 and code.isalpha()]
    return frozenset(currency for country in territories for currency in get_territory_currencies(country))


@cache
def _pattern() -> re.Pattern[str]:
    """Longest first, so that "Hong Kong dollars" is not "dollars"."""
    in_capitals = {code.casefold() for code in _WORDS}
    either_case = sorted(set(_names()) - in_capitals, key=len, reverse=True)
    capitals = "|".join(_bounded(code) for code in sorted(_WORDS))
    return re.compile(f"(?i:{'|'.join(_bounded(name) for name in either_case)})|{capitals}")


def _bounded(name: str) -> str:
    """As a whole word where it is one: "won" is not in "wonder", and 100USD is still an amount."""
    before = "(?<![a-zA-Z])" if name[0].isascii() and name[0].isalpha() else ""
    after = "(?![a-zA-Z])" if name[-1].isascii() and name[-1].isalpha() else ""
    return f"{before}{re.escape(name)}{after}"
