"""Why a payment did not go through: the customer's own attempt and its recorded reason."""

from __future__ import annotations

from datetime import timedelta

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.meant import pick
from actions.wallet_owner import Owner, owner_of
from wallet_core import transactions
from wallet_core.models import TransactionStatus
from wallet_core.transactions import TransactionView

_LOOK_BACK = timedelta(days=30)
_LOOK_AT = 50


class ActionPaymentFailed(WalletAction):
    action_name = "action_payment_failed"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        topic = SlotSet("ticket_topic", "payment_failed")  # a ticket opened next is about this
        owner = owner_of(turn)
        if owner is None:
            turn.say("utter_payment_failed_general")
            return [topic]
        recent = transactions.recent(turn.session, account_id=owner.wallet.id, limit=_LOOK_AT, now=turn.now)
        attempts = [attempt for attempt in recent if _counts(attempt, turn)]
        # The one whose payee, amount or time was said; else the latest.
        meant = [*pick(turn, owner, attempts, shown=(), answering=False).transactions, *attempts]
        if not meant:
            turn.say("utter_payment_failed_none")
            return [topic]
        say_failure(turn, owner, meant[0])
        return [topic]


def say_failure(turn: Turn, owner: Owner, attempt: TransactionView) -> None:
    """Tell the recorded reason of an attempt that failed, and what to do about it."""
    turn.say(
        f"utter_payment_failed_{attempt.failure_reason}",
        counterparty=attempt.counterparty,
        amount=wording.money(attempt.original or attempt.amount, turn.language),
        time=wording.moment(attempt.created_at, turn.language, owner.time_zone, now=turn.now),
        payment_limit=wording.money(owner.wallet.payment_limit, turn.language),
        daily_limit=wording.money(owner.wallet.daily_limit, turn.language),
    )


def _counts(transaction: TransactionView, turn: Turn) -> bool:
    return transaction.status is TransactionStatus.FAILED and transaction.created_at >= turn.now - _LOOK_BACK
