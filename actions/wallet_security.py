"""How the wallet is kept safe; of freezing, what it does and what it leaves alone."""

from __future__ import annotations

from actions.base import Event, Turn, WalletAction
from actions.customers_wallet import own_wallet
from actions.facts.freezing import speaks_of_freezing
from actions.next_step import say_next_step, ticket_about


class ActionWalletSecurity(WalletAction):
    action_name = "action_wallet_security"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        if speaks_of_freezing(turn.text):
            turn.say("utter_freeze_explained")
        else:
            turn.say("utter_wallet_security")
        say_next_step(turn, own_wallet(turn))
        return ticket_about(turn, "wallet_security")
