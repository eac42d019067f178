"""Our number at Twilio: whose it is, and where Twilio sends what comes in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.simulator.identifiers import new_sid
from bot.telephony.account import TelephonyAccount


@dataclass
class Line:
    account_sid: str
    auth_token: str
    number: str
    verify_service_sid: str
    messaging_service_sid: str | None
    voice_url: str
    voice_status_url: str
    sms_url: str
    since: datetime
    number_sid: str = field(default_factory=lambda: new_sid("PN"))
    voice_method: str = "POST"
    sms_method: str = "POST"
    voice_fallback_url: str = ""
    sms_fallback_url: str = ""

    @classmethod
    def of(cls, account: TelephonyAccount, *, since: datetime) -> Line:
        """The number as docs/twilio.md has an operator set it up."""
        return cls(
            account_sid=account.account_sid,
            auth_token=account.auth_token.get_secret_value(),
            number=account.number,
            verify_service_sid=account.verify_service_sid,
            messaging_service_sid=account.messaging_service_sid,
            voice_url=f"{account.public_base_url}/twilio/voice",
            voice_status_url=f"{account.public_base_url}/twilio/voice/status",
            sms_url=f"{account.public_base_url}/twilio/messages",
            since=since,
        )
