"""How to reach us."""

from __future__ import annotations

from actions.base import Event, Turn, WalletAction


class ActionContactSupport(WalletAction):
    action_name = "action_contact_support"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        turn.say("utter_contact_support", **turn.wiring.support.facts(turn.language))
        return []
