"""Amounts and times as a customer reads them: in their language and time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_gmt
from babel.numbers import format_currency

from wallet_core.money import Money

_LOCALES = {"zh": "zh_CN", "en": "en_GB"}
_DATES = {"zh": "M月d日", "en": "d MMM"}


def money(amount: Money, language: str) -> str:
    """Such as "¥300.00" or "US$20.00", with the currency's own number of decimals."""
    return format_currency(amount.decimal, amount.currency, locale=_LOCALES[language])


def moment(at: datetime, language: str, time_zone: str, *, name_zone: bool = False) -> str:
    """Such as "11月22日 15:04" or "22 Nov, 15:04"; with the zone's offset where the reader's zone is not known."""
    zone = ZoneInfo(time_zone)
    day = format_date(at.astimezone(zone), _DATES[language], locale=_LOCALES[language])
    clock = format_time(at, "HH:mm", tzinfo=zone, locale=_LOCALES[language])
    offset = f" ({get_timezone_gmt(at.astimezone(zone), locale='en_GB')})" if name_zone else ""
    return f"{day}{' ' if language == 'zh' else ', '}{clock}{offset}"
