"""Where one can pay: the merchant that was named, if we know it, else the kinds of places."""

from __future__ import annotations

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customers_wallet import own_wallet
from actions.next_step import say_next_step, ticket_about
from wallet_core import merchants
from wallet_core.models import Language


class ActionSupportedMerchants(WalletAction):
    action_name = "action_supported_merchants"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        merchant = merchants.named_in(turn.session, text=turn.text)
        if merchant is None:
            places = [words[Language(turn.language)] for words in turn.wiring.offer.places]
            turn.say("utter_supported_merchants", places=wording.listed(places, turn.language))
        elif merchant.takes_wallet:
            turn.say("utter_merchant_takes_wallet", merchant=merchant.name)
            say_next_step(turn, own_wallet(turn))
        else:
            turn.say("utter_merchant_without_wallet", merchant=merchant.name)
        return ticket_about(turn, "supported_merchants")
