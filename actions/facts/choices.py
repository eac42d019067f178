"""Pointing at what was listed: by number, by place, all of it, none of it."""

from __future__ import annotations

import re

from actions.facts.numbers import chinese_number
from actions.facts.reading import any_of, in_digits, plain

_WORDS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_DIGITS = "1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th".split()
_ORDINALS = {word: place for words in (_WORDS, _DIGITS) for place, word in enumerate(words)}
_ORDINAL = "|".join(_ORDINALS)
# "freeze it first" and "wait a second" point at nothing, "the 3rd of May" is a day.
_PLACES = re.compile(
    rf"\bthe (?P<the>{_ORDINAL})\b(?! (?:time|half|day|week|month|attempt|try|of \w|person))"
    rf"|\b(?P<named>{_ORDINAL}) (?=one\b|payment|transaction|transfer|item|line|charge|purchase|entry|refund"
    rf"|(?:and|or|&) (?:the )?(?:{_ORDINAL}|last)\b)"
    rf"|(?<=\band )(?P<also>{_ORDINAL})\b(?! (?:time|of \w))"
)
_HAN_PLACE = re.compile(r"第\s?(?P<place>[一二三四五六七八九十两\d]{1,3})(?!\s?(?:次|天|时间|步|年|周|个月|回|方|遍))")
_NUMBERED = re.compile(r"(?:\bnumber|\bno\.|\boption|\bitem|#)\s?(?P<place>\d{1,2})\b")
_RANGE = re.compile(r"(?<!\d)(\d{1,2})\s?(?:-|–|~|to|到|至)\s?(\d{1,2})(?!\d)")
_TOKENS = re.compile(r"\d+|[^\W\d_]+")
# A text of numbers and these says nothing else.
_FILLERS = frozenset(
    "the it its s is are number numbers no nr option options item items and or also plus just only please pls maybe i"
    " think one ones to thanks line lines st nd rd th 和 跟 与 到 至 是 选 要 就 第 笔 个 条 还有 以及 吧 那 这".split()
)
_HAN_NUMBERS = re.compile(
    r"[是选要就]?(?P<numbers>[一二三四五六七八九十两](?:[,、和跟与 ]?[一二三四五六七八九十两]){0,9})[吧啊呢]?"
)
_MOST_TOKENS = 24
_COUNTERS = "笔|个|条|项"
_FIRST_SOME = re.compile(rf"\b(?:first|top) (\d)\b|前(?:面)?([两二三四五六七八九\d])(?:{_COUNTERS})")
_LAST_SOME = re.compile(
    rf"\blast (\d)\b(?! ?(?:days|weeks|months|hours))|(?:最)?后(?:面)?([两二三四五六七八九\d])(?:{_COUNTERS})"
)
_LAST = re.compile(
    r"\b(?:last|bottom) (?:one|payment|transaction|item|line)\b|^\W*the last\W*$"
    rf"|最后(?:一|那)?(?:{_COUNTERS})|最下面|最末"
)
_LATEST = re.compile(r"\b(?:most recent|latest|newest)\b|最新|最近(?:的)?(?:一|那)(?:笔|个)")

_NOT_MINE_AT_ALL = re.compile(
    r"\bnone of (?:these|them|those|it)(?: payments?)? (?:are|is|were|was) (?:mine|by me|made by me)"
    r"|\bi (?:made|did|know|recogni[sz]e|authori[sz]ed) none\b"
    r"|\bdidn'?t make any\b|\bdon'?t (?:know|recogni[sz]e) any\b"
    r"|(?:都|全|全都|全部|全部都)不是我|都不认识|都没(?:付|刷|买|操作)过?|一个都不认识|一笔都不是我"
)
_ALL = re.compile(
    r"^\W*(?:all|both|everything|every one|the lot)\W*$"
    r"|\b(?:all|both|each|every(?: single)?(?: one)?) of (?:them|these|those)\b"
    r"|\ball (?:the )?(?:\d )?(?:ones|payments|transactions)?\s?(?:listed|above|here|please)?\W*$"
    r"|\bthem all\b|\bboth\b|\bthe 2 of them\b|\beverything\b"
    r"|^\W*(?:全部|全都|所有|统统|都要)|(?:这|那)(?:两|三|四|五|几|些)笔?都(?!是我)"
    r"|两笔都(?!是我)|每一?笔都(?!是我)|全部(?:选|都|$)"
)
_NONE = re.compile(
    r"\bnone\b|\bneither\b|\bnot (?:any|one) of\b"
    r"|\b(?:not|isn'?t|aren'?t|ain'?t) (?:listed|there|here|shown|(?:in|on) (?:the|this|that) list|one of|among)"
    r"|\b(?:another|a different|some other|an older) one\b|\bdon'?t see (?:it|mine|that)\b|\bcan'?t see (?:it|that)\b"
    r"|\bno such\b|都不是|没有一(?:个|笔|条)|一个都不是|一笔都不是|不在(?:里面|这里|上面|其中|列表)"
    r"|没有(?:列出|显示|看到|那笔|这笔)|没列出来|另外一笔|别的(?:那)?(?:一)?(?:笔|个|条)|其[他它]的(?:那)?(?:笔|个|条)"
    r"|不是这些|不是这几|以上都不"
    r"|(?:找不到|看不到|没看到|没看见|都没有|不是|更早的)(?:那|这|我)?(?:一)?(?:笔|条|个)?(?:付款|交易|的)?$"
)
_ALL_MINE = re.compile(
    r"\b(?:all|both|every one) (?:of )?(?:them|these|those|payments)?\s?(?:are|were|is)"
    r" (?:mine|fine|ok|okay|right|correct|by me)"
    r"|\bthey(?:'re| are) all (?:mine|fine|ok|okay|right|correct)|\ball (?:mine|fine|good|correct)\b"
    r"|\bi (?:made|know|recogni[sz]e) (?:all|them all|both|every)"
    r"|(?:都|全|全都|全部都|每笔都|两笔都)是我(?:的|付|买|刷|本人|自己|操作)?|都没问题|都对(?:的)?$|都认识|都记得"
)
_IT = re.compile(r"\b(?:it|this|that|this one|that one|the one)\b|(?:这|那|该|呢|嗰)一?(?:笔|个|单|条)|它")

_COUNT = re.compile(
    r"\b(?:last|latest|recent|past|first|previous) (\d{1,2}) (?!days?|weeks?|months?|hours?|years?|minutes?|digits?)"
)
_JUST_ONE = re.compile(
    r"\b(?:last|latest|most recent|newest) (?:(?!week|month|year|night)\w+ )?"
    rf"(?:{any_of('transaction payment purchase transfer withdrawal refund charge debit credit one thing')})\b"
    r"|(?:最后|上|刚才|刚刚|最新|头先)的?[那一这]?[笔单条]"
)
_HAN_COUNT = re.compile(r"(?:最近|最后|上|前|近|刚才)的?那?(?P<count>[一二三四五六七八九十两\d]{1,3})[笔条单次]")


def chosen(text: str, count: int) -> list[int] | None:
    """Which of `count` listed things a text points at, as places from 0; None where it points at nothing.

    Numbers count only where the text is little else, or where they are ordinals: "300" may be an amount, "the 3rd" a
    day.
    """
    if count < 1:
        return None
    if says_all(text):
        return list(range(count))
    inside = [place for place in dict.fromkeys(_pointed_at(plain(text), count)) if 0 <= place < count]
    return inside or None


def numbered_in(text: str, count: int) -> list[int] | None:
    """As `chosen`, by number or ordinal alone: what "last" and "all" mean depends on whether a list was just read."""
    inside = [place for place in dict.fromkeys(_by_number(plain(text))) if 0 <= place < count]
    return inside or None


def says_latest(text: str) -> bool:
    """Whether the newest one is meant: "my last payment", 上一笔."""
    return _JUST_ONE.search(plain(text)) is not None


def says_all(text: str) -> bool:
    """All of what was listed, also as "none of these are mine"."""
    said = plain(text)
    return _NOT_MINE_AT_ALL.search(said) is not None or (_ALL.search(said) is not None and _NONE.search(said) is None)


def says_none(text: str) -> bool:
    """That what is meant was not listed: "none of these", 都不是."""
    said = plain(text)
    return _NONE.search(said) is not None and _NOT_MINE_AT_ALL.search(said) is None


def says_all_mine(text: str) -> bool:
    """That nothing is wrong with what was listed: "they're all mine", 都是我付的."""
    return _ALL_MINE.search(plain(text)) is not None


def says_it(text: str) -> bool:
    """Whether the text points at the one thing that was spoken of: "cancel it", "this one", 这笔."""
    return _IT.search(plain(text)) is not None


def count_in(text: str, most: int) -> int | None:
    """How many are asked for: "my last five payments", 最近三笔."""
    asked = _COUNT.search(in_digits(text).casefold())
    if asked is None:
        asked = _HAN_COUNT.search(plain(text))
    if asked is not None:
        return max(1, min(_number(asked[1]), most))
    return 1 if says_latest(text) else None


def _pointed_at(said: str, count: int) -> list[int]:
    if some := _FIRST_SOME.search(said):
        return list(range(_number(some[1] or some[2])))
    if some := _LAST_SOME.search(said):
        return list(range(max(0, count - _number(some[1] or some[2])), count))
    if (alone := _numbers_alone(said)) is not None:
        return alone
    found = _by_number(said)
    if _LAST.search(said):
        found.append(count - 1)
    return found or ([0] if _LATEST.search(said) else [])


def _by_number(said: str) -> list[int]:
    found = [_ORDINALS[match["the"] or match["named"] or match["also"]] for match in _PLACES.finditer(said)]
    for pattern in (_HAN_PLACE, _NUMBERED):
        found += [_number(match["place"]) - 1 for match in pattern.finditer(said)]
    return found


def _numbers_alone(said: str) -> list[int] | None:
    """The places where a text is nothing but numbers or ordinals; None for any other text."""
    if han := _HAN_NUMBERS.fullmatch(said.strip(" .,!。")):
        return [_number(character) - 1 for character in han["numbers"] if character in "一二三四五六七八九十两"]
    tokens = _TOKENS.findall(said)
    if not tokens or len(tokens) > _MOST_TOKENS:
        return None
    if any(token.isdigit() for token in tokens):
        if any(len(token) > 2 if token.isdigit() else token not in _FILLERS for token in tokens):
            return None
        places = [place for low, high in _RANGE.findall(said) for place in range(int(low) - 1, int(high))]
        return places + [int(token) - 1 for token in _TOKENS.findall(_RANGE.sub(" ", said)) if token.isdigit()]
    ordinals = [_ORDINALS[token] for token in tokens if token in _ORDINALS]
    return ordinals if ordinals and all(token in _FILLERS or token in _ORDINALS for token in tokens) else None


def _number(written: str) -> int:
    if written.isdigit():
        return int(written)
    value = chinese_number(written)
    return int(value) if value is not None else 0
