"""What comes of a challenge when no form waits for it, and the button that goes on with proof."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Event, Turn, WalletAction
from actions.forms import resume


class ActionChallengeAnswered(WalletAction):
    """A form that is open asked for something else; the one that asked for proof was interrupted, or is over."""

    action_name = "action_challenge_answered"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        in_another_form = bool(turn.tracker.active_loop.get("name"))
        if turn.intent == "challenge_passed":
            if turn.slot("interrupted_form") and not in_another_form:
                turn.say("utter_proof_taken")
                return resume(turn)
            turn.say("utter_proof_taken" if in_another_form else "utter_proof_taken_say_again")
            return []
        closed = (turn.tracker.latest_message.get("metadata") or {}).get("challenge") == "closed"
        turn.say("utter_error_too_many_attempts" if closed else "utter_answer_late")
        return []


class ActionProveHere(WalletAction):
    """The customer would rather prove who they are here than sign in."""

    action_name = "action_prove_here"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        form = turn.slot("wish_to_prove")
        if form is None:
            turn.say("utter_affirm_nothing")
            return []
        return [SlotSet("proving", True), SlotSet("wish_to_prove", None), FollowupAction(form)]
