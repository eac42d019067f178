"""What is in the wallet, what of it is on its way, and whether it is enough for an amount that was said."""

from __future__ import annotations

from typing import Any

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.facts.amounts import Amount, amount_in
from actions.next_step import say_next_step, ticket_about
from actions.proof import say_proof_needed
from actions.wallet_owner import Owner, owner_of
from wallet_core import rates, transactions
from wallet_core.errors import AccountClosed, RateUnavailable
from wallet_core.models import AccountStatus, TransactionStatus
from wallet_core.money import Money, exponent

_UNDER_WAY = (TransactionStatus.PENDING, TransactionStatus.HELD)
_LOOK_AT = 100


class ActionCheckBalance(WalletAction):
    action_name = "action_check_balance"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        owner = owner_of(turn)
        if owner is None:
            asked = say_proof_needed(turn, "utter_check_balance_needs_sign_in", "check_balance")
            return [*asked, *ticket_about(turn, "check_balance")]
        if owner.wallet.status is AccountStatus.CLOSED:
            raise AccountClosed()
        wanted = _wanted(turn, owner)
        if wanted is None:
            turn.say("utter_balance", balance=_money(turn, owner.wallet.balance))
        else:
            self._compare(turn, owner, wanted)
        self._say_under_way(turn, owner)
        say_next_step(turn, owner.wallet)
        return ticket_about(turn, "check_balance")

    def _compare(self, turn: Turn, owner: Owner, wanted: Money) -> None:
        balance = owner.wallet.balance
        here = _in_wallets_currency(turn, owner, wanted)
        if here is None:
            turn.say("utter_balance", balance=_money(turn, balance))
            return
        name = "utter_balance_enough" if here <= balance else "utter_balance_short"
        facts: dict[str, Any] = {"balance": _money(turn, balance), "amount": _money(turn, wanted)}
        if here.currency != wanted.currency:
            turn.say(f"{name}_abroad", here=_money(turn, here), **facts)
        else:
            turn.say(name, **facts)

    def _say_under_way(self, turn: Turn, owner: Owner) -> None:
        """Money on its way out is off the balance already; what is coming in is not on it yet."""
        under_way = transactions.find(
            turn.session, account_id=owner.wallet.id, statuses=_UNDER_WAY, now=turn.now, limit=_LOOK_AT
        )
        for incoming, name in ((False, "utter_balance_going_out"), (True, "utter_balance_coming_in")):
            amounts = [one.amount for one in under_way if one.incoming == incoming]
            if amounts:
                turn.say(name, amount=_money(turn, sum(amounts, Money.zero(owner.wallet.currency))))


def _wanted(turn: Turn, owner: Owner) -> Money | None:
    """The amount that the balance is compared with, if the message names just one."""
    said: Amount | None = amount_in(turn.text, owner.wallet.currency)
    return None if said is None else said.in_money(owner.wallet.currency)


def _in_wallets_currency(turn: Turn, owner: Owner, wanted: Money) -> Money | None:
    """What it would cost here by today's rate and the margin of a conversion; None without a rate."""
    home = owner.wallet.currency
    if wanted.currency == home:
        return wanted
    try:
        rate = rates.rate(turn.session, base=wanted.currency, quote=home, now=turn.now).rate
    except RateUnavailable:
        return None
    with_margin = wanted.decimal * rate * (1 + turn.wiring.fees.conversion_margin_percent / 100)
    return Money.of(round(with_margin, exponent(home)), home)


def _money(turn: Turn, amount: Money) -> str:
    return wording.money(amount, turn.language, spoken=turn.spoken)
