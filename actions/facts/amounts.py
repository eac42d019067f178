"""Amounts of money: ¥300, 三百块, 20 bucks, 1.5万, 49.99, HK$1,200, two hundred euros."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from actions.facts import money_words as words
from actions.facts.currencies import meant_by, name_after, name_before
from actions.facts.numbers import NUMBER, value_of
from actions.facts.reading import in_digits
from wallet_core.errors import InvalidAmount, UnknownCurrency
from wallet_core.money import Money

_OFF = Decimal("0.1")  # how far off "about 50" may be
_LONGEST_BARE = 6  # digits of a number that may be money without saying so; longer ones are orders and phones
# Letters may stand right before a number only where they are a currency's (RM59, USD20), which is looked at below.
_FOUND = re.compile(rf"(?<![\d.,/#*•_])(?<![a-z]-)(?:(?<![A-Za-z])|(?<=(?i:rm|rs|hk))|(?<=[A-Z]{{3}})){NUMBER}")
_SIGN = re.compile(r"(?:[A-Za-z]{0,3}[$€£¥₩₹฿₫₱₽₺₦₪]|\b(?:RM|Rs\.?|[A-Z]{3}))\s?$", re.IGNORECASE)
_AFTER_HAN = re.compile(r"[\u4e00-\u9fff]\s?$")
_HAN_DIGITS = "一二三四五六七八九"


@dataclass(frozen=True)
class Amount:
    """An amount as it was said.

    `currencies`: what its sign or word may mean, the likeliest first; empty where none was said, or only one that
    means the currency at hand ("块"). `low` and `high` bound what it may be: equal for a plain amount, apart for
    "about 50" or "over 100" (`high` is None then).
    """

    value: Decimal
    currencies: tuple[str, ...]
    low: Decimal
    high: Decimal | None

    @property
    def exact(self) -> bool:
        return self.low == self.high

    def fits(self, money: Money) -> bool:
        """Whether this may be what was said of that money."""
        if self.currencies and money.currency not in self.currencies:
            return False
        return self.low <= money.decimal and (self.high is None or money.decimal <= self.high)

    def in_money(self, home: str) -> Money | None:
        """As money, in `home` where no currency was said; None where there can be no such amount of it."""
        try:
            return Money.of(self.value, self.currencies[0] if self.currencies else home)
        except (InvalidAmount, UnknownCurrency):
            return None


def amounts_in(text: str, home: str | None = None, *, bare: bool = False) -> list[Amount]:
    """The amounts that a text names, in its order.

    A number counts where a currency stands with it, or where the words say that it is money ("paid 300", "扣了300").
    Years, dates, counts, order numbers and phone numbers do not.

    Args:
        home: the speaker's currency, which settles what "dollars" or "¥" may mean.
        bare: the text answers the question how much, so that any number that can be one is an amount.
    """
    said = in_digits(text)
    found: list[Amount] = []
    done = 0
    for match in _FOUND.finditer(said):
        if match.start() < done:
            continue
        taken = _amount_at(said, match.start(), match.end(), home, bare)
        if taken is not None:
            amount, done = taken
            found.append(amount)
    return found


def amount_in(text: str, home: str | None = None, *, bare: bool = False) -> Amount | None:
    """The one amount that a text names; None where there is none, or more than one."""
    found = list(dict.fromkeys(amounts_in(text, home, bare=bare)))
    return found[0] if len(found) == 1 else None


def _amount_at(said: str, start: int, end: int, home: str | None, bare: bool) -> tuple[Amount, int] | None:
    """The amount that the number there is, and where it ends; None where it is none."""
    value = value_of(said[start:end])
    if value is None or value == 0 or words.TOGETHER.match(said, start):
        return None
    odd = words.ODD.match(said, end)
    behind = odd.end() if odd else end
    before, after = name_before(said, start), name_after(said, behind)
    coin = words.SMALL_COIN.match(said, behind)
    currencies: tuple[str, ...] = ()
    if coin and not before:
        value, end = value / (100 if coin["hundredth"] else 10), coin.end()
    elif after is not None:
        currencies, end = _currencies_after(said, behind, after, home)
        value, end = _with_coins(said, value, end)
    elif before is not None and _is_sign(said, start, before):
        currencies = meant_by(before, home) or ()
    elif not _is_money(said, start, behind, value, bare):
        return None
    low, high = _bounds(_near(said, start - len(before or "")), said, end, value, bool(odd))
    return Amount(value, currencies, low, high), end


def _currencies_after(said: str, place: int, name: str, home: str | None) -> tuple[tuple[str, ...], int]:
    currencies, end = meant_by(name.strip(), home) or (), place + len(name)
    if not currencies and (whose := name_after(said, end)):  # 五块新币
        return meant_by(whose.strip(), home) or (), end + len(whose)
    return currencies, end


def _is_sign(said: str, start: int, before: str) -> bool:
    """Whether what stands before the number is a sign or a code rather than the word of a sentence before."""
    return _SIGN.search(_near(said, start)) is not None or not before.isascii()


def _is_money(said: str, start: int, end: int, value: Decimal, bare: bool) -> bool:
    """Whether a number without a currency is an amount, by the words around it."""
    before, written = _near(said, start), said[start:end]
    whole = written.isdigit()
    joined = end < len(said) and said[end].isalpha() and said[end] < "\u0250"
    if joined or words.COUNTED.match(said, end) or words.NUMBERED.search(before):
        return False
    if whole and (len(written) > _LONGEST_BARE or written[0] == "0"):
        return False
    if bare:
        return True
    if written in words.NOT_ALONE:
        return False
    if words.THAT_ONE.match(said, end) or words.PLAINLY.fullmatch(written):
        return True
    return not _too_small(said, before, value) and _worded_as_money(said, before, end, value, whole)


def _worded_as_money(said: str, before: str, end: int, value: Decimal, whole: bool) -> bool:
    if whole and (words.OVER.search(before) or words.UNDER.search(before) or words.OVER_AFTER.match(said, end)):
        return True
    if whole and 1900 <= value <= 2100 and not _AFTER_HAN.search(before):
        return False  # a year
    if value >= 10 and words.THE.search(before) and words.THE_AFTER.match(said, end):
        return True
    return words.PAID.search(before) is not None


def _too_small(said: str, before: str, value: Decimal) -> bool:
    """ "pay 4 my taxi": in English a digit alone is more often a word, or a count."""
    return said.isascii() and value < (10 if words.FOR.search(before) else 5)


def _with_coins(said: str, value: Decimal, end: int) -> tuple[Decimal, int]:
    """三块五, 3块5毛, ten euros 50."""
    if value != value.to_integral_value():
        return value, end
    if said[end - 1] in "块元" and (tenth := words.TENTH.match(said, end)):
        digit = tenth["tenth"]
        return value + Decimal(int(digit) if digit.isdigit() else _HAN_DIGITS.index(digit) + 1) / 10, tenth.end()
    if said[end - 1].isascii() and said[end - 1].isalpha() and (cents := words.HUNDREDTHS.match(said, end)):
        return value + Decimal(cents["cents"]) / 100, cents.end()
    return value, end


def _bounds(before: str, said: str, end: int, value: Decimal, odd: bool) -> tuple[Decimal, Decimal | None]:
    if odd:
        return value, value + Decimal(10) ** value.adjusted()
    if words.OVER.search(before) or words.OVER_AFTER.match(said, end):
        return value, None
    if words.UNDER.search(before) or words.UNDER_AFTER.match(said, end):
        return Decimal(0), value
    if words.ABOUT.search(before) or words.ABOUT_AFTER.match(said, end):
        return value * (1 - _OFF), value * (1 + _OFF)
    return value, value


def _near(said: str, place: int) -> str:
    """What stands right before: it is enough to judge by, and keeps long texts cheap."""
    return said[max(0, place - words.NEAR) : max(0, place)]
