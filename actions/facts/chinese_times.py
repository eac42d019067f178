"""Chinese words of time, put into the English ones that `times` reads.

dateparser, which reads the English, knows few ways of saying a time in Chinese: of twenty usual ones it read six.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from actions.facts.numbers import chinese_number

_MONTHS = "january february march april may june july august september october november december".split()
_WEEKDAYS = {
    "一": 0,
    "二": 1,
    "三": 2,
    "四": 3,
    "五": 4,
    "六": 5,
    "日": 6,
    "天": 6,
    "1": 0,
    "2": 1,
    "3": 2,
    "4": 3,
    "5": 4,
    "6": 5,
}
_NAMES = "monday tuesday wednesday thursday friday saturday sunday".split()
_N = r"[零〇一二两三四五六七八九十百廿卅]+"
_WEEK = r"(?:周|星期|礼拜|禮拜)"
# Characters of numbers that stand before a word of time are numbers; elsewhere they are parts of words (一直, 万一).
_NUMBER = re.compile(
    rf"(?P<n>{_N})(?=\s?(?:年(?!级)|个?月(?!饼)|[日号](?!线|店|楼|机)|天|点(?!心)|时(?!候|间)|分(?!之|期)"
    r"|个?(?:小时|钟头|钟)|个?(?:星期|礼拜)|周|多?个?月))"
)
_YEAR = r"(?:(?P<year>\d{4}|\d{2})年|(?P<years>前年|去年|今年|上年)的?)?"
_DATE = re.compile(rf"{_YEAR}\s?(?P<month>\d{{1,2}})月(?:份)?(?:(?P<day>\d{{1,2}})(?:[日号]|(?![\d.点时个块元笔])))?")
_THIS_MONTHS_DAY = re.compile(r"(?P<which>上个?月|这个?月|本月|今个月|当月)的?(?P<day>\d{1,2})[日号]")
# Two days are a while (等了两日), so that 日 alone makes a day of the month from ten on only.
_DAY = re.compile(r"(?<![\d第])(?P<day>\d{1,2}号|[12]\d日|3[01]日)(?!线|店|楼|机|路|码|公|内|间|常|用|期|元|本|子)")
_WEEKDAY = re.compile(
    rf"(?P<which>上上个?|上个?|前个?|这个?|本|今个?|下个?)?{_WEEK}(?P<day>[一二三四五六日天1-6])(?!个|次)"
)
_WORDS: list[tuple[str, str]] = [
    (r"大前[天日]", "3 days ago"),
    (r"前[天日晚](?=晚|夜)|前晚", "2 days ago, evening"),
    (r"前[天日]|前天", "2 days ago"),
    (r"昨晚|昨夜|昨儿晚上|琴晚|寻晚|噚晚", "yesterday, evening"),
    (r"昨[天日儿]个?|琴日|寻日|噚日", "yesterday"),
    (r"今早|今晨|今朝", "today, morning"),
    (r"今晚|今夜", "today, evening"),
    (r"今[天日儿]个?|当日|当天", "today"),
    (r"大后[天日]", "in 3 days"),
    (r"后[天日](?!悔)", "in 2 days"),
    (r"明早", "tomorrow, morning"),
    (r"明晚", "tomorrow, evening"),
    (r"明[天日儿]|听日", "tomorrow"),
    (rf"上个?{_WEEK}末", "last weekend"),
    (rf"这个?{_WEEK}末|本?周末", "this weekend"),
    (rf"上上个?{_WEEK}", "2 weeks ago"),
    (rf"上个?{_WEEK}(?!期)", "last week"),
    (rf"(?:这|本|今)个?{_WEEK}(?!期)", "this week"),
    (rf"下个?{_WEEK}", "next week"),
    (r"上上个?月", "2 months ago"),
    (r"上个?月|上月", "last month"),
    (r"(?:这|今)个?月|本月|当月", "this month"),
    (r"下个?月", "next month"),
    (r"去年|上年", "last year"),
    (r"前年", "2 years ago"),
    (r"今年|本年", "this year"),
    (r"双十一|双11", "11 november"),
    (r"半个?(?:小时|钟头|钟)(?:之|以)?前", "30 minutes ago"),
    (r"(\d+)\s?个?半(?:小时|钟头)(?:之|以)?前", r"\1 hours ago"),
    (r"(\d+)\s?个?(?:小时|钟头|钟)(?:之|以)?前", r"\1 hours ago"),
    (r"(\d+)\s?分钟?(?:之|以)?前", r"\1 minutes ago"),
    (r"(\d+)\s?[天日](?:之|以)?前", r"\1 days ago"),
    (rf"(\d+)\s?个?{_WEEK}(?:之|以)?前", r"\1 weeks ago"),
    (r"(\d+)\s?个月(?:之|以)?前", r"\1 months ago"),
    (r"(\d+)\s?年(?:之|以)?前", r"\1 years ago"),
    (r"(\d+)\s?个?(?:小时|钟头|钟)(?:之|以)?后", r"in \1 hours"),
    (r"半个?(?:小时|钟头|钟)(?:之|以)?后", "in 30 minutes"),
    (r"(\d+)\s?分钟?(?:之|以)?后", r"in \1 minutes"),
    (r"(\d+)\s?天(?:之|以)?后", r"in \1 days"),
    (r"(?:最近|近|过去|前|这|过往)(?:的)?(\d+)\s?[天日](?!号)", r"last \1 days"),
    (rf"(?:最近|近|过去|前)(?:的)?(\d+)\s?个?{_WEEK}", r"last \1 weeks"),
    (r"(?:最近|近|过去|前|这)(?:的)?(\d+)\s?个月", r"last \1 months"),
    (r"(?:最近|近|过去)(?:的)?半年", "last 6 months"),
    (r"(?:最近|近|过去)(?:的)?1?年", "last 12 months"),
    (r"这几天|最近几天|近几天|这两天", "last 3 days"),
    (r"刚才|刚刚|头先|啱啱|刚(?=付|转|充|提|买|刷)", "just now"),
]
_REWRITTEN = [(re.compile(pattern), words) for pattern, words in _WORDS]
_LINKS = [
    (re.compile(r"(?<=[\]\d])\s?(?:到|至|~|—|--)\s?(?=\[)"), " to "),
    (re.compile(r"\]\s?(?:以后|之后|以来|开始|起|后)"), "], onwards "),
    (re.compile(r"\]\s?(?:之前|以前|前)"), "], or before "),
]
# Hours of the parts of a day: what "下午" adds, and when it lies.
_PARTS = [
    (r"凌晨|半夜|深夜|清早", "night"),
    (r"早上(?!好)|早晨|清晨|一大?早(?!就)|朝早|早(?=\d)", "morning"),
    (r"上午|上昼", "morning"),
    (r"中午|正午|晌午|晏昼", "noon"),
    (r"下午|午后|下昼", "afternoon"),
    (r"傍晚|黄昏", "evening"),
    (r"晚上|夜里|夜晚|晚间|夜间|晚(?=\d)|(?<=[日天号五六])晚", "evening"),
]
_PART = "|".join(f"(?P<p{place}>{pattern})" for place, (pattern, _) in enumerate(_PARTS))
_CLOCK = re.compile(
    rf"(?:{_PART})?的?\s?(?P<hour>\d{{1,2}})\s?(?:点钟?|时(?!候|间))\s?(?:(?P<half>半)|(?P<quarter>[一三13])刻|过?(?P<minute>\d{{1,2}})分?)?(?:整|多|左右|钟)?"
)
_PART_ALONE = re.compile(_PART)
_AFTERNOON = ("afternoon", "evening")


def in_english_words(said: str, today: date) -> str:
    """The legible text with its words of time in English, each in brackets: 上周五下午三点 → [2026-11-13] [15:00]."""
    text = _NUMBER.sub(lambda match: _as_digits(match["n"]), said)
    text = _THIS_MONTHS_DAY.sub(_replaced(lambda match: _day_of(match, today)), text)
    text = _DATE.sub(_replaced(lambda match: _date_of(match, today)), text)
    text = _WEEKDAY.sub(_replaced(lambda match: _weekday_of(match, today)), text)
    for pattern, words in _REWRITTEN:
        text = pattern.sub(lambda match, words=words: f" [{match.expand(words)}] ", text)  # type: ignore[misc]
    text = _DAY.sub(lambda match: f" [the {match['day'][:-1]}th] ", text)
    text = _CLOCK.sub(_replaced(_clock_of), text)
    text = _PART_ALONE.sub(lambda match: f" [{_part_of(match)}] ", text)
    for pattern, words in _LINKS:
        text = pattern.sub(words, text)
    return text


def _replaced(word_of: Callable[[re.Match[str]], str | None]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        word = word_of(match)
        return match.group() if word is None else f" [{word}] "

    return replace


def _as_digits(written: str) -> str:
    value = chinese_number(written)
    return written if value is None else str(value)


def _date_of(match: re.Match[str], today: date) -> str | None:
    month = int(match["month"])
    if not 1 <= month <= 12:
        return None
    year = _year_of(match, today)
    if match["day"] is None:
        return f"{_MONTHS[month - 1]}{f' {year}' if year else ''}"
    if not 1 <= int(match["day"]) <= 31:
        return None
    return f"{year:04}-{month:02}-{int(match['day']):02}" if year else f"{int(match['day'])} {_MONTHS[month - 1]}"


def _year_of(match: re.Match[str], today: date) -> int | None:
    if match["years"]:
        return today.year - {"前年": 2, "去年": 1, "上年": 1, "今年": 0}[match["years"]]
    if match["year"]:
        return int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
    return None


def _day_of(match: re.Match[str], today: date) -> str | None:
    first = today.replace(day=1)
    if match["which"].startswith("上"):
        first = (first - timedelta(days=1)).replace(day=1)
    try:
        return first.replace(day=int(match["day"])).isoformat()
    except ValueError:
        return None


def _weekday_of(match: re.Match[str], today: date) -> str:
    weekday = _WEEKDAYS[match["day"]]
    which = (match["which"] or "").rstrip("个")
    if not which:
        return _NAMES[weekday]
    weeks = {"上上": -2, "前": -2, "上": -1, "下": 1}.get(which, 0)
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
    return (monday + timedelta(days=weekday)).isoformat()


def _clock_of(match: re.Match[str]) -> str | None:
    part = _part_of(match)
    hour = int(match["hour"])
    if hour > 24 or (part is None and hour == 1 and not (match["half"] or match["minute"])):
        return None  # 一点 is also "a bit"
    minute = (
        30
        if match["half"]
        else 15 * int(_as_digits(match["quarter"]))
        if match["quarter"]
        else int(match["minute"] or 0)
    )
    if (part in _AFTERNOON and hour < 12) or (part == "noon" and hour < 4):
        hour += 12
    if part == "evening" and hour == 24:
        hour = 0
    return f"{hour % 24:02}:{minute:02}{'' if part or hour > 12 else ' or so'}" if minute < 60 else None


def _part_of(match: re.Match[str]) -> str | None:
    for place, (_, part) in enumerate(_PARTS):
        if match[f"p{place}"]:
            return part
    return None
