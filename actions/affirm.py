"""A yes that no form asked for."""

from __future__ import annotations

from actions.base import Event, Turn, WalletAction
from actions.forms import resume


class ActionAffirm(WalletAction):
    """Takes up the form that another wish interrupted; else asks what is wanted. A form that is open asks again itself."""

    action_name = "action_affirm"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        if turn.tracker.active_loop.get("name"):
            return []
        if turn.slot("interrupted_form"):
            return resume(turn)
        turn.say("utter_affirm_nothing")
        return []
