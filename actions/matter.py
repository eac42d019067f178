"""What the conversation is about at this moment, for whom it goes to next: a person, or a call."""

from __future__ import annotations

from actions.base import Event, Turn
from wallet_core import matters

_MESSAGES, _SECONDS = 6, 3600.0  # what was asked about before that is another matter
# Forms that are about whatever was spoken of before.
_ABOUT_ANYTHING = frozenset({"talk_to_human_form", "request_callback_form", "open_ticket_form"})
_FREEZE_FORMS = frozenset({"freeze_account_form", "freeze_aftermath_form"})


def topic_at_hand(turn: Turn) -> str | None:
    """The topic of what was done in this conversation, or of what was asked about lately; the more urgent of them."""
    return matters.topic_at_hand(
        turn.session,
        conversation_id=turn.conversation_id,
        routing=turn.wiring.routing,
        now=turn.now,
        asked=_asked_lately(turn),
    )


def _asked_lately(turn: Turn) -> str | None:
    """The topic of the last form that was begun, or of the last answer that set one, whichever came later.

    What stands before the first message that Rasa has kept was carried over from long ago; a form so was still open.
    """
    events = turn.tracker.events
    first = next((place for place, event in enumerate(events) if event["event"] == "user"), len(events))
    said, latest = 0, None
    for place, event in reversed(list(enumerate(events))):
        at = event.get("timestamp")
        latest = latest or at
        if said >= _MESSAGES or (at and latest and latest - at > _SECONDS):
            return None
        said += event["event"] == "user"
        topic = _begun(turn, event) or (_set(event) if place > first else None)
        if topic is not None:
            return topic
    return None


def _begun(turn: Turn, event: Event) -> str | None:
    form = event.get("name")
    if event["event"] != "active_loop" or form is None or form in _ABOUT_ANYTHING:
        return None
    return turn.slot("freeze_topic") or "freeze_account" if form in _FREEZE_FORMS else str(form).removesuffix("_form")


def _set(event: Event) -> str | None:
    return event.get("value") if event["event"] == "slot" and event.get("name") == "ticket_topic" else None
