"""Having one's identity verified: how it goes, and whether it is done already."""

from __future__ import annotations

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customers_wallet import own_wallet
from actions.next_step import ticket_about
from wallet_core import customers
from wallet_core.models import Language


class ActionVerifyIdentity(WalletAction):
    action_name = "action_verify_identity"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        wallet = own_wallet(turn)
        if wallet is None:
            name = "utter_verify_identity"
        elif customers.get_customer(turn.session, customer_id=wallet.customer_id).identity_verified:
            name = "utter_identity_verified"
        else:
            name = "utter_identity_not_verified"
        offer = turn.wiring.offer
        documents = (words[Language(turn.language)] for words in offer.documents)
        listed = wording.listed(documents, turn.language, one_of=True)
        turn.say(name, documents=listed, hours=offer.identity_review_hours)
        return ticket_about(turn, "verify_identity")
