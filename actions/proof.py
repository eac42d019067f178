"""Proving by a code, for its own sake: a wish that needs to know who speaks goes on after it. Offered by text message."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Event, Turn, WalletAction
from actions.forms import offer_to_resume
from actions.step_up import StepUpForm, ended_early
from actions.wishes import first_step
from wallet_core.policy import Action


def say_proof_needed(turn: Turn, name: str, topic: str, **facts: Any) -> list[Event]:
    """Say that only its owner is told, and remember the topic, which the button `prove_here` goes on with."""
    turn.say(name, **facts)
    offer_to_resume(turn)
    return [
        SlotSet("wish_to_prove", ProofForm.form_name),
        SlotSet("proof_for", first_step(topic)),
        SlotSet("proving", None),
    ]


class ProofForm(StepUpForm):
    form_name = "proof_form"
    action_wanted = Action.VIEW

    def required(self, turn: Turn) -> list[str]:
        return self.proof(turn)


class ActionProofGiven(WalletAction):
    """Goes on with what the proof was for."""

    action_name = "action_proof_given"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        topic = turn.slot("proof_for")
        done = [SlotSet("proof_for", None), SlotSet("proving", None)]
        ended = ended_early(turn)
        if ended is not None or topic is None:
            return [*(ended or []), *done]
        return [*done, FollowupAction(topic)]
