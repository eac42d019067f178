"""How much may go out: the customer's own limits and what is left of today, or the usual ones."""

from __future__ import annotations

from typing import Any

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customers_wallet import currency_of, own_wallet
from actions.next_step import say_next_step, ticket_about
from wallet_core.accounts import AccountView
from wallet_core.errors import AccountClosed
from wallet_core.models import AccountStatus
from wallet_core.money import Money


class ActionLimits(WalletAction):
    action_name = "action_limits"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        wallet = own_wallet(turn)
        if wallet is None:
            payment, day = turn.wiring.offer.usual_limits(currency_of(None, turn.language))
            turn.say("utter_limits_usual", **_in_words(turn, payment_limit=payment, daily_limit=day))
        elif wallet.status is AccountStatus.CLOSED:
            raise AccountClosed()
        else:
            self._say_own(turn, wallet)
            say_next_step(turn, wallet)
        return ticket_about(turn, "limits")

    def _say_own(self, turn: Turn, wallet: AccountView) -> None:
        spent = wallet.spent_today or Money.zero(wallet.currency)
        facts = _in_words(
            turn,
            payment_limit=wallet.payment_limit,
            daily_limit=wallet.daily_limit,
            spent_today=spent,
            left_today=max(wallet.daily_limit - spent, Money.zero(wallet.currency)),
        )
        turn.say("utter_limits_own", **facts)


def _in_words(turn: Turn, **amounts: Money) -> dict[str, Any]:
    return {name: wording.money(amount, turn.language, spoken=turn.spoken) for name, amount in amounts.items()}
