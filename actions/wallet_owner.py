"""The signed-in customer who speaks, as actions about their transactions need them."""

from __future__ import annotations

from dataclasses import dataclass

from actions.base import Turn
from actions.customers_wallet import own_wallet
from wallet_core import customers, transactions
from wallet_core.accounts import AccountView
from wallet_core.errors import NotFound
from wallet_core.models import AccountStatus
from wallet_core.transactions import TransactionView


@dataclass(frozen=True)
class Owner:
    wallet: AccountView
    time_zone: str
    country: str

    @property
    def can_freeze(self) -> bool:
        """Whether there is anything left to freeze."""
        return not self.wallet.frozen and self.wallet.status is not AccountStatus.CLOSED


def owner_of(turn: Turn) -> Owner | None:
    """Whose wallet it is; None for a visitor."""
    wallet = own_wallet(turn)
    if wallet is None:
        return None
    customer = customers.get_customer(turn.session, customer_id=wallet.customer_id)
    return Owner(wallet, customer.time_zone, customer.country)


def own_transaction(turn: Turn, owner: Owner, transaction_id: str) -> TransactionView | None:
    """A transaction of this wallet; None where there is no such one, or it is somebody else's."""
    try:
        return transactions.get_transaction(
            turn.session, account_id=owner.wallet.id, transaction_id=transaction_id, now=turn.now
        )
    except NotFound:
        return None
