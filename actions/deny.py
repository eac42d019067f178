"""A no that no form asked for."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction
from actions.step_up import drop_challenge

# What an interrupted form had collected; the next one begins anew.
_COLLECTED = ("ticket_topic", "ticket_summary", "contact")


class ActionDeny(WalletAction):
    """Lets go of a form that was offered again, and of the answer that it may wait for."""

    action_name = "action_deny"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("interrupted_form"):
            drop_challenge(turn)
        turn.say("utter_deny")
        return [SlotSet(name, None) for name in ("interrupted_form", "other_wish", *_COLLECTED)]
