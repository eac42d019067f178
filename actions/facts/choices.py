"""Pointing at what was listed: by number, by place, all of it, none of it."""

from __future__ import annotations

import re

from actions.facts.numbers import chinese_number
from actions.facts.reading import in_digits, plain

_ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
}  # fmt: skip
_ORDINAL = "|".join(_ORDINALS)
# "freeze it first" and "wait a second" point at nothing, "the 3rd of May" is a day.
_PLACES = re.compile(
    rf"(?:\bthe\s(?P<the>{_ORDINAL})\b(?!\s(?:time|half|day|week|month|attempt|try|of\s\w|person))"
    rf"|\b(?P<named>{_ORDINAL})\s(?=one\b|payment|transaction|transfer|item|line|charge|purchase|entry|refund"
    rf"|(?:and|or|&)\s(?:the\s)?(?:{_ORDINAL}|last)\b)|(?<=\band\s)(?P<also>{_ORDINAL})\b(?!\s(?:time|of\s\w)))"
)
_ONLY_PLACES = re.compile(rf"^\W*(?:(?:{_ORDINAL}|the|and|or|one|ones|please|it'?s)\W*)+$")
_NUMBER = re.compile(r"(?:(?:number|no\.?|nr\.?|option|item|line|#)\s?)?(\d{1,2})(?:st|nd|rd|th)?")
_HAN_PLACE = re.compile(r"第\s?([一二三四五六七八九十两\d]{1,3})(?!\s?(?:次|天|时间|步|年|周|个月|回|方|遍))")
_ONLY_NUMBERS = re.compile(
    r"^\W*(?:(?:the|it'?s|its|is|number|numbers|no|nr|option|options|item|items|and|or|also|plus|just|only|please|pls|maybe|i think|ones?)\W*)*"
    r"(?:\d{1,2}(?:\s?(?:-|–|to|,|&|\+|/|and|or|、|和|跟|与)?\s?))+(?:please|pls|ones?|thanks|\W)*$"
)
_ONLY_HAN_NUMBERS = re.compile(
    r"^[是选要就]?[一二三四五六七八九十两](?:[,、和跟与 ]*[一二三四五六七八九十两])*[吧啊呢]?$"
)
_RANGE = re.compile(r"(\d{1,2})\s?(?:-|–|~|to|到|至)\s?(\d{1,2})")
_LAST = re.compile(
    r"\b(?:last|bottom)(?: one)?\b(?!\s(?:week|month|night|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday))|最后(?:一|那)?(?:笔|个|条|项)|最下面|最末"
)
_FIRST_SOME = re.compile(r"\b(?:first|top)\s(\d)\b|前(?:面)?([两二三四五六七八九\d])(?:笔|个|条|项)")
_LAST_SOME = re.compile(
    r"\blast\s(\d)\b(?!\s?(?:days|weeks|months|hours))|(?:后|最后)(?:面)?([两二三四五六七八九\d])(?:笔|个|条|项)"
)
_LATEST = re.compile(r"\b(?:most recent|latest|newest)\b|最新|最近(?:的)?(?:一|那)(?:笔|个)")
_NOT_MINE_AT_ALL = re.compile(
    r"\b(?:none|not (?:one|any|a single one)|no) (?:of (?:these|them|those|it)|payments?)?\s?(?:are|is|were|was)\s(?:mine|by me|made by me)"
    r"|\bi (?:made|did|know|recogni[sz]e|authori[sz]ed) none\b|\bdidn'?t make any\b|\bdon'?t (?:know|recogni[sz]e) any\b"
    r"|(?:都|全|全都|全部|全部都)不是我|都不认识|都没(?:付|刷|买|操作)过?|都不是我|一个都不认识|一笔都不是我"
)
_ALL = re.compile(
    r"^\W*(?:all|both|everything|every one|the lot)\W*$|\b(?:all|both|each|every(?: single)?(?: one)?) of (?:them|these|those)\b|\ball (?:the )?(?:\d )?(?:ones|payments|transactions)?\s?(?:listed|above|here|please)?\W*$"
    r"|\bthem all\b|\bboth\b|\bthe 2 of them\b|\beverything\b|^\W*(?:全部|全都|所有|统统|都要)|(?:这|那)(?:两|三|四|五|几|些)笔?都(?!是我)|两笔都(?!是我)|每一?笔都(?!是我)|全部(?:选|都|$)"
)
_NONE = re.compile(
    r"\bnone\b|\bneither\b|\bnot (?:any|one) of\b|\b(?:not|isn'?t|aren'?t|ain'?t) (?:listed|there|here|shown|in (?:the|this|that) list|on (?:the|this|that) list|one of|among)"
    r"|\b(?:another|a different|some other|an older) one\b|\bdon'?t see (?:it|mine|that)\b|\bcan'?t see (?:it|that)\b|\bno such\b"
    r"|都不是|没有一(?:个|笔|条)|一个都不是|一笔都不是|不在(?:里面|这里|上面|其中|列表)|没有(?:列出|显示|看到|那笔|这笔)|没列出来|另外一笔|别的(?:那)?(?:一)?(?:笔|个|条)|其[他它]的(?:那)?(?:笔|个|条)|不是这些|不是这几|以上都不"
    r"|(?:找不到|看不到|没看到|没看见|都没有|不是|更早的)(?:那|这|我)?(?:一)?(?:笔|条|个)?(?:付款|交易|的)?$"
)
_ALL_MINE = re.compile(
    r"\b(?:all|both|every one) (?:of )?(?:them|these|those|payments)?\s?(?:are|were|is) (?:mine|fine|ok|okay|right|correct|by me)"
    r"|\bthey(?:'re| are) all (?:mine|fine|ok|okay|right|correct)|\ball (?:mine|fine|good|correct)\b|\bi (?:made|know|recogni[sz]e) (?:all|them all|both|every)"
    r"|(?:都|全|全都|全部都|每笔都|两笔都)是我(?:的|付|买|刷|本人|自己|操作)?|都没问题|都对(?:的)?$|都认识|都记得"
)
_IT = re.compile(r"\b(?:it|this|that|this one|that one|the one)\b|(?:这|那|该|呢|嗰)(?:一)?(?:笔|个|单|条)|它")


def chosen(text: str, count: int) -> list[int] | None:
    """Which of `count` listed things a text points at, as places from 0; None where it points at nothing.

    Numbers count only where the text is little else, or where they are ordinals: "300" may be an amount, "the 3rd" a day.
    """
    if count < 1:
        return None
    said = plain(text)
    if says_all(text):
        return list(range(count))
    found: list[int] = []
    if some := _FIRST_SOME.search(said):
        found = list(range(_number(some[1] or some[2])))
    elif some := _LAST_SOME.search(said):
        found = list(range(max(0, count - _number(some[1] or some[2])), count))
    elif _ONLY_NUMBERS.match(said) or _ONLY_HAN_NUMBERS.match(said):
        found = _numbers(said)
    else:
        ordinals = re.compile(_ORDINAL) if _ONLY_PLACES.match(said) else _PLACES
        found = [
            _ORDINALS[next(filter(None, [*match.groups(), match.group()]))] - 1 for match in ordinals.finditer(said)
        ]
        found += [_number(match[1]) - 1 for match in _HAN_PLACE.finditer(said)]
        found += [
            int(match[1]) - 1 for match in re.finditer(r"(?:\bnumber|\bno\.|\boption|\bitem|#)\s?(\d{1,2})\b", said)
        ]
        if _LAST.search(said):
            found.append(count - 1)
        if not found and _LATEST.search(said):
            found.append(0)
    inside = list(dict.fromkeys(place for place in found if 0 <= place < count))
    return inside or None


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
    said = in_digits(text).casefold()
    asked = re.search(
        r"\b(?:last|latest|recent|past|first|previous)\s(\d{1,2})\s(?!days?|weeks?|months?|hours?|years?|minutes?|digits?)",
        said,
    )
    if asked:
        return max(1, min(int(asked[1]), most))
    if re.search(
        r"\b(?:last|latest|most recent|newest)\s(?:(?!week|month|year|night)\w+\s)?(?:transaction|payment|purchase|transfer|withdrawal|refund|charge|debit|credit|one|thing)\b",
        said,
    ):
        return 1
    han = re.search(
        r"(?:最近|最后|上|前|近|刚才)(?:的)?(?:那)?([一二三四五六七八九十两\d]{1,3})(?:笔|条|单|次)", plain(text)
    )
    if han:
        return max(1, min(_number(han[1]), most))
    return 1 if re.search(r"(?:最后|上|刚才|刚刚|最新|头先)(?:的)?(?:那|一|这)?(?:笔|单|条)", plain(text)) else None


def _numbers(said: str) -> list[int]:
    if _ONLY_HAN_NUMBERS.match(said):
        return [_number(character) - 1 for character in said if character in "一二三四五六七八九十两"]
    places: list[int] = []
    rest = said
    for match in _RANGE.finditer(said):
        places += range(int(match[1]) - 1, int(match[2]))
        rest = rest.replace(match.group(), " ")
    return places + [int(match[1]) - 1 for match in _NUMBER.finditer(rest)]


def _number(written: str) -> int:
    if written.isdigit():
        return int(written)
    value = chinese_number(written)
    return int(value) if value is not None else 0
