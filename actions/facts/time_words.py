"""The English words of time, as patterns; Chinese ones are put into these first (see `chinese_times`)."""

from __future__ import annotations

import re

from actions.facts.reading import any_of

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_SHORT_DAY = "mon|tues?|wed|thu(?:rs?)?|fri|sat|sun"
_WEEKDAY = rf"(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?<=last )(?:{_SHORT_DAY})\b|(?<=on )(?:{_SHORT_DAY})\b"
_TH = r"\d{1,2}(?:st|nd|rd|th)"
_NUMBER = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"20\d\d"
_COUNT = r"(?:\d+|an?|a few|a couple(?: of)?|few)"
_MONEY = any_of("euros? dollars? pounds? quid usd eur")

# Each alternative's outermost group says what sort of expression it is.
DAYS = re.compile(
    # between 1 and 15 August
    rf"(?P<range>(?:between |from )?(?:the )?(?P<one>{_NUMBER})(?: and | to | until | till |-| - |–)"
    rf"(?:the )?(?P<two>{_NUMBER})(?: of)? (?P<month>{MONTH})(?: (?P<range_year>{_YEAR}))?)"
    # 2026-11-20; 20/11/2026, 20/11
    rf"|(?P<iso>\b{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}\b)"
    r"|(?P<numeric>(?<![\d/.:])\d{1,2}[/.]\d{1,2}[/.](?:20)?\d\d(?![\d/])|(?<![\d/.:])(?!24/7)\d{1,2}/\d{1,2}(?![\d/]))"
    # 20 november, november 20th 2025
    rf"|(?P<dated>(?:the )?\b{_NUMBER}(?: of)? {MONTH}(?:,? {_YEAR})?(?!\w)"
    rf"|\b{MONTH} (?:the )?{_NUMBER}(?:,? {_YEAR})?(?![\d:.,]\d|\w| (?:{_MONEY})))"
    # in may, last october: alone, months are words too often
    r"|(?P<month_alone>(?:in|since|for|from|of|last|this|during|until|early|late|mid|\[)\s?(?:the )?"
    rf"(?P<named>{MONTH})(?:,? (?P<month_year>{_YEAR}))?(?!\w|\s\d))"
    r"|(?P<relative>\b(?:the )?day before yesterday\b|\b(?:the )?day after tomorrow\b|\b(?:yesterday|today|tomorrow)\b)"
    rf"|(?P<weekday>(?:\b(?:last|this|past|next|on|coming) )?\b(?:{_WEEKDAY})(?!\w))"
    r"|(?P<span>\b(?:last|this|past|previous|next) (?:week(?!end)|month|year)\b)"
    r"|(?P<weekend>\b(?:last|this|the|past) weekend\b)"
    r"|(?P<rolling>\b(?:last|past|previous) (?P<rolling_count>\d+|few|couple of)"
    r" (?P<rolling_unit>day|week|month|year|hour)s?\b)"
    rf"|(?P<ago>\b(?P<ago_count>{_COUNT}) (?P<ago_unit>minute|min|hour|hr|day|week|fortnight|month|year)s?"
    r" (?:ago|back|earlier|before)\b|\bhalf an hour ago\b|\ban hour and a half ago\b)"
    rf"|(?P<ahead>\bin (?P<ahead_count>{_COUNT}) (?P<ahead_unit>minute|min|hour|hr|day|week)s?\b|\bin half an hour\b)"
    # on the 20th: not "the 2nd time"
    rf"|(?P<of_month>\b(?:on |since |from |the |until |by |dated )+{_TH}"
    r"(?! (?:time|one|payment|transaction|street|floor))|\[the \d{1,2}th\])"
    r"|(?P<first_of>\bon the first\b(?! \w))"
    rf"|(?P<in_year>\b(?:in|from|of|since|for) (?P<only>{_YEAR})\b(?![-/.]\d))"
    r"|(?P<now>\b(?:just now|a moment ago|just this (?:second|minute))\b)"
    r"|(?P<christmas>\bchristmas\b)"
)
CLOCKS = re.compile(
    r"\b(?P<h12>\d{1,2})(?:[:.](?P<m12>\d{2}))?\s?(?P<half>a\.?m|p\.?m)\b\.?"
    r"|\b(?P<h24>[01]?\d|2[0-3]):(?P<m24>[0-5]\d)\b(?P<or_so> or so)?"
    r"|\bhalf past (?P<past>\d{1,2})\b|\bquarter (?P<side>past|to) (?P<quarter>\d{1,2})\b"
    r"|\b(?P<oclock>\d{1,2}) o'?clock\b"
    r"|\bat (?P<at>\d{1,2})(?= (?:this|in the|last|yesterday|today|tonight|tomorrow|on)\b)"
    r"|\b(?P<noon>noon|midday|lunch ?time|at lunch)\b|\b(?P<midnight>midnight)\b"
)
PART = re.compile(
    r"\b(?P<last>last night)\b|\b(?P<part>morning|afternoon|evening|tonight|(?<!at )night|dawn)\b|\[(?P<noon>noon)\]"
)
SPELLED_DAY = re.compile(rf"\b(?:first|second|third)(?= (?:of )?{MONTH})")

# What stands around an expression and opens it at one end, or joins two.
SINCE = re.compile(r"\b(?:since|after|starting|as of)\s(?:about\s|around\s|the\s|on\s)*\[?$|自从?\s?\[?$|从\s?\[?$")
ONWARDS = re.compile(r"^\]?,? onwards?\b|^\]? (?:on|onwards)\b(?! the)")
UNTIL = re.compile(r"\b(?:before|until|till|up to|prior to)\s(?:the\s|on\s)*\[?$")
OR_BEFORE = re.compile(r"^\]?, or before\b")
BETWEEN = re.compile(r"^\W*(?:and|to|until|till|through|-|–|~|到|至)\W*(?:the\s)?\W*$")
