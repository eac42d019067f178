"""What customers do for themselves once they are proven: for whom we know at once, for visitors when they wish to."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn
from actions.step_up import StepUpForm
from wallet_core import accounts
from wallet_core.accounts import AccountView
from wallet_core.errors import NotAllowed
from wallet_core.policy import Action
from wallet_core.verification import authorise

# What goes on with a wish that was said before; anything else is a wish of its own.
_GOING_ON = frozenset({"prove_here", "affirm", "challenge_passed"})


def wallet_of(turn: Turn) -> AccountView | None:
    """The wallet of whoever is signed in or proven; None of anybody else."""
    try:
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.VIEW, now=turn.now)
    except NotAllowed:
        return None
    return accounts.account_of(turn.session, customer_id=str(grant.customer_id))


def send_to_sign_in(turn: Turn, name: str, form: str) -> list[Event]:
    """Say what a visitor can do, and remember the form that the button `prove_here` goes on with."""
    turn.say(name)
    return [SlotSet("wish_to_prove", form), SlotSet("proving", None)]


class SelfServiceForm(StepUpForm):
    """Asks for proof only where there is something to do; a visitor is told first how to go about it."""

    @abstractmethod
    def is_worth_it(self, turn: Turn, wallet: AccountView) -> bool:
        """Whether there is anything to do: nobody is asked for a code in vain."""

    def begin(self, turn: Turn) -> dict[str, Any]:
        goes_on = turn.intent in _GOING_ON
        return {
            **super().begin(turn),
            "wish_to_prove": None,
            "proving": True if goes_on and turn.slot("proving") else None,
        }

    def required(self, turn: Turn) -> list[str]:
        wallet = wallet_of(turn)
        if wallet is None:
            return self.proof(turn) if turn.slot("proving") else []
        return self.proof(turn) if self.is_worth_it(turn, wallet) else []
