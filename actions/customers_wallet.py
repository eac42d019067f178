"""The wallet of whoever is signed in."""

from __future__ import annotations

from actions.base import Turn
from wallet_core import accounts
from wallet_core.accounts import AccountView
from wallet_core.errors import NotAllowed
from wallet_core.policy import Action
from wallet_core.verification import authorise

# A visitor's wallet is not known: the currency most customers of the language have.
_USUAL_CURRENCY = {"zh": "CNY", "en": "USD"}


def own_wallet(turn: Turn) -> AccountView | None:
    """The signed-in customer's wallet, with what was spent today; None for a visitor."""
    try:
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.VIEW, now=turn.now)
    except NotAllowed:
        return None
    return accounts.account_of(turn.session, customer_id=str(grant.customer_id), now=turn.now)


def currency_of(wallet: AccountView | None, language: str) -> str:
    """The currency to name amounts in."""
    return _USUAL_CURRENCY[language] if wallet is None else wallet.currency
