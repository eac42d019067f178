"""What the dispute form ends in: the freeze if it was wanted, what is not through yet stopped, and the ticket."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.forms import offer_to_resume, say_stopped
from actions.next_step import ticket_about
from actions.open_ticket import open_ticket
from actions.proof import say_proof_needed
from actions.talk_to_human import last_words
from actions.tickets_about import open_ticket_about, say_ticket
from actions.transaction_lists import named_with_time
from actions.unauthorized_transaction import COLLECTED, TOPIC, disputed
from actions.wallet_owner import Owner, owner_of
from wallet_core import freezes, transactions
from wallet_core.errors import WrongState
from wallet_core.models import TransactionStatus
from wallet_core.policy import Action
from wallet_core.transactions import TransactionView
from wallet_core.verification import authorise


class ActionUnauthorizedTransaction(WalletAction):
    """All of it in one transaction: where one part is refused, nothing of it was done and nothing is said to be."""

    action_name = "action_unauthorized_transaction"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn, *COLLECTED)
        forget = [SlotSet(name, None) for name in COLLECTED]
        owner = owner_of(turn)
        if owner is None:
            hotline = turn.wiring.support.hotline
            asked = say_proof_needed(turn, "utter_unauthorized_transaction_needs_sign_in", TOPIC, hotline=hotline)
            return [*forget, *asked, *ticket_about(turn, TOPIC)]
        if turn.slot("dispute_freeze") and owner.can_freeze:
            self._freeze(turn)
        chosen = disputed(turn, owner)
        if chosen:
            self._dispute(turn, owner, chosen)
        else:
            ticket, due = open_ticket(turn, topic=TOPIC, summary=turn.slot("dispute_description") or last_words(turn))
            turn.say(
                "utter_dispute_without_transaction", receipts=[ticket.reference], reference=ticket.reference, due=due
            )
        offer_to_resume(turn)
        return forget

    def _freeze(self, turn: Turn) -> None:
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.FREEZE, now=turn.now)
        receipt = freezes.freeze_account(
            turn.session, grant=grant, reason=TOPIC, now=turn.now, random=turn.wiring.random
        )
        turn.say("utter_freeze_done", receipts=[receipt.reference], reference=receipt.reference)

    def _dispute(self, turn: Turn, owner: Owner, chosen: list[TransactionView]) -> None:
        stopped = [done for one in chosen if (done := _stopped(turn, one)) is not None]
        if stopped:
            turn.say(
                "utter_dispute_stopped_payments",
                receipts=[one.id for one in stopped],
                list=named_with_time(turn, owner, stopped),
                references=wording.listed([one.id for one in stopped], turn.language),
            )
        ticket, due = open_ticket_about(turn, owner, [one.id for one in chosen], topic=TOPIC)
        say_ticket(turn, ticket, due, name="utter_dispute_opened", list=named_with_time(turn, owner, chosen))


def _stopped(turn: Turn, transaction: TransactionView) -> TransactionView | None:
    """What the customer did not make and is not through yet is stopped, and the money is back; None where it is."""
    held = transaction.status is TransactionStatus.HELD
    if not held and transaction.status is not TransactionStatus.PENDING:
        return None
    action, undo = (
        (Action.REJECT_HELD, transactions.reject_held) if held else (Action.CANCEL_PAYMENT, transactions.cancel)
    )
    grant = authorise(turn.session, conversation_id=turn.conversation_id, action=action, now=turn.now)
    try:
        return undo(turn.session, grant=grant, transaction_id=transaction.id, now=turn.now)
    except WrongState:
        return None  # it went through just now
