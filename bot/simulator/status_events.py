"""What Twilio says of a call in each request, and its status events."""

from __future__ import annotations

from email.utils import format_datetime

from bot.simulator.calls import FINAL, Call, Status
from bot.simulator.line import Line
from bot.simulator.webhooks import Webhooks

EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
_NOWHERE = {
    f"{end}{part}": "" for end in ("From", "To", "Caller", "Called") for part in ("City", "State", "Zip", "Country")
}


def usual_params(line: Line, call: Call) -> dict[str, str]:
    """Blank fields are sent too, as Twilio does where it knows no place."""
    params = {
        **_NOWHERE,
        "CallSid": call.sid,
        "AccountSid": line.account_sid,
        "From": call.sender,
        "To": call.receiver,
        "Caller": call.sender,
        "Called": call.receiver,
        "CallStatus": call.status,
        "Direction": call.direction,
        "ApiVersion": "2010-04-01",
    }
    if call.vouched:
        params["StirVerstat"] = "TN-Validation-Passed-A"
    if call.parent is not None:
        params["ParentCallSid"] = call.parent.sid
    if call.answered_by and not call.amd_url:
        params["AnsweredBy"] = call.answered_by
    return params


def notify(webhooks: Webhooks, line: Line, call: Call, event: str) -> None:
    """Send a status event to whoever wanted it: `initiated`, `ringing`, `answered` or `completed`."""
    wanted = call.status_events
    if wanted is None or event not in wanted.wanted:
        return
    params = {
        **usual_params(line, call),
        "CallStatus": Status.INITIATED if event == "initiated" else call.status,
        "Timestamp": format_datetime(call.timeline.now()),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(call.sequence),
    }
    call.sequence += 1
    last = call.status in FINAL
    if last:
        params["CallDuration"] = str(call.seconds)
        params["Duration"] = str(-(-call.seconds // 60))
    webhooks.tell(wanted.url, params, method=wanted.method, about=call.sid, purpose=event, last=last)
