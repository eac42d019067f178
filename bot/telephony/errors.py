"""What Twilio answers instead of doing it, in our errors. Its own messages name the customer's number: they stay out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from typing import Any

import structlog
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from urllib3.exceptions import MaxRetryError, NewConnectionError

from wallet_core.errors import InvalidNumber, LimitReached, ServiceUnavailable, WalletError

log = structlog.get_logger(__name__)


class Unreachable(StrEnum):
    """Why nothing can be sent to a number: the `reason` of `InvalidNumber`. The customer hears one thing for all."""

    NOT_IN_USE = "not_in_use"
    NOT_TEXTABLE = "not_textable"  # a landline, or where no texts of ours may go; a call may reach it
    COUNTRY = "country"  # the account is not let into that country, or nobody is
    BLOCKED = "blocked"  # Twilio's protection against fraud; another channel may do
    OPTED_OUT = "opted_out"  # the customer said STOP


class OutcomeUnknown(ServiceUnavailable):
    """Twilio was asked and the answer got lost: it may have been done. To be looked up, never simply asked again."""

    retryable = False


class TwilioRefusesUs(ServiceUnavailable):
    """Nothing is wrong with what the customer wants: a setting or the account is, and an operator has to see to it."""

    retryable = False

    def __init__(self, *, service: str, twilio_code: int) -> None:
        super().__init__(service=service)
        self.twilio_code = twilio_code


# How the library says that Twilio refused: in the older form, and in that of RFC 9457.
REFUSALS = (TwilioRestException, TwilioServiceException)
type Refusal = TwilioRestException | TwilioServiceException

_UNREACHABLE = {
    21211: Unreachable.NOT_IN_USE,  # no valid number
    21214: Unreachable.NOT_IN_USE,  # cannot be called
    21217: Unreachable.NOT_IN_USE,  # does not appear to be valid
    21612: Unreachable.NOT_TEXTABLE,  # no way from our number to this one
    21614: Unreachable.NOT_TEXTABLE,  # not a mobile number
    21635: Unreachable.NOT_TEXTABLE,  # a landline
    60205: Unreachable.NOT_TEXTABLE,  # a landline
    21215: Unreachable.COUNTRY,  # calls there are not permitted to us
    21408: Unreachable.COUNTRY,  # texts there are not permitted to us
    60605: Unreachable.COUNTRY,  # codes there are not permitted to us
    60220: Unreachable.COUNTRY,  # codes to mainland China before Twilio has vetted us
    21216: Unreachable.BLOCKED,
    30450: Unreachable.BLOCKED,
    60238: Unreachable.BLOCKED,
    60410: Unreachable.BLOCKED,
    60413: Unreachable.BLOCKED,
    21610: Unreachable.OPTED_OUT,
}
# Codes that are used up, or come too fast: a limit of Verify's own or one that the operator set.
_LIMITS = frozenset({60203, 60207})
# Too much at once; nothing was done.
_TRY_AGAIN = frozenset({20429, 60212})
_INVALID_PARAMETER = 60200


@contextmanager
def asking(service: str) -> Iterator[None]:
    """Whatever goes wrong inside, while Twilio is asked, is one of our errors outside.

    Raises:
        InvalidNumber: the number cannot be reached this way; `reason` is of `Unreachable`.
        LimitReached: `codes`.
        TwilioRefusesUs: the account or a setting is wrong; the log says so once.
        OutcomeUnknown: it may have been done.
        ServiceUnavailable: it was not done.
    """
    try:
        yield
    except REFUSALS as error:
        raise refusal(error, service) from None  # its text has the number in it, and tracebacks are logged
    except RequestException as error:
        raise (ServiceUnavailable if never_sent(error) else OutcomeUnknown)(service=service) from None
    except (TwilioException, ValueError):
        raise OutcomeUnknown(service=service) from None  # an answer, but not one of Twilio's


def known_sid(made: Any) -> str:
    """The SID of what Twilio says it made; to be asked for within `asking`.

    Raises:
        ValueError: the answer was none of Twilio's: a proxy's empty page, say.
    """
    if not made.sid:
        raise ValueError("an answer without a SID")
    return str(made.sid)


def never_sent(error: Exception) -> bool:
    """Whether a request surely did not reach the other side, because no connection came about."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(error, ConnectTimeout) or isinstance(reason, NewConnectionError)


def twilio_code(error: Refusal) -> int:
    """Twilio's own code for what happened; the HTTP status where it gave none."""
    return int(error.code or error.status)


def refusal(error: Refusal, service: str) -> WalletError:
    """Our error for Twilio's."""
    code = twilio_code(error)
    if code in _UNREACHABLE:
        return InvalidNumber(reason=_UNREACHABLE[code])
    if code in _LIMITS:
        return LimitReached(limit="codes")
    if code == _INVALID_PARAMETER and _blames_the_number(error):
        return InvalidNumber(reason=Unreachable.NOT_IN_USE)
    if code in _TRY_AGAIN or error.status == 429:
        return ServiceUnavailable(service=service)
    if error.status >= 500:
        return OutcomeUnknown(service=service)
    _tell_the_operator(service, code)
    return TwilioRefusesUs(service=service, twilio_code=code)


def _blames_the_number(error: Refusal) -> bool:
    # "Invalid parameter `To`: …" is about the customer's number, "Invalid parameter `Channel`: …" our mistake.
    told = error.msg if isinstance(error, TwilioRestException) else error.detail
    return re.search(r"parameter[:\s`'\"]*To\b", str(told or "")) is not None


@cache
def _tell_the_operator(service: str, code: int) -> None:
    """Once in the life of a process: each customer would bring the same line again."""
    log.error(
        "twilio.refuses_us",
        service=service,
        twilio_code=code,
        see=f"https://www.twilio.com/docs/api/errors/{code}",
        do="wallet-assistant doctor --twilio",
    )
