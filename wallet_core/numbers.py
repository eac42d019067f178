"""Phone numbers that we may call or text: read, judged, and shown masked."""

from __future__ import annotations

import re
from collections.abc import Collection

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number

from wallet_core.errors import InvalidNumber
from wallet_core.times import is_zone

_HIDDEN = "•"
_LENGTH_LIMIT = 40

# What a person answers, at a usual price. Not: premium rate and shared cost (a caller earns from our calls), toll-free
# and company access numbers (nobody's own), pagers, voicemail, and personal numbering, which costs like premium rate.
_CALLABLE = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
    }
)
_SATELLITES_AND_OTHER_NO_COUNTRIES = "001"


def parse_number(text: str, *, region: str | None = None, countries: Collection[str] | None = None) -> str:
    """The number in E.164, such as `+8613800138000`.

    Args:
        text: as typed or spoken by keypad; full-width digits, spaces, dashes, brackets and a leading 00 are forgiven.
        region: the country (ISO 3166, such as "CN") whose national way of writing is meant where no + stands in front.
        countries: the countries to which we call; all where None.

    Raises:
        InvalidNumber: not a number in use, one at a premium or shared cost, one that no person answers (pager,
            voicemail, toll-free, satellite), or one in a country to which we do not call. `reason` says which.
    """
    if len(text) > _LENGTH_LIMIT or re.search(r"[^\W\d_]", text):
        raise InvalidNumber(reason="not_a_number")  # words, and letters on a keypad: ask for digits
    try:
        number = phonenumbers.parse(re.sub(r"^[\s(（]*[0０]{2}(?=[\s\d])", "+", text), region)
    except NumberParseException:
        raise InvalidNumber(reason="not_a_number") from None
    return _judged(number, countries)


def mask(number: str) -> str:
    """Enough of an E.164 number for its owner to know it by: the country's code and the last two digits."""
    try:
        code = str(phonenumbers.parse(number, None).country_code)
    except NumberParseException:
        return _HIDDEN * 4 + number[-2:] if len(number) > 4 else _HIDDEN * len(number)
    return f"+{code} {_HIDDEN * max(len(number) - len(code) - 3, 3)}{number[-2:]}"


def country_of(number: str) -> str | None:
    """The country (ISO 3166) of an E.164 number, None where it has none."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except NumberParseException:
        return None
    return None if region == _SATELLITES_AND_OTHER_NO_COUNTRIES else region


def time_zone_of(number: str) -> str | None:
    """The zone in which an E.164 number is at home, the first where there are several; None where nobody knows."""
    try:
        zones = time_zones_for_number(phonenumbers.parse(number, None))
    except NumberParseException:
        return None
    return next((zone for zone in zones if "/" in zone and not zone.startswith("Etc/") and is_zone(zone)), None)


def _judged(number: PhoneNumber, countries: Collection[str] | None) -> str:
    if number.extension or not phonenumbers.is_valid_number(number):
        raise InvalidNumber(reason="not_in_use")
    country = phonenumbers.region_code_for_number(number)
    if country == _SATELLITES_AND_OTHER_NO_COUNTRIES or phonenumbers.number_type(number) not in _CALLABLE:
        raise InvalidNumber(reason="not_callable")
    if countries is not None and country not in countries:
        raise InvalidNumber(reason="country")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
