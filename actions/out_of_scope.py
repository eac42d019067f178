"""What is none of our business, or was not understood: once, what the assistant can do; twice, a person."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.base import Event, Turn, WalletAction
from actions.facts.tone import has_words, in_another_script, is_insult
from actions.talk_to_human import join_queue
from wallet_core.models import HandoverReason

_NOT_UNDERSTOOD = ("out_of_scope", "clarify")


class ActionOutOfScope(WalletAction):
    action_name = "action_out_of_scope"

    def act(self, turn: Turn) -> list[Event]:
        answer = _answer(turn)
        if answer != "utter_out_of_scope_again" or not join_queue(turn, HandoverReason.NOT_UNDERSTOOD):
            turn.say(answer)
        return []


def _answer(turn: Turn) -> str:
    if is_insult(turn.text):
        return "utter_upset"
    if in_another_script(turn.text):
        return "utter_language_unknown"
    if _was_lost_before(turn.tracker):
        return "utter_out_of_scope_again"
    return "utter_out_of_scope" if has_words(turn.text) else "utter_out_of_scope_no_words"


def _was_lost_before(tracker: Tracker) -> bool:
    """Whether the message before this one was not understood either."""
    intents = [
        ((event.get("parse_data") or {}).get("intent") or {}).get("name")
        for event in tracker.events
        if event["event"] == "user"
    ]
    return len(intents) > 1 and intents[-2] in _NOT_UNDERSTOOD
