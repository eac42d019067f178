"""A no that no form asked for."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction

# What an interrupted form had collected; the next one begins anew.
_COLLECTED = ("ticket_topic", "ticket_summary", "contact")


class ActionDeny(WalletAction):
    """Lets go of a form that was offered again."""

    action_name = "action_deny"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        turn.say("utter_deny")
        return [SlotSet(name, None) for name in ("interrupted_form", *_COLLECTED)]
