"""Whether and why we call; who has a payment that waits for such a call gets it, or hears why it cannot come."""

from __future__ import annotations

from actions.base import Event, Turn, WalletAction
from actions.next_step import ticket_about
from actions.transaction_states import tell_state
from actions.wallet_owner import owner_of
from wallet_core import transactions
from wallet_core.models import TransactionStatus

_TOLD = 2  # the newest: a held payment is rare, and each takes an answer of its own


class ActionWalletCallsYou(WalletAction):
    action_name = "action_wallet_calls_you"

    def act(self, turn: Turn) -> list[Event]:
        owner = owner_of(turn)
        if owner is None:
            turn.say("utter_wallet_calls_you")
            return []
        held = transactions.find(
            turn.session,
            account_id=owner.wallet.id,
            statuses=(TransactionStatus.HELD,),
            now=turn.now,
            limit=_TOLD,
        )
        for payment in held:
            tell_state(turn, owner, payment)
        if not held:
            turn.say("utter_wallet_calls_you")
        return ticket_about(turn, "transfer_delayed") if held else []
