"""What is none of our business, or was not understood: once, what the assistant can do; twice, a person."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.base import Event, Turn, WalletAction
from actions.talk_to_human import join_queue
from wallet_core.models import HandoverReason

_NOT_UNDERSTOOD = ("out_of_scope", "clarify")


class ActionOutOfScope(WalletAction):
    action_name = "action_out_of_scope"

    def act(self, turn: Turn) -> list[Event]:
        if not _was_lost_before(turn.tracker):
            turn.say("utter_out_of_scope")
        elif not join_queue(turn, HandoverReason.NOT_UNDERSTOOD):
            turn.say("utter_out_of_scope_again")
        return []


def _was_lost_before(tracker: Tracker) -> bool:
    """Whether the message before this one was not understood either."""
    intents = [
        ((event.get("parse_data") or {}).get("intent") or {}).get("name")
        for event in tracker.events
        if event["event"] == "user"
    ]
    return len(intents) > 1 and intents[-2] in _NOT_UNDERSTOOD
