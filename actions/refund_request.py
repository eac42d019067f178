"""Refunds: the true state of the one that is meant, and a ticket where it is overdue or wanted."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.forms import offer_to_resume, say_stopped
from actions.labels import label
from actions.next_step import ticket_about
from actions.picking import AskWhich, PickingForm, picked
from actions.proof import say_proof_needed
from actions.refund_states import RefundState, refund_state
from actions.tickets_about import open_ticket_about, say_ticket, ticket_in_own_words
from actions.transaction_lists import named, when
from actions.transaction_states import say_failure
from actions.wallet_owner import Owner, owner_of
from wallet_core import transactions
from wallet_core.models import TransactionKind, TransactionStatus
from wallet_core.transactions import TransactionView

TOPIC = "refund_request"
_COLLECTED = ("refund_payment", "refund_ticket_wanted", "shown_transactions")
_SEARCHED = 100
_REFUNDABLE = (
    TransactionStatus.COMPLETED,
    TransactionStatus.REFUNDED,
    TransactionStatus.REVERSED,
    TransactionStatus.PENDING,
)


class RefundRequestForm(PickingForm):
    form_name = "refund_request_form"
    topic = TOPIC
    picked_slot = "refund_payment"
    decision_slot = "refund_ticket_wanted"
    awaits_money = True

    def candidates(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        """Refunds under way first, then payments, then what else went out."""
        found = transactions.recent(turn.session, account_id=owner.wallet.id, limit=_SEARCHED, now=turn.now)
        waiting = [one for one in found if _waits(one)]
        repaid = {one.related_id for one in waiting}
        rest = [one for one in found if not one.incoming and one.id not in repaid]
        return [*waiting, *sorted(rest, key=lambda one: one.kind is not TransactionKind.PAYMENT)]

    def offered(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        return [one for one in self.candidates(turn, owner) if one.status in _REFUNDABLE]

    def untold(self, turn: Turn, owner: Owner) -> dict[str, Any]:
        """Who asks after "my refund" means the only one that is under way."""
        waiting = [one for one in self.candidates(turn, owner) if _waits(one)]
        return {self.picked_slot: waiting[0].id} if len(waiting) == 1 else {}

    def decision_wanted(self, turn: Turn, owner: Owner, transaction: TransactionView | None) -> bool:
        return transaction is None or refund_state(turn, owner, transaction).question

    def decision_repeated(self, turn: Turn) -> dict[str, Any]:
        return {self.decision_slot: True}


class AskRefundPayment(AskWhich):
    action_name = "action_ask_refund_payment"
    form = RefundRequestForm


class AskRefundTicketWanted(WalletAction):
    """Tells how the refund stands, and asks whether to open a ticket about it."""

    action_name = "action_ask_refund_ticket_wanted"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        owner = owner_of(turn)
        assert owner is not None  # the form asks nobody else
        transaction = picked(turn, owner, "refund_payment")
        if transaction is None:
            turn.say("utter_ask_refund_not_found")
        else:
            _tell(turn, owner, refund_state(turn, owner, transaction))
        return []


class ActionRefundRequest(WalletAction):
    action_name = "action_refund_request"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn, *_COLLECTED)
        forget = [SlotSet(name, None) for name in _COLLECTED]
        owner = owner_of(turn)
        if owner is None:
            asked = say_proof_needed(turn, "utter_refund_request_needs_sign_in", TOPIC)
            return [*forget, *asked, *ticket_about(turn, TOPIC)]
        transaction, wanted = picked(turn, owner, "refund_payment"), turn.slot("refund_ticket_wanted")
        if wanted is False:
            turn.say("utter_no_ticket_wanted")
        elif transaction is not None:
            self._act_on(turn, owner, refund_state(turn, owner, transaction), wanted=bool(wanted))
        elif wanted:
            return [*forget, *ticket_in_own_words(turn, TOPIC)]
        else:
            turn.say("utter_refund_no_payments")
        offer_to_resume(turn)
        return [*forget, *ticket_about(turn, TOPIC)]

    def _act_on(self, turn: Turn, owner: Owner, state: RefundState, *, wanted: bool) -> None:
        if not wanted:
            _tell(turn, owner, state)
        if wanted or state.late:
            ticket, due = open_ticket_about(turn, owner, state.concerned, topic=TOPIC)
            say_ticket(turn, ticket, due, name="utter_refund_ticket_opened")


def _tell(turn: Turn, owner: Owner, state: RefundState) -> None:
    """Say how it stands; a state that asks for a decision is told by its question."""
    payment, refund = state.payment, state.refund
    if payment.status is TransactionStatus.FAILED:
        say_failure(turn, owner, payment)
        return
    facts: dict[str, Any] = {"what": named(turn, payment), "time": when(turn, owner, payment.created_at)}
    if refund is not None:
        at = transactions.history(turn.session, transaction_id=refund.id)[-1].at
        facts |= {
            "counterparty": refund.counterparty,
            "refund": wording.money(refund.amount, turn.language, spoken=turn.spoken),
            "since": when(turn, owner, refund.created_at),
            "at": when(turn, owner, at),
        }
        if refund.expected_by is not None:
            facts["expected"] = when(turn, owner, refund.expected_by)
    if state.refunded is not None:
        facts["refunded"] = wording.money(state.refunded, turn.language, spoken=turn.spoken)
    if state.name == "not_settled":
        button = {"title": label("cancel_it", turn.language), "payload": f'/cancel_payment{{"picked": "{payment.id}"}}'}
        facts["buttons"] = [button]
    turn.say(f"utter_{'ask_' if state.question else ''}refund_{state.name}", **facts)


def _waits(transaction: TransactionView) -> bool:
    return transaction.kind is TransactionKind.REFUND and transaction.status is TransactionStatus.PENDING
