"""The account that the phone goes by: a real one at Twilio, or the simulator's in the demo."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from bot.settings import Environment, Settings

# The simulator's account, the same on every machine: it opens nothing but the simulator.
_SIMULATED_SID = "AC" + "51" * 16
_SIMULATED_VERIFY_SID = "VA" + "51" * 16
_SIMULATED_TOKEN = "the-simulator-signs-with-this"
_SIMULATED_NUMBER = "+15005550006"


@dataclass(frozen=True)
class TelephonyAccount:
    """`api_base`: where REST requests go in place of Twilio's hosts. URLs end without a slash."""

    account_sid: str
    auth_token: SecretStr
    number: str
    verify_service_sid: str
    messaging_service_sid: str | None
    api_base: str | None
    public_base_url: str
    simulated: bool


def telephony_account(settings: Settings) -> TelephonyAccount | None:
    """What the settings name; the simulator's where they name none and it runs; None where there is no phone at all."""
    sid, token, number = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_number
    verify, public = settings.twilio_verify_service_sid, settings.public_base_url
    if sid and token and number and verify and public:
        return TelephonyAccount(
            account_sid=sid,
            auth_token=token,
            number=number,
            verify_service_sid=verify,
            messaging_service_sid=settings.twilio_messaging_service_sid,
            api_base=str(settings.twilio_api_base).rstrip("/") if settings.twilio_api_base else None,
            public_base_url=str(public).rstrip("/"),
            simulated=False,
        )
    if settings.env is not Environment.DEMO or settings.simulator_url is None:
        return None
    return TelephonyAccount(
        account_sid=_SIMULATED_SID,
        auth_token=SecretStr(_SIMULATED_TOKEN),
        number=_SIMULATED_NUMBER,
        verify_service_sid=_SIMULATED_VERIFY_SID,
        messaging_service_sid=None,
        api_base=str(settings.simulator_url).rstrip("/"),
        public_base_url=str(public or f"http://127.0.0.1:{settings.port}").rstrip("/"),
        simulated=True,
    )
