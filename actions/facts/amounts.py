"""Amounts of money: ¥300, 三百块, 20 bucks, 1.5万, 49.99, HK$1,200, two hundred euros."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from actions.facts.currencies import meant_by, name_after, name_before
from actions.facts.numbers import NUMBER, value_of
from actions.facts.reading import in_digits
from wallet_core.errors import InvalidAmount, UnknownCurrency
from wallet_core.money import Money

_SEVERAL = Decimal("0.1")  # how far off "about 50" may be


@dataclass(frozen=True)
class Amount:
    """An amount as it was said.

    `currencies`: what its sign or word may mean, the likeliest first; empty where none was said, or only one that means
    the currency at hand ("块"). `low` and `high` bound what it may be: equal for a plain amount, apart for "about 50" or
    "over 100" (`high` is None then).
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


# Letters may stand right before a number only where they are a currency's (RM59, USD20), which is looked at below.
_FOUND = re.compile(rf"(?<![\d.,/#*•_])(?<![a-z]-)(?:(?<![A-Za-z])|(?<=(?i:rm|rs|hk))|(?<=[A-Z]{{3}})){NUMBER}")
_SIGNED = re.compile(r"(?:[A-Za-z]{0,3}[$€£¥₩₹฿₫₱₽₺₦₪]|\b(?:RM|Rs\.?|[A-Z]{3}))\s?$", re.IGNORECASE)
# What is counted or measured, dated or timed, is no amount.
_COUNTED = re.compile(
    r"\s?(?:st|nd|rd|th|am|pm|a\.m|p\.m|%|％|°|x)(?![a-z])"
    r"|\s?(?::\d|/\d|-\d)"
    r"|\s(?:times?|days?|weeks?|months?|years?|hours?|hrs?|minutes?|mins?|seconds?|o'clock|transactions?|payments?|purchases?"
    r"|transfers?|items?|entries|entry|things?|people|pieces?|pairs?|percent|per cent|points?|stars?|nights?|working|business"
    r"|of (?:them|these|those)|separate|tickets?|charges?|digits?|more|different|small|identical|other|calendar|coffees?"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b"
    r"|\s?(?:个(?!亿)|笔|次|天|人|小时|钟|点|分|秒|号|日|月|年|遍|回|张|件|份|单|位|家|周|星期|礼拜|倍|折|台|条|页|只|名|岁|楼"
    r"|层|路|线|届|期|级|星|顿|趟|杯|箱|条|度|斤|公里|米|秒|成|类|样|些|下|会儿|直|般|共|定|起|两|几|切|旦|味|边|面|方|种|时|工作)",
    re.IGNORECASE,
)
# What is numbered is none either.
_NUMBERED = re.compile(
    r"(?:第|尾号|尾数|后四位|末四位|单号|订单|编号|流水号|凭证号|卡号|账号|电话|手机|热线|号码|号|(?<![a-z])(?:no\.?|nr\.?|number|id|ref(?:erence)?"
    r"|order|ticket|transaction|txn|trx|ending(?: in| with)?|last four(?: digits)?|last 4(?: digits)?|version|iphone|android|ios|room|flat"
    r"|platform|line|bus|flight|route|page|in|since|year|code|phone|app|windows)|#)\s*(?:is|are|是|:|：|为)?\s*$",
    re.IGNORECASE,
)
# Words after which a bare number is money.
_PAID = re.compile(
    r"\b(?:paid|pay|paying|sent|send|sending|charged?|charging|charge of|charges? for|spent|spend|took|takes?|taken|taking|transferr?(?:ed)?"
    r"|transfer of|debit(?:ed)?|debit of|received|receive|amount(?: of)?|sum of|total(?: of)?|payment of|purchase of|refund(?:ed)?(?: of)?"
    r"|deposit(?:ed)?(?: of)?|withdrew|withdrawal of|withdraw|topp?(?:ed|ing)?[ -]up|added|authori[sz]ed|worth|billed|cost|costs|invoiced|transaction of"
    r"|there for|afford|owe[ds]?|price of|put (?:in|on)|credited|cover a|have i got|check of|tip of|put|typed|gave|advance of|for)"
    r"\s+(?:(?:me|you|him|her|them|us|off me|from me|back|in|out|another|only|just|exactly|almost|nearly|about|around|over|roughly|up to"
    r"|at least|more than|less than|under|above|below|some|a|an|the|of|by|with)\s+){0,3}$"
    r"|(?:付|转|给|打|汇)[^,.!?。]{0,12}的\s?$|(?:打|输|按|写|点)成\s?$"
    r"|(?:付|转|扣|花|收|充|提|退|打|汇|给|刷|存|取|差|少|多|欠|还|够|买|交|找|剩|省|投|借|领|使|俾|畀|碌|金额|总共|一共|消费|支付|变)"
    r"(?:了|过|出|出去|去|来|到|进|走|掉|完|成|错|我|我的|你|他|她|它|人家|给|是|为|的|多|超过|不到|大概|大约|约|差不多|才|就|只|我卡里|卡|值){0,4}\s?$"
    r"|(?:那|这|一|有|该|哪|两|几|嗰|呢)?(?:笔|单|条数)(?:是|为|的)?\s?$",
    re.IGNORECASE,
)
_THAT_ONE = re.compile(r"\s?(?:的)?(?:那|这|嗰|呢)(?:一)?(?:笔|单)|\s?(?:的)?(?:交易|付款|消费|支付|转账|扣款|进账|入账|退款)|(?:\s+(?:one|payment|charge|transfer|transaction|purchase|refund|debit)\b)|\sworth\b", re.IGNORECASE)  # fmt: skip
_NOT_ALONE = ("一", "两", "二", "十", "千万", "百万", "万一")
_FOR = re.compile(r"\bfor $", re.IGNORECASE)
# "the 300 I sent", "my client's 350 is listed": but not "the 2 of us", "the 2026 report".
_THE = re.compile(r"(?:\b(?:the|my|his|her|their|our|this|that)|'s)\s$", re.IGNORECASE)
_THE_AFTER = re.compile(
    r"\s(?:from|i|my|he|she|we|they|is|was|has|hasn't|isn't|wasn't|that|which|to|for|at|didn't)\b|\s?[?.!]?$",
    re.IGNORECASE,
)
_PLAINLY = re.compile(r"\d+[.,]\d{2}|\d.*[k千万亿].?", re.IGNORECASE)  # 49.90, 1.5万: written as money is
_ABOUT_BEFORE = re.compile(
    r"(?:about|around|roughly|approximately|approx\.?|some|~|大概|大约|约|差不多|将近|nearly|almost)\s?$", re.IGNORECASE
)
_ABOUT_AFTER = re.compile(r"\s?(?:左右|上下|或者|or so|ish\b)", re.IGNORECASE)
_ODD = re.compile(r"[多几来]")  # 一百多: a hundred and something
_OVER = re.compile(r"(?:over|above|more than|at least|exceeding|超过|大于|高于|多于|不少于|至少|>)\s?$", re.IGNORECASE)
_UNDER = re.compile(r"(?:under|below|less than|at most|up to|不到|低于|少于|小于|不超过|最多|<)\s?$", re.IGNORECASE)
_OVER_AFTER, _UNDER_AFTER = re.compile(r"\s?以上|\s?or more"), re.compile(r"\s?以(?:下|内)|\s?or less")
_TOGETHER = re.compile(r"一块儿?(?!钱)|一刀")  # "together"; "a cut"
_JIAO = re.compile(r"(?P<tenth>[1-9一二三四五六七八九])(?:毛|角)?(?![\d零一二两三四五六七八九十百千万个笔次天点号分])")
_SMALL = re.compile(r"\s?(?:cents?|pence)\b|\s?p\b(?!\.?m)|\s?(?:毛钱?|角钱)", re.IGNORECASE)
_SMALL_TOO = re.compile(r"\s(?:and )?(?P<cents>\d{2})(?=\s?(?:cents?|pence|p)?\b)(?![\d:/.,])", re.IGNORECASE)


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
        if match.start() >= done and (taken := _amount_at(said, match.start(), match.end(), home, bare)):
            amount, done = taken
            found.append(amount)
    return found


def amount_in(text: str, home: str | None = None, *, bare: bool = False) -> Amount | None:
    """The one amount that a text names; None where there is none, or more than one."""
    found = list(dict.fromkeys(amounts_in(text, home, bare=bare)))
    return found[0] if len(found) == 1 else None


def _amount_at(said: str, start: int, end: int, home: str | None, bare: bool) -> tuple[Amount, int] | None:
    value = value_of(said[start:end])
    if value is None or value == 0 or _TOGETHER.match(said, start):
        return None
    odd = _ODD.match(said, end)
    behind = odd.end() if odd else end
    before, after = name_before(said, start), name_after(said, behind)
    small = _SMALL.match(said, behind)
    if small and not before:
        tenths = "毛" in small.group() or "角" in small.group()
        value, currencies, end = value / (10 if tenths else 100), (), small.end()
    elif after is not None or (before is not None and _is_sign(said, start, before)):
        name = after.strip() if after is not None else str(before)
        currencies = meant_by(name, home) or ()
        if after is not None:
            end = behind + len(after)
            if not currencies and (whose := name_after(said, end)):  # 五块新币
                currencies, end = meant_by(whose.strip(), home) or (), end + len(whose)
        value, end = _with_cents(said, value, end)
    elif _is_money(said, start, behind, value, bare):
        currencies = ()
    else:
        return None
    low, high = _bounds(said, start - len(before or "") if before else start, end, value, bool(odd))
    return Amount(value, currencies, low, high), end


def _is_sign(said: str, start: int, before: str) -> bool:
    """Whether what stands before the number is a sign or a code rather than the word of a sentence before."""
    return _SIGNED.search(said[:start]) is not None or not before.isascii()


def _is_money(said: str, start: int, end: int, value: Decimal, bare: bool) -> bool:
    """Whether a number without a currency is an amount by the words around it."""
    written = said[start:end]
    if _COUNTED.match(said, end) or _NUMBERED.search(said[:start]) or said[end : end + 1] in ("-", "/", "•", "*", "_"):
        return False
    if end < len(said) and said[end].isalpha() and said[end] < "\u0250":
        return False
    whole = written.isdigit()
    if whole and (len(written) > 6 or written[0] == "0"):
        return False
    if bare:
        return True
    if written in _NOT_ALONE:
        return False
    if _THAT_ONE.match(said, end) or _PLAINLY.fullmatch(written):
        return True
    if value < (10 if _FOR.search(said[:start]) else 5) and said.isascii():
        return False
    if whole and (_OVER.search(said[:start]) or _UNDER.search(said[:start]) or _OVER_AFTER.match(said, end)):
        return True
    if whole and 1900 <= value <= 2100 and not re.search(r"[\u4e00-\u9fff]\s?$", said[:start]):
        return False
    if value >= 10 and _THE.search(said[:start]) and _THE_AFTER.match(said, end):
        return True
    return _PAID.search(said[:start]) is not None


def _with_cents(said: str, value: Decimal, end: int) -> tuple[Decimal, int]:
    """三块五, 3块5毛, ten euros 50."""
    whole = value == value.to_integral_value()
    jiao = _JIAO.match(said, end)
    if whole and jiao and said[end - 1] in "块元":
        return value + Decimal(_digit(jiao["tenth"])) / 10, jiao.end()
    cents = _SMALL_TOO.match(said, end)
    if whole and cents and said[end - 1].isascii() and said[end - 1].isalpha():
        return value + Decimal(cents["cents"]) / 100, cents.end()
    return value, end


def _digit(written: str) -> int:
    return int(written) if written.isdigit() else "一二三四五六七八九".index(written) + 1


def _bounds(said: str, start: int, end: int, value: Decimal, odd: bool) -> tuple[Decimal, Decimal | None]:
    before = said[:start]
    if odd:
        return value, value + Decimal(10) ** value.adjusted()
    if _OVER.search(before) or _OVER_AFTER.match(said, end):
        return value, None
    if _UNDER.search(before) or _UNDER_AFTER.match(said, end):
        return Decimal(0), value
    if _ABOUT_BEFORE.search(before) or _ABOUT_AFTER.match(said, end):
        return value * (1 - _SEVERAL), value * (1 + _SEVERAL)
    return value, value
