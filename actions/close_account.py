"""Closing the wallet, which only an agent does: what has to be done before, and the person to do it."""

from __future__ import annotations

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customers_wallet import own_wallet
from actions.next_step import ticket_about
from wallet_core.errors import AccountClosed
from wallet_core.models import AccountStatus


class ActionCloseAccount(WalletAction):
    action_name = "action_close_account"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        wallet = own_wallet(turn)
        if wallet is not None and wallet.status is AccountStatus.CLOSED:
            raise AccountClosed()
        if wallet is not None and wallet.balance.minor > 0:
            balance = wording.money(wallet.balance, turn.language, spoken=turn.spoken)
            turn.say("utter_close_account_balance_left", balance=balance)
        else:
            turn.say("utter_close_account")
        return ticket_about(turn, "close_account")
