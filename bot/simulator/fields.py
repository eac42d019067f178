"""The fields that Twilio documents. Others it ignores in silence, so that a misspelt one is never noticed: we note it."""

from __future__ import annotations

from collections.abc import Iterable

_MESSAGE = frozenset(
    """
    To From Body MediaUrl ContentSid ContentVariables MessagingServiceSid FallbackFrom StatusCallback ApplicationSid
    MaxPrice ProvideFeedback Attempt ValidityPeriod ForceDelivery ContentRetention AddressRetention SmartEncoded
    PersistentAction TrafficType ShortenUrls ScheduleType SendAt SendAsMms RiskCheck
    """.split()
)
_CALL = frozenset(
    """
    To From Url Twiml Method ApplicationSid FallbackUrl FallbackMethod StatusCallback StatusCallbackEvent
    StatusCallbackMethod SendDigits Timeout Record RecordingChannels RecordingStatusCallback RecordingStatusCallbackMethod
    RecordingStatusCallbackEvent RecordingTrack SipAuthUsername SipAuthPassword MachineDetection MachineDetectionTimeout
    MachineDetectionSpeechThreshold MachineDetectionSpeechEndThreshold MachineDetectionSilenceTimeout AsyncAmd
    AsyncAmdStatusCallback AsyncAmdStatusCallbackMethod Trim CallerId Byoc CallReason CallToken TimeLimit
    ClientNotificationUrl
    """.split()
)
_CALL_UPDATE = frozenset(
    "Url Twiml Method Status FallbackUrl FallbackMethod StatusCallback StatusCallbackMethod TimeLimit".split()
)
_VERIFICATION = frozenset(
    """
    To Channel CustomFriendlyName CustomMessage SendDigits Locale CustomCode Amount Payee RateLimits ChannelConfiguration
    AppHash TemplateSid TemplateCustomSubstitutions DeviceIp EnableSnaClientToken RiskCheck Tags
    """.split()
)
_CHECK = frozenset("Code To VerificationSid Amount Payee SnaClientToken".split())

_BY_ENDING = {
    "/Messages.json": _MESSAGE,
    "/Calls.json": _CALL,
    "/Verifications": _VERIFICATION,
    "/VerificationCheck": _CHECK,
}


def unknown_fields(method: str, path: str, names: Iterable[str]) -> list[str]:
    """A note for each field that Twilio would ignore."""
    if method != "POST":
        return []
    known = (
        _CALL_UPDATE if "/Calls/" in path else next((_BY_ENDING[end] for end in _BY_ENDING if path.endswith(end)), None)
    )
    if known is None:
        return []
    return [f"unknown field {name}" for name in names if name not in known]
