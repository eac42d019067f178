"""Taking back a payment that is not through yet: one confirmation, then the core; what is done already is told as such."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction
from actions.facts.answers import says_not_to
from actions.forms import offer_to_resume, say_stopped
from actions.labels import label
from actions.next_step import ticket_about
from actions.picking import AskWhich, PickingForm, picked
from actions.proof import say_proof_needed
from actions.tickets_about import open_ticket_about, say_ticket, ticket_in_own_words
from actions.transaction_lists import named, when
from actions.wallet_owner import Owner, owner_of
from wallet_core import transactions
from wallet_core.errors import WrongState
from wallet_core.models import TransactionStatus
from wallet_core.policy import Action
from wallet_core.transactions import TransactionView
from wallet_core.verification import authorise

TOPIC = "cancel_payment"
_VERBS = r"(?:cancel|stop|undo)\b|取消|撤|退"
_COLLECTED = ("payment_to_cancel", "cancel_confirmed", "cancel_question", "shown_transactions")
_SEARCHED = 100
_CANCELLABLE = (TransactionStatus.PENDING, TransactionStatus.HELD)
_GONE = (TransactionStatus.COMPLETED, TransactionStatus.REFUNDED)
# Which of the two a yes was said to: meanwhile the payment may have gone through.
_ABOUT_CANCELLING, _ABOUT_TICKET = "cancel_confirmed", "cancel_too_late"


class CancelPaymentForm(PickingForm):
    """The question is whether to cancel; of what is done already, whether a ticket is to ask for it back."""

    form_name = "cancel_payment_form"
    topic = TOPIC
    picked_slot = "payment_to_cancel"
    decision_slot = "cancel_confirmed"

    def candidates(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        """Outgoing ones; those that can still be cancelled first."""
        found = transactions.find(
            turn.session, account_id=owner.wallet.id, incoming=False, now=turn.now, limit=_SEARCHED
        )
        return sorted(found, key=lambda one: one.status not in _CANCELLABLE)

    def offered(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        """What can be cancelled; nothing being so, what went out last."""
        found = self.candidates(turn, owner)
        return [one for one in found if one.status in _CANCELLABLE] or [one for one in found if one.status in _GONE]

    def untold(self, turn: Turn, owner: Owner) -> dict[str, Any]:
        """The only one that can be cancelled; it is confirmed anyway."""
        offered = [one for one in self.candidates(turn, owner) if one.status in _CANCELLABLE]
        if not offered and self.offered(turn, owner):
            turn.say("utter_cancel_nothing_waits")
        return {self.picked_slot: offered[0].id} if len(offered) == 1 else {}

    def decision_wanted(self, turn: Turn, owner: Owner, transaction: TransactionView | None) -> bool:
        return transaction is None or (not transaction.incoming and transaction.status in (*_CANCELLABLE, *_GONE))

    def decision_repeated(self, turn: Turn) -> dict[str, Any]:
        """Saying it again is the plainest yes."""
        return {self.decision_slot: not says_not_to(turn.text, _VERBS)}


class AskPaymentToCancel(AskWhich):
    action_name = "action_ask_payment_to_cancel"
    form = CancelPaymentForm


class AskCancelConfirmed(WalletAction):
    action_name = "action_ask_cancel_confirmed"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        owner = owner_of(turn)
        assert owner is not None  # the form asks nobody else
        transaction = picked(turn, owner, "payment_to_cancel")
        if transaction is None:
            turn.say("utter_ask_cancel_not_found")
            return [SlotSet("cancel_question", _ABOUT_TICKET)]
        question = _ABOUT_CANCELLING if transaction.status in _CANCELLABLE else _ABOUT_TICKET
        turn.say(f"utter_ask_{question}", **_facts(turn, owner, transaction))
        return [SlotSet("cancel_question", question)]


class ActionCancelPayment(WalletAction):
    action_name = "action_cancel_payment"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn, *_COLLECTED)
        forget = [SlotSet(name, None) for name in _COLLECTED]
        owner = owner_of(turn)
        if owner is None:
            hotline = turn.wiring.support.hotline
            asked = say_proof_needed(turn, "utter_cancel_payment_needs_sign_in", TOPIC, hotline=hotline)
            return [*forget, *asked, *ticket_about(turn, TOPIC)]
        transaction, confirmed = picked(turn, owner, "payment_to_cancel"), turn.slot("cancel_confirmed")
        if transaction is not None:
            self._act_on(turn, owner, transaction, confirmed=bool(confirmed))
        elif confirmed:
            return [*forget, *ticket_in_own_words(turn, TOPIC)]
        else:
            turn.say("utter_cancel_nothing_at_all" if confirmed is None else "utter_no_ticket_wanted")
        offer_to_resume(turn)
        return [*forget, *ticket_about(turn, TOPIC)]

    def _act_on(self, turn: Turn, owner: Owner, transaction: TransactionView, *, confirmed: bool) -> None:
        facts = _facts(turn, owner, transaction)
        asked_to_cancel = turn.slot("cancel_question") == _ABOUT_CANCELLING
        if transaction.incoming:
            turn.say("utter_cancel_incoming", **facts)
        elif transaction.status in _CANCELLABLE and confirmed and asked_to_cancel:
            self._cancel(turn, owner, transaction)
        elif asked_to_cancel and not confirmed:
            turn.say("utter_payment_not_cancelled", **facts)
        elif transaction.status not in _GONE:
            turn.say("utter_cancel_came_to_nothing", **facts)
        elif asked_to_cancel:
            _say_too_late(turn, owner, transaction)
        elif confirmed:
            ticket, due = open_ticket_about(turn, owner, [transaction.id], topic=TOPIC)
            say_ticket(turn, ticket, due, name="utter_recall_ticket_opened")
        else:
            turn.say("utter_no_ticket_wanted")

    def _cancel(self, turn: Turn, owner: Owner, transaction: TransactionView) -> None:
        grant = authorise(
            turn.session, conversation_id=turn.conversation_id, action=Action.CANCEL_PAYMENT, now=turn.now
        )
        try:
            done = transactions.cancel(turn.session, grant=grant, transaction_id=transaction.id, now=turn.now)
        except WrongState:
            _say_too_late(turn, owner, transaction)
            return
        turn.say("utter_payment_cancelled", receipts=[done.id], reference=done.id, **_facts(turn, owner, done))


def _say_too_late(turn: Turn, owner: Owner, transaction: TransactionView) -> None:
    """It went through between the question and the yes; the button leads to asking for it back."""
    button = {"title": label("ask_for_it_back", turn.language), "payload": f'/{TOPIC}{{"picked": "{transaction.id}"}}'}
    turn.say("utter_cancel_too_late_now", buttons=[button], **_facts(turn, owner, transaction))


def _facts(turn: Turn, owner: Owner, transaction: TransactionView) -> dict[str, Any]:
    at = transactions.history(turn.session, transaction_id=transaction.id)[-1].at
    return {
        "what": named(turn, transaction),
        "time": when(turn, owner, transaction.created_at),
        "at": when(turn, owner, at),
    }
