"""The second wish of a message that had two: what it was, and how it is taken up."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

# Topics that begin with a form; the others begin with their action.
_BEGIN_WITH_A_FORM = frozenset(
    "freeze_account unfreeze account_locked forgot_password open_ticket talk_to_human request_callback report_scam"
    " verify_official_number unauthorized_transaction refund_request transfer_delayed cancel_payment".split()
)
_FREEZE_FIRST = frozenset({"lost_device", "stolen_funds"})


def other_wish(tracker: Tracker) -> str | None:
    """The topic that the latest message named beside the one it was taken for."""
    for entity in tracker.latest_message.get("entities") or []:
        if entity.get("entity") == "other_wish":
            return str(entity["value"])
    return None


def first_step(topic: str) -> str:
    """The form or the action with which a topic begins."""
    if topic in _FREEZE_FIRST:
        return "freeze_account_form"
    return f"{topic}_form" if topic in _BEGIN_WITH_A_FORM else f"action_{topic}"


def left_over(tracker: Tracker, events: list[dict[str, Any]], *, settled: str) -> str | None:
    """The other wish of this message, if what was done for the first one leaves nothing open that would take it up.

    Not the one that the action `settled` was for: details of a matter often name it once more.
    """
    wish = other_wish(tracker)
    topic = settled.removeprefix("action_")
    if wish is None or first_step(wish) in (settled, f"{topic}_form"):
        return None
    goes_on = any(event.get("event") == "followup" for event in events) or bool(tracker.active_loop.get("name"))
    return None if goes_on or tracker.get_slot("interrupted_form") else wish
