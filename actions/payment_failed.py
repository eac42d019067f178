"""Why a payment did not go through: the customer's own attempt and its recorded reason, or how the one stands that is
meant; what we have no record of goes into a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Event, Turn, WalletAction
from actions.customer_words import is_command
from actions.facts.kinds import incoming_in
from actions.forms import say_stopped
from actions.labels import label
from actions.meant import Said, pick, said_of
from actions.next_step import in_a_form, ticket_about
from actions.picking import NOT_LISTED, AskWhich, PickingForm, picked
from actions.tickets_about import ticket_in_own_words
from actions.transaction_lists import ANOTHER_ONE, longest_list
from actions.transaction_states import UNDER_WAY, say_failure, tell_state
from actions.wallet_owner import Owner, owner_of
from wallet_core import transactions
from wallet_core.models import TransactionKind, TransactionStatus
from wallet_core.transactions import TransactionView

TOPIC = "payment_failed"
_COLLECTED = ("failed_payment", "shown_transactions")
_LOOK_BACK = timedelta(days=30)
_SEARCHED = 100
_GIVEN_BACK = (TransactionKind.REFUND, TransactionKind.REVERSAL)
# What is called failed: what did, then what still waits.
_LIKELY_FIRST = (TransactionStatus.FAILED, TransactionStatus.HELD, TransactionStatus.PENDING)


class PaymentFailedForm(PickingForm):
    """Which one is meant, where the words fit several, or where another is meant than was told: the action opens it."""

    form_name = "payment_failed_form"
    topic = TOPIC
    picked_slot = "failed_payment"
    decision_slot = "-"  # nothing is to be decided

    def candidates(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        return _attempts(turn, owner)

    def offered(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        return _unfinished(turn, owner) or _attempts(turn, owner)

    def begin(self, turn: Turn) -> dict[str, Any]:
        return {"form_stopped": None, self.picked_slot: None}  # what is listed was chosen already

    def missed(self, turn: Turn) -> dict[str, Any]:
        return {self.picked_slot: NOT_LISTED, "shown_transactions": None}

    def decision_wanted(self, turn: Turn, owner: Owner, transaction: TransactionView | None) -> bool:
        return False


class AskFailedPayment(AskWhich):
    action_name = "action_ask_failed_payment"
    form = PaymentFailedForm


class ActionPaymentFailed(WalletAction):
    action_name = "action_payment_failed"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn, *_COLLECTED)
        owner = owner_of(turn)
        if owner is None:
            turn.say("utter_payment_failed_general")
            return ticket_about(turn, TOPIC)
        forget = [] if in_a_form(turn) else [SlotSet(name, None) for name in _COLLECTED]
        if turn.slot("failed_payment") == NOT_LISTED:
            return [*forget, *_not_found(turn, described=True)]
        chosen = picked(turn, owner, "failed_payment")
        events = _tell(turn, owner, chosen, sure=True) if chosen else self._read(turn, owner)
        return [*forget, *ticket_about(turn, TOPIC), *events]

    def _read(self, turn: Turn, owner: Owner) -> list[Event]:
        """Tell of the one that the message means."""
        attempts = _attempts(turn, owner)
        found = pick(turn, owner, attempts, shown=(), answering=False)
        if found.another:
            others = _unfinished(turn, owner)
            return _ask_which(turn, others if len(others) > 1 else ())  # the only one was told just now
        if found.pointed and found.transactions:
            return _tell(turn, owner, found.transactions[0], sure=True)
        said = said_of("" if is_command(turn.text) else turn.text, turn, owner, attempts)
        if not said.names_one:
            return _read_time(turn, owner, said, attempts)
        likely = _likely_first(turn, found.transactions)
        if not likely:
            return _not_found(turn, described=True)
        return _tell(turn, owner, likely[0]) if found.exact else _ask_which(turn, likely)


def _read_time(turn: Turn, owner: Owner, said: Said, attempts: Sequence[TransactionView]) -> list[Event]:
    """At most a time was said: what failed then, else what waits since then; without a time, the latest failure."""
    since = turn.now - _LOOK_BACK
    then = [one for one in attempts if (said.fits(one) if said.period else one.created_at >= since)]
    failed = [one for one in then if one.status is TransactionStatus.FAILED]
    waiting = [one for one in then if one.status in UNDER_WAY] if said.period else []
    if failed or waiting:
        return _tell(turn, owner, (failed or waiting)[0])
    never = not any(one.status is TransactionStatus.FAILED for one in _unfinished(turn, owner))
    lately = said.period is None or said.period.end > since
    return _not_found(turn, described=False, name="none" if never and lately else "not_found")


def _tell(turn: Turn, owner: Owner, attempt: TransactionView, *, sure: bool = False) -> list[Event]:
    """How it stands. What waits, or went through, goes on as money that has not arrived: it may be late, or missing."""
    if attempt.status is TransactionStatus.FAILED:
        another = {"title": label("another_failed", turn.language), "payload": f'/{TOPIC}{{"picked": "{ANOTHER_ONE}"}}'}
        say_failure(turn, owner, attempt, buttons=[] if sure or in_a_form(turn) else [another])
        return []
    if in_a_form(turn) or attempt.status not in (*UNDER_WAY, TransactionStatus.COMPLETED):
        tell_state(turn, owner, attempt)
        return []
    return [
        SlotSet("delayed_transfer", attempt.id),
        SlotSet("transfer_ticket_wanted", None),
        FollowupAction("transfer_delayed_form"),
    ]


def _ask_which(turn: Turn, among: Sequence[TransactionView]) -> list[Event]:
    """Among these; in the middle of something else nothing is asked, and where there is nothing to list, a ticket is
    written."""
    if not among or in_a_form(turn):
        return _not_found(turn, described=False)
    return [
        SlotSet("shown_transactions", [one.id for one in among[: longest_list(turn)]]),
        FollowupAction("payment_failed_form"),
    ]


def _not_found(turn: Turn, *, described: bool, name: str = "not_found") -> list[Event]:
    """Say so, and write a ticket: with what was said of it, or with what is said next. One that is open goes on."""
    turn.say(f"utter_payment_failed_{name}")
    if in_a_form(turn):
        return []
    if described:
        return ticket_in_own_words(turn, TOPIC, of_last=1)
    return [SlotSet("ticket_topic", TOPIC), SlotSet("ticket_summary", None), FollowupAction("open_ticket_form")]


def _attempts(turn: Turn, owner: Owner) -> list[TransactionView]:
    """What the customer may call a payment that failed, newest first: not what others sent, unless that is said."""
    recent = transactions.recent(turn.session, account_id=owner.wallet.id, limit=_SEARCHED, now=turn.now)
    incoming = incoming_in(turn.text)
    return [
        one
        for one in recent
        if one.kind not in _GIVEN_BACK and (incoming or one.kind is not TransactionKind.TRANSFER_IN)
    ]


def _unfinished(turn: Turn, owner: Owner) -> list[TransactionView]:
    """What failed lately or still waits."""
    since = turn.now - _LOOK_BACK
    return [one for one in _attempts(turn, owner) if one.status in _LIKELY_FIRST and one.created_at >= since]


def _likely_first(turn: Turn, found: Sequence[TransactionView]) -> list[TransactionView]:
    """What failed lately, then what waits, then the rest; the newest of each first."""

    def rank(one: TransactionView) -> int:
        lately = one.created_at >= turn.now - _LOOK_BACK
        return _LIKELY_FIRST.index(one.status) if one.status in _LIKELY_FIRST and lately else len(_LIKELY_FIRST)

    return sorted(found, key=rank)
