"""Currencies by code, sign, name and nickname, in both languages."""

from __future__ import annotations

import re
from functools import cache

from babel import Locale
from babel.numbers import get_currency_name, get_territory_currencies

from actions.facts.reading import in_digits, plain
from wallet_core.errors import UnknownCurrency
from wallet_core.money import exponent

# Where a word is that of several currencies ("dollars"), the one further ahead is meant, unless it is the speaker's own.
_COMMON = (
    "USD EUR GBP JPY CNY HKD SGD AUD CAD CHF INR KRW TWD MOP NZD THB MYR PHP IDR VND AED SAR MXN ZAR NGN KES BRL TRY"
    " SEK NOK DKK PLN CZK HUF RUB ILS EGP GHS PKR BDT LKR KWD"
).split()
_SIGNS = {
    "€": "EUR", "£": "GBP", "¥": "CNY JPY", "₩": "KRW", "₹": "INR", "฿": "THB", "₫": "VND", "₱": "PHP", "₽": "RUB",
    "₺": "TRY", "₦": "NGN", "₪": "ILS", "$": "USD HKD SGD AUD CAD NZD TWD MXN", "hk$": "HKD", "us$": "USD", "s$": "SGD",
    "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD", "nt$": "TWD", "mop$": "MOP", "r$": "BRL",
    "rm": "MYR", "rs": "INR", "rs.": "INR", "cn¥": "CNY", "jp¥": "JPY", "dhs": "AED", "fr.": "CHF",
}  # fmt: skip
# Words of money that say nothing about whose: they mean the currency at hand.
_OWN = ("块", "块钱", "元", "元钱", "蚊", "圆", "银", "文")
_NICKNAMES = {
    "USD": "buck bucks greenback greenbacks 美金 美刀 刀 usdollar",
    "GBP": "quid sterling fiver tenner 镑 英磅",
    "EUR": "欧",
    "CNY": "rmb yuan kuai renminbi 软妹币 人民币 块人民币 元人民币",
    "HKD": "港币 港纸 港蚊 港元",
    "JPY": "日币 日圆 円 日元",
    "TWD": "台币 新台币 台元",
    "KRW": "韩币 韩元 韩圜",
    "SGD": "新币 坡币 新元 新加坡币",
    "AUD": "澳币 澳元 aussie",
    "CAD": "加币 加元 loonie loonies",
    "NZD": "纽币 纽元 kiwi",
    "MYR": "马币 令吉 ringgit",
    "THB": "泰珠 泰币 泰铢",
    "CHF": "瑞郎",
    "MOP": "葡币 澳门币 澳门元",
    "INR": "印度卢比 卢比 rupee rupees",
    "VND": "越南盾",
    "AED": "迪拉姆",
    "RUB": "卢布",
    "PHP": "披索 菲律宾比索",
    "MXN": "比索",
}
# Names that are ordinary words too: currencies beside a number, or behind a slash, only.
_WORDS_TOO = frozenset(
    "won real reals gold mark marks dong try all top cup mad pen bam sos mop lev 刀 欧 文 银 圆 元 块 蚊".split()
)
_CODES = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
_LATIN_WORDS = re.compile(r"[A-Za-z\u00c0-\u024f]+\$?(?: [A-Za-z\u00c0-\u024f]+){0,3}")
_LONGEST_HAN = 7


@cache
def names() -> dict[str, tuple[str, ...]]:
    """What each written name may mean, the likeliest first; nothing in the tuple: the currency at hand."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(_OWN, ())
    codes = [*_COMMON, *sorted(code for code in _in_use() if code not in _COMMON and _exists(code))]
    for code in codes:
        english = {get_currency_name(code, count, "en").casefold() for count in (1, 2)}
        shorter = {name.split(" ", 1)[1] for name in english if name.count(" ") > 1}  # "korean won"
        written = {*english, *shorter, *(f"{country} {name.split()[-1]}" for country, name in _short_names(english))}
        for name in {*written, *(name.split()[-1] for name in english), Locale("zh").currencies.get(code, code)}:
            found[name] = (*found.get(name, ()), code)
    for code, nicknames in _NICKNAMES.items():
        found.update(dict.fromkeys(nicknames.split(), (code,)))
    for code in _COMMON:
        found[code.casefold()] = (code,)  # others count in capitals only: "try", "all", "cup" and "top" are words
    found.update({sign: tuple(codes.split()) for sign, codes in _SIGNS.items()})
    return found


def meant_by(name: str, home: str | None = None) -> tuple[str, ...] | None:
    """What a written name, sign or code may mean, the likeliest first; None where it is no currency's.

    `home` is the currency of the one who speaks: a word that may mean it does.
    """
    codes = (name,) if _CODES.fullmatch(name) and _exists(name) else names().get(name.casefold())
    if codes and home in codes:
        return (str(home), *(code for code in codes if code != home))
    return codes


def currencies_in(text: str, home: str | None = None) -> list[str]:
    """The currencies that a text names, in its order, each once; of what may mean several, the likeliest."""
    found: dict[int, str] = {}
    written = in_digits(text)
    for match in _CODES.finditer(written):
        behind_slash = written[: match.start()].endswith("/")
        if _exists(match.group()) and (behind_slash or match.group().casefold() not in _WORDS_TOO):
            found[match.start()] = match.group()
    said, place = plain(text), 0
    while place < len(said):
        name = _name_at(said, place)
        codes = meant_by(name, home) if name else None
        if name and codes and (name not in _WORDS_TOO or said[:place].endswith("/")):
            found.setdefault(place, codes[0])
        place += len(name) if name else 1
    return list(dict.fromkeys(code for _, code in sorted(found.items())))


def name_after(said: str, place: int) -> str | None:
    """The longest currency name that begins there, perhaps after one space."""
    gap = 1 if said[place : place + 1] == " " else 0
    name = _longest(said, place + gap)
    return None if name is None else said[place : place + gap] + name


def name_before(said: str, place: int) -> str | None:
    """The longest currency name that ends there, perhaps before one space."""
    end = place - 1 if said[place - 1 : place] == " " else place
    for start in range(max(0, end - 12), end):
        name = said[start:end]
        begins = start == 0 or not (_is_latin(said[start - 1]) and _is_latin(said[start]))
        if begins and _is_name(name):
            return name
    return None


def _name_at(said: str, place: int) -> str | None:
    if place and _is_latin(said[place - 1]) and _is_latin(said[place]):
        return None
    name = _longest(said, place)
    return name if name and names()[name.casefold()] else None


def _longest(said: str, place: int) -> str | None:
    """The longest name that begins there."""
    if said[place : place + 1] and not _is_latin(said[place]):
        candidates = [said[place : place + length] for length in range(_LONGEST_HAN, 0, -1)]
    else:
        words = _LATIN_WORDS.match(said, place)
        parts = words.group().split(" ") if words else []
        candidates = [" ".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return next((candidate for candidate in candidates if _is_name(candidate)), None)


def _is_name(written: str) -> bool:
    return written.casefold() in names() or (_CODES.fullmatch(written) is not None and _exists(written))


def _in_use() -> set[str]:
    """What is money somewhere today: the lists also have funds codes and what was before the euro."""
    return {code for territory in map(str, Locale("en").territories) for code in get_territory_currencies(territory)}


def _short_names(english: set[str]) -> list[tuple[str, str]]:
    """Of "hong kong dollars" the country as it is also said: "hk dollars"."""
    shorts = {"hong kong": "hk", "australian": "aussie", "singapore": "sg", "new taiwan": "taiwan", "chinese": "china"}
    return [(short, name) for long, short in shorts.items() for name in english if name.startswith(long)]


def _is_latin(character: str) -> bool:
    return character.isalpha() and character < "\u0250"


@cache
def _exists(code: str) -> bool:
    try:
        return exponent(code) >= 0
    except UnknownCurrency:
        return False
