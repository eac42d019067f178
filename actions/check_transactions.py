"""The customer's transactions: the latest, or those that fit what was said."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customer_words import is_command
from actions.facts.choices import count_in
from actions.facts.kinds import incoming_in, kinds_in, statuses_in
from actions.meant import picked_by_button, said_of
from actions.next_step import in_a_form, ticket_about
from actions.proof import say_proof_needed
from actions.transaction_lists import longest_list, numbered
from actions.wallet_owner import Owner, own_transaction, owner_of
from wallet_core import transactions
from wallet_core.models import TransactionStatus
from wallet_core.money import Money
from wallet_core.transactions import TransactionView

_SEARCHED = 100
_MOST_ASKED_FOR = 10
# What counts where the customer asks what went out: what came to nothing does not.
_WENT = (
    TransactionStatus.COMPLETED,
    TransactionStatus.PENDING,
    TransactionStatus.HELD,
    TransactionStatus.REFUNDED,
    TransactionStatus.REVERSED,
)


class ActionCheckTransactions(WalletAction):
    """Also shows the one that a button of an earlier list carries."""

    action_name = "action_check_transactions"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        owner = owner_of(turn)
        if owner is None:
            asked = say_proof_needed(turn, "utter_check_transactions_needs_sign_in", "check_transactions")
            return [*asked, *ticket_about(turn, "check_transactions")]
        latest = transactions.recent(turn.session, account_id=owner.wallet.id, limit=_SEARCHED, now=turn.now)
        if not latest:
            turn.say("utter_transactions_empty")
            return ticket_about(turn, "check_transactions")
        found, filtered = self._found(turn, owner, latest)
        if not found:
            turn.say("utter_transactions_none_found")
            found, filtered = latest, False
        asked_for = count_in(turn.text, _MOST_ASKED_FOR)
        shown = found[: asked_for or longest_list(turn)]
        self._say(turn, owner, found, shown, filtered and asked_for is None)
        # In the middle of a form, its own list is the one that "the second" speaks of.
        listed = [] if in_a_form(turn) else [SlotSet("shown_transactions", [one.id for one in shown])]
        return [*listed, *ticket_about(turn, "check_transactions")]

    def _found(self, turn: Turn, owner: Owner, latest: list[TransactionView]) -> tuple[list[TransactionView], bool]:
        """Those that fit, and whether anything was said that they had to fit."""
        if (claimed := picked_by_button(turn)) is not None:
            one = own_transaction(turn, owner, claimed)
            return ([one] if one else []), True
        text = "" if is_command(turn.text) else turn.text
        filters: dict[str, Any] = {}
        said = said_of(text, turn, owner, latest)
        if said.period is not None:
            filters |= {"since": said.period.start, "until": said.period.end}
        kinds, statuses, incoming = kinds_in(text), statuses_in(text), incoming_in(text)
        if kinds:
            filters["kinds"] = kinds
        if statuses:
            filters["statuses"] = statuses
        elif incoming is not None:
            filters["statuses"] = _WENT
        if incoming is not None:
            filters["incoming"] = incoming
        if not filters:
            return [one for one in latest if said.fits(one)], said.anything
        candidates = transactions.find(
            turn.session, account_id=owner.wallet.id, now=turn.now, limit=_SEARCHED, **filters
        )
        said = said_of(text, turn, owner, candidates)  # names of long ago are known only now
        return [one for one in candidates if said.fits(one)], True

    def _say(
        self,
        turn: Turn,
        owner: Owner,
        found: list[TransactionView],
        shown: list[TransactionView],
        counted: bool,
    ) -> None:
        facts: dict[str, Any] = {"list": numbered(turn, owner, shown)}
        if not counted or len(found) == 1:
            turn.say("utter_transactions", **facts)
            return
        facts["count"] = len(found)
        name = "utter_transactions_found"
        if len({one.incoming for one in found}) == 1 and len(found) < _SEARCHED:
            name = f"{name}_{'in' if found[0].incoming else 'out'}"
            total = sum((one.amount for one in found), Money.zero(owner.wallet.currency))
            facts["total"] = wording.money(total, turn.language, spoken=turn.spoken)
        if len(shown) < len(found):
            name = f"{name}_latest"
            facts["shown"] = len(shown)
        turn.say(name, **facts)
