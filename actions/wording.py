"""Amounts, times, countries and lists as a customer reads or hears them: in their language and time zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_gmt
from babel.lists import format_list

from bot.amounts import money, with_name

__all__ = ["country", "listed", "moment", "money", "percent", "span", "with_name"]

_LOCALES = {"zh": "zh_CN", "en": "en_GB"}
_COUNTRY_NAMES = {
    ("zh", "HK"): "香港",
    ("en", "HK"): "Hong Kong",
    ("zh", "MO"): "澳门",
    ("en", "MO"): "Macao",
}
_DATES = {"zh": "M月d日", "en": "d MMM"}
_DATES_WITH_YEAR = {"zh": "yyyy年M月d日", "en": "d MMM yyyy"}


def percent(value: Decimal, language: str, *, spoken: bool = False) -> str:
    """Such as "0.8%"; in speech "0.8 percent" or "百分之0.8"."""
    number = f"{value.normalize():f}"
    if not spoken:
        return f"{number}%"
    return f"百分之{number}" if language == "zh" else f"{number} percent"


def listed(items: Iterable[str], language: str, *, one_of: bool = False) -> str:
    """Such as "a, b and c" or "a、b和c"; with `one_of`, "or" and "或"."""
    return format_list(list(items), style="or" if one_of else "standard", locale=_LOCALES[language])


def country(code: str, language: str) -> str:
    """Such as "Japan" or "日本"."""
    return _COUNTRY_NAMES.get((language, code)) or str(Locale.parse(_LOCALES[language]).territories[code])


def moment(at: datetime, language: str, time_zone: str, *, name_zone: bool = False, now: datetime | None = None) -> str:
    """Such as "11月22日 15:04" or "22 Nov, 15:04"; with the zone's offset where the reader's zone is not known.

    With `now`, the year is told where it is another one.
    """
    zone = ZoneInfo(time_zone)
    other_year = now is not None and at.astimezone(zone).year != now.astimezone(zone).year
    pattern = (_DATES_WITH_YEAR if other_year else _DATES)[language]
    day = format_date(at.astimezone(zone), pattern, locale=_LOCALES[language])
    clock = format_time(at, "HH:mm", tzinfo=zone, locale=_LOCALES[language])
    offset = f" ({get_timezone_gmt(at.astimezone(zone), locale='en_GB')})" if name_zone else ""
    return f"{day}{' ' if language == 'zh' else ', '}{clock}{offset}"


def span(start: datetime, end: datetime, language: str, time_zone: str, *, name_zone: bool = False) -> str:
    """Such as "22 Nov, 15:00 – 17:00" or "11月22日 15:00 至 17:00"; the day once where it is the same."""
    zone = ZoneInfo(time_zone)
    first = moment(start, language, time_zone)
    same_day = start.astimezone(zone).date() == end.astimezone(zone).date()
    last = moment(end, language, time_zone)
    if same_day:
        last = format_time(end, "HH:mm", tzinfo=zone, locale=_LOCALES[language])
    offset = f" ({get_timezone_gmt(start.astimezone(zone), locale='en_GB')})" if name_zone else ""
    return f"{first} {'至' if language == 'zh' else '–'} {last}{offset}"
