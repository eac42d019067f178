"""What `POST Calls.json` asks for, judged as Twilio judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.simulator import numbers
from bot.simulator.calls import Instruction, StatusEvents
from bot.simulator.refusals import Refused
from bot.simulator.status_events import EVENTS

_RING_SECONDS = 60.0
_LONGEST_RING = 600.0
_RING_GRACE = 5.0  # Twilio rings a little longer than it was told
_LONGEST_TWIML = 4000
_DETECTIONS = frozenset({"Enable", "DetectMessageEnd"})

Form = Mapping[str, str]


def read_order(form: Form, events: Sequence[str], *, ours: str) -> dict[str, Any]:
    """The wanted call's own fields; `ours` is the number that may call.

    Raises:
        Refused: as Twilio refuses it.
    """
    receiver = _receiver(form.get("To", ""))
    _check_sender(form.get("From", ""), ours)
    url, xml = form.get("Url"), form.get("Twiml", "")
    if not (url and _leads_somewhere(url)) and (url or not xml):
        raise Refused(21205)
    if len(xml) > _LONGEST_TWIML:
        raise Refused(32018)
    detection = form.get("MachineDetection", "")
    if detection and detection not in _DETECTIONS:
        raise Refused(20001, "MachineDetection")
    return {
        "sender": ours,
        "receiver": receiver,
        "handset": receiver,
        "first": instruction_in(form),
        "fallback_url": form.get("FallbackUrl", ""),
        "status_events": _status_events(form, events),
        "ring_seconds": _ring_seconds(form) + _RING_GRACE,
        "machine_detection": "" if form.get("SendDigits") else detection,
        "amd_url": form.get("AsyncAmdStatusCallback", "") if form.get("AsyncAmd") == "true" else "",
    }


def instruction_in(form: Form) -> Instruction:
    """Where the call goes on: the Url, and the Twiml only without one."""
    if form.get("Url"):
        return Instruction(url=form["Url"], method=form.get("Method", "POST").upper())
    return Instruction(xml=form.get("Twiml", ""))


def _receiver(to: str) -> str:
    if not to:
        raise Refused(21201)
    receiver = numbers.e164(to)
    if receiver is None:
        raise Refused(21211, to)
    if numbers.costs_extra(receiver):
        raise Refused(21215, receiver)
    return receiver


def _check_sender(sender: str, ours: str) -> None:
    if not sender:
        raise Refused(21213)
    if sender != ours:
        raise Refused(21210, sender)


def _status_events(form: Form, events: Sequence[str]) -> StatusEvents | None:
    for event in events:
        if event not in EVENTS:
            raise Refused(21626, event)
    url = form.get("StatusCallback")
    if not url:
        return None
    if not _leads_somewhere(url):
        raise Refused(21609, url)
    method = form.get("StatusCallbackMethod", "POST").upper()
    return StatusEvents(url, method, frozenset(events or ["completed"]))


def _ring_seconds(form: Form) -> float:
    given = form.get("Timeout", "")
    if not given:
        return _RING_SECONDS
    if not given.isdecimal():
        raise Refused(20001, f"Timeout: {given}")
    return min(float(given), _LONGEST_RING)


def _leads_somewhere(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https")
