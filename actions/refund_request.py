"""Refunds: the true state of the one that is meant, and a ticket where it is overdue or wanted."""

from __future__ import annotations

from dataclasses import dataclass

from rasa_sdk.events import FollowupAction, SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.forms import offer_to_resume, say_stopped
from actions.meant import said_of
from actions.next_step import ticket_about
from actions.payment_failed import say_failure
from actions.picking import NOT_LISTED, AskWhich, PickingForm, picked
from actions.tickets_about import open_ticket_about, say_ticket
from actions.transaction_lists import named, when
from actions.wallet_owner import Owner, own_transaction, owner_of
from wallet_core import transactions
from wallet_core.models import TransactionKind, TransactionStatus
from wallet_core.money import Money
from wallet_core.transactions import TransactionView

TOPIC = "refund_request"
COLLECTED = ("refund_payment", "refund_ticket_wanted", "shown_transactions")
_SEARCHED = 100
_OUTGOING = (TransactionKind.PAYMENT, TransactionKind.TRANSFER_OUT, TransactionKind.WITHDRAWAL)
_STATES = TransactionStatus


@dataclass(frozen=True)
class RefundState:
    """How the refund of a payment stands: the name of the reply, and what it tells."""

    reply: str
    ticket_by_itself: bool = False  # it is overdue: nobody need be asked
    question: bool = False  # whether to open a ticket is the customer's to say
    refund: TransactionView | None = None
    refunded: Money | None = None


def refund_state(turn: Turn, owner: Owner, payment: TransactionView) -> RefundState:
    """From the books alone; `payment` may be the refund itself."""
    if payment.kind is TransactionKind.REFUND:
        return _state_of_refund(payment)
    if payment.status is _STATES.REVERSED:
        return RefundState("refund_reversed")
    if payment.status in (_STATES.FAILED, _STATES.CANCELLED):
        return RefundState("refund_nothing_taken")
    if payment.status in (_STATES.PENDING, _STATES.HELD):
        return RefundState("refund_not_settled")
    refunds = transactions.find(
        turn.session,
        account_id=owner.wallet.id,
        related_id=payment.id,
        kinds=(TransactionKind.REFUND,),
        now=turn.now,
        limit=_SEARCHED,
    )
    waiting = [one for one in refunds if one.status is _STATES.PENDING]
    if waiting:
        return _state_of_refund(waiting[0])
    done = [one for one in refunds if one.status is _STATES.COMPLETED]
    if payment.status is _STATES.REFUNDED and done:
        return RefundState("refund_done", refund=done[0])
    if done:
        total = sum((one.amount for one in done), Money.zero(owner.wallet.currency))
        return RefundState("refund_partly", question=True, refund=done[0], refunded=total)
    return RefundState(
        "refund_not_recorded" if payment.kind is TransactionKind.PAYMENT else "refund_of_a_transfer", question=True
    )


def _state_of_refund(refund: TransactionView) -> RefundState:
    if refund.status is _STATES.COMPLETED:
        return RefundState("refund_done", refund=refund)
    if refund.status is not _STATES.PENDING:
        return RefundState("refund_came_to_nothing", question=True, refund=refund)
    if refund.overdue:
        return RefundState("refund_overdue", ticket_by_itself=True, refund=refund)
    name = "refund_on_its_way" if refund.expected_by else "refund_on_its_way_undated"
    return RefundState(name, refund=refund)


class RefundRequestForm(PickingForm):
    form_name = "refund_request_form"
    topic = TOPIC
    picked_slot = "refund_payment"
    decision_slot = "refund_ticket_wanted"

    def candidates(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        """Refunds under way first, then payments, then what else went out."""
        found = transactions.recent(turn.session, account_id=owner.wallet.id, limit=_SEARCHED, now=turn.now)
        waiting = [one for one in found if _waits(one)]
        repaid = {one.related_id for one in waiting}
        payments = [one for one in found if one.kind is TransactionKind.PAYMENT and one.id not in repaid]
        others = [one for one in found if one.kind in _OUTGOING and one.kind is not TransactionKind.PAYMENT]
        return [*waiting, *payments, *others]

    def offered(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        wanted = (_STATES.COMPLETED, _STATES.REFUNDED, _STATES.REVERSED, _STATES.PENDING)
        return [one for one in self.candidates(turn, owner) if one.status in wanted]

    def untold(self, turn: Turn, owner: Owner) -> dict[str, str]:
        """Who asks after "my refund" means the only one that is under way."""
        waiting = [one for one in self.candidates(turn, owner) if _waits(one)]
        return {self.picked_slot: waiting[0].id} if len(waiting) == 1 else {}

    def decision_wanted(self, turn: Turn, owner: Owner, transaction: TransactionView | None) -> bool:
        return transaction is None or refund_state(turn, owner, transaction).question

    def decision_repeated(self, turn: Turn) -> dict[str, bool]:
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
        payment = picked(turn, owner, "refund_payment")
        if payment is None:
            turn.say("utter_ask_refund_not_found")
        else:
            _say(turn, owner, payment, refund_state(turn, owner, payment), prefix="utter_ask")
        return []


class ActionRefundRequest(WalletAction):
    action_name = "action_refund_request"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn, *COLLECTED)
        owner = owner_of(turn)
        forget = [SlotSet(name, None) for name in COLLECTED]
        if owner is None:
            turn.say("utter_refund_request_needs_sign_in")
            return [*forget, *ticket_about(turn, TOPIC)]
        if turn.slot("refund_payment") is None:
            turn.say("utter_refund_no_payments")
            return [*forget, SlotSet("ticket_topic", TOPIC)]
        payment = picked(turn, owner, "refund_payment")
        if turn.slot("refund_ticket_wanted") is False:
            turn.say("utter_no_ticket_wanted")
        elif payment is None:
            return [*forget, *ticket_in_own_words(turn, owner, TOPIC)]
        else:
            self._tell(turn, owner, payment)
        offer_to_resume(turn)
        return forget

    def _tell(self, turn: Turn, owner: Owner, payment: TransactionView) -> None:
        state = refund_state(turn, owner, payment)
        if payment.status is _STATES.FAILED:
            say_failure(turn, owner, payment)
        elif turn.slot("refund_ticket_wanted") or state.ticket_by_itself:
            ticket, due = open_ticket_about(turn, owner, _concerned(turn, owner, payment, state), topic=TOPIC)
            if state.ticket_by_itself:
                _say(turn, owner, payment, state)
            say_ticket(turn, ticket, due, name="utter_refund_ticket_opened")
        else:
            _say(turn, owner, payment, state)


def ticket_in_own_words(turn: Turn, owner: Owner, topic: str) -> list[Event]:
    """A ticket about a transaction that we do not have: from what was said, or else from what is asked now."""
    if not said_of(turn, owner, ()).anything and not _said_before(turn):
        return [SlotSet("ticket_topic", topic), SlotSet("ticket_summary", None), FollowupAction("open_ticket_form")]
    ticket, due = open_ticket_about(turn, owner, (), topic=topic)
    say_ticket(turn, ticket, due, name="utter_refund_ticket_opened")
    offer_to_resume(turn)
    return []


def _said_before(turn: Turn) -> bool:
    raise NotImplementedError


def _concerned(turn: Turn, owner: Owner, payment: TransactionView, state: RefundState) -> set[str]:
    """The payment and its refund, whichever of them was picked."""
    refund = state.refund
    original = own_transaction(turn, owner, refund.related_id) if refund is not None and refund.related_id else None
    return {one.id for one in (payment, refund, original) if one is not None}


def _say(turn: Turn, owner: Owner, payment: TransactionView, state: RefundState, *, prefix: str = "utter") -> None:
    refund = state.refund
    facts = {"what": named(turn, payment), "time": when(turn, owner, payment.created_at)}
    turn.say(f"{prefix}_{state.reply}", **facts)


def _waits(transaction: TransactionView) -> bool:
    return transaction.kind is TransactionKind.REFUND and transaction.status is _STATES.PENDING
