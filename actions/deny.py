"""A no that no form asked for, and stopping a form."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction
from actions.forms import offer_to_resume

# What a stopped form had collected; the next one begins anew.
_COLLECTED = ("ticket_topic", "ticket_summary", "contact")


class ActionDeny(WalletAction):
    """Lets go of a form that was offered again."""

    action_name = "action_deny"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        turn.say("utter_deny")
        return [SlotSet(name, None) for name in ("interrupted_form", *_COLLECTED)]


class ActionStop(WalletAction):
    """After a form was stopped: nothing of it is kept, nothing of it was done."""

    action_name = "action_stop"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        turn.say("utter_stopped")
        offer_to_resume(turn)
        return [SlotSet(name, None) for name in _COLLECTED]
