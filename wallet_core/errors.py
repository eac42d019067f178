"""One family of errors. Each holds facts and a stable `code`; the customer's words are `utter_error_<code>` in the domain files.

The docstring is the developer's message.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar


class WalletError(Exception):
    """Base of all that the core refuses or cannot do. `facts` go into the reply's wording, never personal data."""

    code: ClassVar[str] = "wallet_error"
    retryable: ClassVar[bool] = False

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code


class NotFound(WalletError):
    """No such thing, or not this customer's: the same answer for both, so that nobody learns which."""

    code = "not_found"


class NotAllowed(WalletError):
    """The conversation's assurance is below what the action needs (`needed`, from the policy table)."""

    code = "not_allowed"

    def __init__(self, *, action: str, needed: int) -> None:
        super().__init__(action=action, needed=needed)


class AgentOnly(WalletError):
    """Only an agent may do this, at whatever assurance."""

    code = "agent_only"


class InvalidAmount(WalletError):
    """Not a positive whole number of minor units within what the currency's payments can be."""

    code = "invalid_amount"


class UnknownCurrency(WalletError):
    """Not an ISO 4217 currency."""

    code = "unknown_currency"


class CurrencyMismatch(WalletError):
    """Two amounts of different currencies were put together."""

    code = "currency_mismatch"


class InvalidTime(WalletError):
    """A naive time, an unknown time zone, or a time that lies where it may not."""

    code = "invalid_time"


class InvalidNumber(WalletError):
    """Not a phone number we can or may call or text."""

    code = "invalid_number"


class WrongState(WalletError):
    """The thing is in a state from which this is not possible (`state`)."""

    code = "wrong_state"

    def __init__(self, *, state: str, wanted: str) -> None:
        super().__init__(state=state, wanted=wanted)


class AccountClosed(WalletError):
    """The wallet is closed: nothing is done with it any more."""

    code = "account_closed"


class LimitReached(WalletError):
    """A limit on how often something may be done (`limit`) is used up until `until`."""

    code = "limit_reached"

    def __init__(self, *, limit: str, until: datetime | None = None) -> None:
        super().__init__(limit=limit, until=until)


class TooManyAttempts(WalletError):
    """Wrong codes, facts or names have closed this way for a while."""

    code = "too_many_attempts"

    def __init__(self, *, until: datetime) -> None:
        super().__init__(until=until)


class ChallengeFailed(WalletError):
    """The code or fact was not accepted. One answer for wrong, unknown and expired."""

    code = "challenge_failed"


class NoSettledContact(WalletError):
    """No contact on file is unchanged for 72 hours and not reported lost, so nothing can be sent that proves anything."""

    code = "no_settled_contact"


class RateUnavailable(WalletError):
    """No exchange rate for this pair is valid at this time."""

    code = "rate_unavailable"


class RequestConflict(WalletError):
    """The same identity with other content: the first stays as it is."""

    code = "request_conflict"


class ConversationEnded(WalletError):
    """The conversation is over."""

    code = "conversation_ended"


class ButtonNotOffered(WalletError):
    """The button is not among those offered since the customer's last message."""

    code = "button_not_offered"


class TurnLost(WalletError):
    """The lease on a conversation ran out while its holder worked: somebody else goes on. No customer hears of it."""

    code = "turn_lost"


class ServiceUnavailable(WalletError):
    """Something outside (`service`) did not answer or refused."""

    code = "service_unavailable"
    retryable = True

    def __init__(self, *, service: str) -> None:
        super().__init__(service=service)


class StorageUnavailable(WalletError):
    """The database is out of reach, or a lock was not had in time: nothing was written, try again."""

    code = "storage_unavailable"
    retryable = True


class BrokenFile(WalletError):
    """A data file cannot be used; for operators, it stops the start. `line` counts from 1, `field` is a dotted path."""

    code = "broken_file"

    def __init__(self, *, file: str, problem: str, line: int | None = None, field: str | None = None) -> None:
        super().__init__(file=file, line=line, field=field, problem=problem)

    def __str__(self) -> str:
        place = f"{self.facts['file']} line {self.facts['line']}" if self.facts["line"] else str(self.facts["file"])
        return ": ".join(str(part) for part in (place, self.facts["field"], self.facts["problem"]) if part)
