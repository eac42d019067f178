"""What a number can be reached by, as far as the number itself tells; Twilio may still refuse."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from wallet_core.numbers import country_of


class CodeChannel(StrEnum):
    """How a one-time code goes out, in Verify's words."""

    SMS = "sms"
    CALL = "call"
    EMAIL = "email"


@dataclass(frozen=True)
class Reach:
    """`texts`: notices and conversations. `codes_by`: None where no code can get there."""

    texts: bool
    calls: bool
    codes_by: CodeChannel | None


_NOWHERE = Reach(texts=False, calls=False, codes_by=None)

# Twilio carries no calls and no texts there.
_NOT_SERVED = frozenset({"CU", "IR", "SY"})
# Texts to landlines are tried there, and delivered where the carrier can; elsewhere they are refused (21635).
_TEXTS_LANDLINES = frozenset({"CA", "GB", "US"})
_MAINLAND_CHINA = "CN"


def reach_of(number: str) -> Reach:
    """What an E.164 number can be reached by. Premium rate and the like are not judged here: we never take them.

    Mainland China: no texts of ours, for it has no two-way messaging and refuses what is about money. Codes get there by
    text alone, after Twilio has vetted the account: spoken ones are too short a call, and blocked. Calls need the same.
    """
    country = country_of(number)
    if country is None or country in _NOT_SERVED:
        return _NOWHERE
    landline = _is_landline(number)
    if country == _MAINLAND_CHINA:
        return Reach(texts=False, calls=True, codes_by=None if landline else CodeChannel.SMS)
    return Reach(
        texts=not landline or country in _TEXTS_LANDLINES,
        calls=True,
        codes_by=CodeChannel.CALL if landline else CodeChannel.SMS,
    )


def called_countries(wanted: Collection[str] | None) -> frozenset[str]:
    """Where customers are called: the countries of the setting, all of the world's without one, that Twilio reaches."""
    return frozenset(phonenumbers.SUPPORTED_REGIONS if wanted is None else wanted) - _NOT_SERVED


def _is_landline(number: str) -> bool:
    try:
        return bool(phonenumbers.number_type(phonenumbers.parse(number, None)) == PhoneNumberType.FIXED_LINE)
    except NumberParseException:
        return False
