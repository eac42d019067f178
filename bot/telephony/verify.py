"""One-time codes by Twilio Verify, which makes, sends, counts and forgets them: we never see one."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from bot.telephony.account import TelephonyAccount
from bot.telephony.errors import REFUSALS, Unreachable, asking, known_sid, twilio_code
from bot.telephony.reach import CodeChannel, reach_of
from wallet_core.errors import InvalidNumber
from wallet_core.models import ContactKind, Language

if TYPE_CHECKING:
    from twilio.rest import Client

_SERVICE = "codes"

# A check of something that is gone (expired, used, never there), of a code that was tried five times, and of something
# that can be no code.
_NO_MATCH = frozenset({20404, 60202, 60200})
_NOT_FOUND = 404
_REFERENCE = re.compile(r"VE[0-9a-f]{32}")


class VerifyCodeSender:
    """Implements `wallet_core.ports.CodeSender`. A reference is a verification's SID.

    Verify keeps one verification by destination for ten minutes: asked again meanwhile it sends the same code once
    more, under the same reference.
    """

    def __init__(self, client: Client, account: TelephonyAccount) -> None:
        self._service = client.verify.v2.services(account.verify_service_sid)

    def send(self, *, destination: str, kind: ContactKind, language: Language) -> str:
        """Send a code by e-mail, by text, or spoken in a call where texts do not get to.

        Raises:
            ServiceUnavailable: nothing was sent, or nobody knows. Asking again does no harm.
            LimitReached: `codes`: five went there, or the operator's own limit is reached.
            InvalidNumber: the destination cannot be reached; `reason` says why.
        """
        if kind is ContactKind.EMAIL:
            return self._start(destination, CodeChannel.EMAIL, None)  # the mail's template has its own language
        channel = reach_of(destination).codes_by
        if channel is None:
            raise InvalidNumber(reason=Unreachable.NOT_TEXTABLE)
        try:
            return self._start(destination, channel, language)
        except InvalidNumber as refused:
            # Twilio knows landlines that the number itself does not show.
            if channel is CodeChannel.SMS and refused.facts["reason"] is Unreachable.NOT_TEXTABLE:
                return self._start(destination, CodeChannel.CALL, language)
            raise

    def check(self, *, reference: str, destination: str, code: str) -> bool:
        """Whether the code is right, once.

        Raises:
            ServiceUnavailable: the provider did not answer; the attempt does not count.
        """
        with asking(_SERVICE):
            try:
                checked = self._service.verification_checks.create(code=code, verification_sid=_sid(reference))
            except REFUSALS as error:
                if twilio_code(error) in _NO_MATCH:
                    return False
                raise
            known_sid(checked)
        # A wrong code is no error to Verify: it stays "pending".
        return bool(checked.status == "approved" and checked.to.casefold() == destination.casefold())

    def _start(self, destination: str, channel: CodeChannel, language: Language | None) -> str:
        with asking(_SERVICE):
            started = self._service.verifications
            try:
                sent = started.create(to=destination, channel=channel.value, **_locale(language))
            except REFUSALS as error:
                # Said also of a language that the operator's template does not have; it has a language of its own.
                if error.status != _NOT_FOUND or language is None:
                    raise
                sent = started.create(to=destination, channel=channel.value)
            return known_sid(sent)


def _sid(reference: str) -> str:
    """The reference; for one that is none a SID of nothing, so that no answer is quicker because nothing was sent."""
    if _REFERENCE.fullmatch(reference):
        return reference
    return "VE" + hashlib.sha256(reference.encode()).hexdigest()[:32]


def _locale(language: Language | None) -> dict[str, str]:
    return {} if language is None else {"locale": language.value}
