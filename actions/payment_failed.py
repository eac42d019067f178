"""Why a payment did not go through: the customer's own attempt and its recorded reason."""

from __future__ import annotations

from datetime import timedelta

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from wallet_core import accounts, customers, transactions
from wallet_core.errors import NotAllowed
from wallet_core.models import TransactionStatus
from wallet_core.policy import Action
from wallet_core.transactions import TransactionView
from wallet_core.verification import authorise

_LOOK_BACK = timedelta(days=30)
_LOOK_AT = 50


class ActionPaymentFailed(WalletAction):
    action_name = "action_payment_failed"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        topic = SlotSet("ticket_topic", "payment_failed")  # a ticket opened next is about this
        try:
            grant = authorise(
                turn.session, conversation_id=turn.conversation_id, action=Action.VIEW, now=turn.now
            )
        except NotAllowed:
            turn.say("utter_payment_failed_general")
            return [topic]
        customer = customers.get_customer(turn.session, customer_id=str(grant.customer_id))
        account = accounts.account_of(turn.session, customer_id=customer.id)
        recent = transactions.recent(turn.session, account_id=account.id, limit=_LOOK_AT, now=turn.now)
        attempt = _meant(turn.text, [t for t in recent if _counts(t, turn)])
        if attempt is None:
            turn.say("utter_payment_failed_none")
            return [topic]
        turn.say(
            f"utter_payment_failed_{attempt.failure_reason}",
            counterparty=attempt.counterparty,
            amount=wording.money(attempt.original or attempt.amount, turn.language),
            time=wording.moment(attempt.created_at, turn.language, customer.time_zone),
            payment_limit=wording.money(account.payment_limit, turn.language),
            daily_limit=wording.money(account.daily_limit, turn.language),
        )
        return [topic]


def _counts(transaction: TransactionView, turn: Turn) -> bool:
    return transaction.status is TransactionStatus.FAILED and transaction.created_at >= turn.now - _LOOK_BACK


def _meant(text: str, attempts: list[TransactionView]) -> TransactionView | None:
    """The attempt whose payee or amount was named; else the latest."""
    said = text.casefold()
    for attempt in attempts:
        amount = (attempt.original or attempt.amount).decimal
        if attempt.counterparty.casefold() in said or f"{amount:f}" in said or f"{amount.normalize():f}" in said:
            return attempt
    return attempts[0] if attempts else None
