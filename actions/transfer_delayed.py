"""Money that has not arrived: where it really is, and a ticket where it is overdue or wanted."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction
from actions.facts.kinds import incoming_in, kinds_in
from actions.forms import offer_to_resume, say_stopped
from actions.next_step import ticket_about
from actions.picking import NOT_LISTED, AskWhich, PickingForm, picked
from actions.proof import say_proof_needed
from actions.tickets_about import open_ticket_about, say_ticket, ticket_in_own_words
from actions.transaction_lists import longest_list
from actions.transaction_states import UNDER_WAY, state_facts, tell_state
from actions.wallet_owner import Owner, owner_of
from wallet_core import transactions
from wallet_core.models import TransactionKind, TransactionStatus
from wallet_core.transactions import TransactionView

TOPIC = "transfer_delayed"
_COLLECTED = ("delayed_transfer", "transfer_ticket_wanted", "shown_transactions")
_SEARCHED = 100
_MOVED = (
    TransactionKind.TRANSFER_OUT,
    TransactionKind.WITHDRAWAL,
    TransactionKind.TRANSFER_IN,
    TransactionKind.TOP_UP,
)


class TransferDelayedForm(PickingForm):
    form_name = "transfer_delayed_form"
    topic = TOPIC
    picked_slot = "delayed_transfer"
    decision_slot = "transfer_ticket_wanted"
    awaits_money = True

    def candidates(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        """What is under way first: that is what waiting is mostly about."""
        found = transactions.recent(turn.session, account_id=owner.wallet.id, limit=_SEARCHED, now=turn.now)
        return sorted(found, key=lambda one: one.status not in UNDER_WAY)

    def offered(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        """What is under way; nothing being so, what went out last."""
        found = self.candidates(turn, owner)
        done = [one for one in found if one.kind in _MOVED and one.status is TransactionStatus.COMPLETED]
        return [one for one in found if one.status in UNDER_WAY] or done

    def untold(self, turn: Turn, owner: Owner) -> dict[str, Any]:
        """The only one of the sort that was said to be under way, or overdue; else the last ones of the sort."""
        under_way = [one for one in self.candidates(turn, owner) if one.status in UNDER_WAY]
        if not under_way:
            return self._none_under_way(turn, owner)
        kinds, incoming = kinds_in(turn.text), incoming_in(turn.text)
        of_kind = [one for one in under_way if one.kind in kinds] or under_way
        fitting = [one for one in of_kind if incoming is None or one.incoming == incoming] or of_kind
        overdue = [one for one in fitting if one.overdue]
        for likely in (overdue, fitting):
            if len(likely) == 1:
                return {self.picked_slot: likely[0].id}
        return {}

    def _none_under_way(self, turn: Turn, owner: Owner) -> dict[str, Any]:
        incoming = incoming_in(turn.text)
        if self.offered(turn, owner):
            turn.say("utter_transfer_nothing_waits")
        if incoming is None:
            return {}
        listed = [one.id for one in self.offered(turn, owner) if one.incoming == incoming]
        if listed:
            return {"shown_transactions": listed[: longest_list(turn)]}
        return {self.picked_slot: NOT_LISTED} if incoming else {}

    def decision_wanted(self, turn: Turn, owner: Owner, transaction: TransactionView | None) -> bool:
        return transaction is None or transaction.status is TransactionStatus.COMPLETED

    def decision_repeated(self, turn: Turn) -> dict[str, Any]:
        return {self.decision_slot: True}


class AskDelayedTransfer(AskWhich):
    action_name = "action_ask_delayed_transfer"
    form = TransferDelayedForm


class AskTransferTicketWanted(WalletAction):
    """What was carried out may still be missed at the other end: whether to have it traced."""

    action_name = "action_ask_transfer_ticket_wanted"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        owner = owner_of(turn)
        assert owner is not None  # the form asks nobody else
        transaction = picked(turn, owner, "delayed_transfer")
        if transaction is None:
            turn.say("utter_ask_transfer_not_found")
        else:
            way = "in" if transaction.incoming else "out"
            turn.say(f"utter_ask_transfer_completed_{way}", **state_facts(turn, owner, transaction))
        return []


class ActionTransferDelayed(WalletAction):
    action_name = "action_transfer_delayed"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn, *_COLLECTED)
        forget = [SlotSet(name, None) for name in _COLLECTED]
        owner = owner_of(turn)
        if owner is None:
            asked = say_proof_needed(turn, "utter_transfer_delayed_needs_sign_in", TOPIC)
            return [*forget, *asked, *ticket_about(turn, TOPIC)]
        transaction, wanted = picked(turn, owner, "delayed_transfer"), turn.slot("transfer_ticket_wanted")
        if wanted is False:
            turn.say("utter_no_ticket_wanted")
        elif transaction is not None:
            self._act_on(turn, owner, transaction, wanted=bool(wanted))
        elif wanted:
            return [*forget, *ticket_in_own_words(turn, TOPIC)]
        else:
            turn.say("utter_transfer_none")
        offer_to_resume(turn)
        return [*forget, *ticket_about(turn, TOPIC)]

    def _act_on(self, turn: Turn, owner: Owner, transaction: TransactionView, *, wanted: bool) -> None:
        if not wanted:
            tell_state(turn, owner, transaction)
        if wanted or transaction.overdue:
            ticket, due = open_ticket_about(turn, owner, [transaction.id], topic=TOPIC)
            say_ticket(turn, ticket, due, name="utter_transfer_ticket_opened")
