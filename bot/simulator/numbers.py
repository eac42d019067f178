"""Phone numbers as Twilio judges them."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

_COSTLY = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}
_MAINLAND = 86


def e164(number: str) -> str | None:
    """The number as Twilio stores it, or None where it cannot be one."""
    if not number.startswith("+"):
        return None
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def costs_extra(number: str) -> bool:
    """A premium number: an account may not call or text it unless it is allowed specially."""
    return phonenumbers.number_type(phonenumbers.parse(number)) in _COSTLY


def takes_texts(number: str) -> bool:
    return phonenumbers.number_type(phonenumbers.parse(number)) is not PhoneNumberType.FIXED_LINE


def in_mainland_china(number: str) -> bool:
    """Where carriers filter finance texts, and texts to a foreign number do not arrive."""
    parsed = e164(number)
    return parsed is not None and phonenumbers.parse(parsed).country_code == _MAINLAND
