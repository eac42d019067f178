"""What comes after an answer: where the customer's own wallet stands in the way, that is told with the way out."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction
from actions.customers_wallet import own_wallet
from wallet_core import customers
from wallet_core.accounts import AccountView
from wallet_core.models import AccountStatus


class ActionNextStep(WalletAction):
    """Follows the words of an answer that itself needs nothing looked up: without it the answer still stands."""

    action_name = "action_next_step"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        say_next_step(turn, own_wallet(turn))
        return ticket_about(turn, turn.intent)


def say_next_step(turn: Turn, wallet: AccountView | None) -> None:
    """Say what keeps the wallet from paying, if anything does; in the middle of a form, its question comes next."""
    if wallet is None or in_a_form(turn) or wallet.status is AccountStatus.CLOSED:
        return
    if wallet.frozen:
        turn.say("utter_next_step_frozen", reference=wallet.freezes[0])
    elif wallet.status is AccountStatus.LOCKED:
        turn.say("utter_next_step_locked")
    elif not customers.get_customer(turn.session, customer_id=wallet.customer_id).identity_verified:
        turn.say("utter_next_step_unverified")


def ticket_about(turn: Turn, topic: str) -> list[Event]:
    """A ticket opened next is about this topic; one that is being written stays what it is."""
    return [] if in_a_form(turn) else [SlotSet("ticket_topic", topic)]


def in_a_form(turn: Turn) -> bool:
    return bool(turn.tracker.active_loop.get("name"))
