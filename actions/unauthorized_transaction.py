"""Payments that are not the customer's: which ones, the freeze offered, the dispute with them attached."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction
from actions.customer_words import is_command
from actions.facts.choices import says_all_mine
from actions.facts.freezing import says_not_to_freeze
from actions.facts.reading import plain
from actions.forms import ResumableForm, stop
from actions.meant import Pick, pick
from actions.picking import STOPPERS, asks_for_something_else, decided, gives_up, goes_elsewhere, listed_now
from actions.transaction_lists import (
    ANOTHER_ONE,
    NONE_OF_THESE,
    longest_list,
    named_with_time,
    numbered,
    other_button,
    pick_buttons,
)
from actions.wallet_owner import Owner, own_transaction, owner_of
from wallet_core import transactions
from wallet_core.models import TransactionStatus
from wallet_core.transactions import TransactionView

TOPIC = "unauthorized_transaction"
COLLECTED = (
    "disputed_transactions",
    "disputed_so_far",
    "dispute_description",
    "dispute_freeze",
    "shown_transactions",
)
_DISPUTED, _SO_FAR, _SHOWN = "disputed_transactions", "disputed_so_far", "shown_transactions"
_SEARCHED = 100
_MOST_AT_ONCE = 5
_TAKEN = (TransactionStatus.COMPLETED, TransactionStatus.PENDING, TransactionStatus.HELD)
# Words that say that all that fit are meant, rather than one of them.
_SEVERAL = re.compile(
    r"\b(?:twice|\d times|double|doubled|duplicates?|duplicated|both|every|several|each|multiple|again and again|(?<!at )all)\b"
    r"|\b\d?\s?(?:charges|payments|transactions|debits|purchases|withdrawals|transfers|ones)\b"
    r"|[两二三四五六\d几多]\s?(?:次|笔|遍|回|单)|重复|双(?:倍|重|份)|都|一连串|好几|全部|所有|每笔"
)


def disputable(turn: Turn, owner: Owner) -> list[TransactionView]:
    """What left the wallet or is about to, newest first."""
    return transactions.find(
        turn.session, account_id=owner.wallet.id, incoming=False, statuses=_TAKEN, now=turn.now, limit=_SEARCHED
    )


def disputed(turn: Turn, owner: Owner) -> list[TransactionView]:
    """Those that the customer pointed at."""
    found = (own_transaction(turn, owner, id_) for id_ in turn.slot(_DISPUTED) or [])
    return [one for one in found if one is not None]


class UnauthorizedTransactionForm(ResumableForm):
    """First which ones, several perhaps; where none of ours is it, a description; then whether to freeze."""

    form_name = "unauthorized_transaction_form"

    def begin(self, turn: Turn) -> dict[str, Any]:
        filled = super().begin(turn)
        if turn.intent != TOPIC:
            return filled  # it was interrupted and goes on
        shown = turn.slot(_SHOWN) or []
        filled |= dict.fromkeys(COLLECTED)
        turn.tracker.slots.update(filled)
        owner = owner_of(turn)
        if owner is None:
            return filled
        found = pick(turn, owner, disputable(turn, owner), shown=shown, answering=False)
        return filled | (self._taken(turn, owner, found) or {})

    def fill(self, turn: Turn) -> dict[str, Any]:
        owner = owner_of(turn)
        if owner is None:
            return {}
        if not is_command(turn.text) and gives_up(turn.text):
            return stop()
        requested = turn.slot("requested_slot")
        if requested == "dispute_description":
            return self._fill_description(turn, owner)
        if requested == "dispute_freeze":
            return self._fill_freeze(turn, owner)
        return self._fill_disputed(turn, owner)

    def required(self, turn: Turn) -> list[str]:
        owner = owner_of(turn)
        if owner is None:
            return []
        listed = [_DISPUTED] if disputable(turn, owner) else []
        described = [] if turn.slot(_DISPUTED) else ["dispute_description"]
        return [*listed, *described, *(["dispute_freeze"] if owner.can_freeze else [])]

    def _fill_disputed(self, turn: Turn, owner: Owner) -> dict[str, Any]:
        shown, so_far = turn.slot(_SHOWN) or [], turn.slot(_SO_FAR) or []
        if not is_command(turn.text) and says_all_mine(turn.text):
            return {_DISPUTED: so_far} if so_far else stop()
        found = pick(turn, owner, disputable(turn, owner), shown=shown, answering=True)
        if not found.pointed and not found.none and asks_for_something_else(turn, TOPIC):
            return {}
        if (filled := self._taken(turn, owner, found)) is not None:
            return filled
        if turn.intent in STOPPERS:
            return {_DISPUTED: so_far} if so_far else stop()
        if turn.intent == "affirm" and len(shown) == 1:
            return {_DISPUTED: [*so_far, *shown]}
        if goes_elsewhere(turn, TOPIC):
            return {}
        turn.say("utter_transaction_not_understood")
        return {_SHOWN: shown}

    def _fill_description(self, turn: Turn, owner: Owner) -> dict[str, Any]:
        found = pick(turn, owner, disputable(turn, owner), shown=(), answering=True)
        if found.transactions and found.exact:
            return self._taken(turn, owner, found) or {}
        if turn.intent in STOPPERS:
            return stop()
        if is_command(turn.text) or (not found.said and goes_elsewhere(turn, TOPIC)):
            return {}
        return {"dispute_description": turn.text}

    def _fill_freeze(self, turn: Turn, owner: Owner) -> dict[str, Any]:
        found = pick(turn, owner, disputable(turn, owner), shown=turn.slot(_SHOWN) or [], answering=False)
        if found.another:
            return {_DISPUTED: None, _SO_FAR: turn.slot(_DISPUTED), _SHOWN: None}
        freeze = decided(turn)
        if freeze is None and turn.intent == "freeze_account":
            freeze = not says_not_to_freeze(turn.text)  # saying what is offered is the plainest yes
        answer = {} if freeze is None else {"dispute_freeze": freeze}
        more = [one.id for one in found.transactions if one.id not in (turn.slot(_DISPUTED) or [])]
        if more:
            turn.tracker.slots[_SO_FAR] = turn.slot(_DISPUTED)
            return answer | (self._taken(turn, owner, found) or {})
        if answer:
            return answer
        if found.said and not found.transactions:
            turn.say("utter_transaction_no_match")
        elif goes_elsewhere(turn, TOPIC):
            return {}
        return {"dispute_freeze": None}

    def _taken(self, turn: Turn, owner: Owner, found: Pick) -> dict[str, Any] | None:
        """What a pick adds to what was pointed at before; None where it says nothing."""
        so_far = turn.slot(_SO_FAR) or []
        if found.none:
            return {_DISPUTED: so_far}
        wanted = [one for one in found.transactions if not one.incoming and one.status in _TAKEN]
        if wanted and found.exact and (len(wanted) == 1 or found.pointed or _all_meant(turn, wanted)):
            return {_DISPUTED: list(dict.fromkeys([*so_far, *(one.id for one in wanted)]))}
        if wanted:
            turn.say("utter_transactions_several" if found.exact else "utter_transaction_no_match")
            return {_DISPUTED: None, _SHOWN: [one.id for one in wanted[: longest_list(turn)]]}
        if found.said:
            turn.say("utter_dispute_nothing_taken" if found.transactions else "utter_transaction_no_match")
            return {_DISPUTED: None, _SHOWN: None}
        return None


class AskDisputedTransactions(WalletAction):
    action_name = "action_ask_disputed_transactions"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        owner = owner_of(turn)
        assert owner is not None  # the form asks nobody else
        so_far = turn.slot(_SO_FAR) or []
        left = [one for one in disputable(turn, owner) if one.id not in so_far]
        shown = listed_now(turn, owner, left)
        turn.say(
            "utter_ask_disputed_more" if so_far else "utter_ask_disputed_transactions",
            list=numbered(turn, owner, shown),
            buttons=[
                *pick_buttons(turn, shown),
                other_button(turn, "that_is_all" if so_far else "none_of_these", NONE_OF_THESE),
            ],
        )
        return [SlotSet(_SHOWN, [one.id for one in shown])]


class AskDisputeFreeze(WalletAction):
    """Tells what was pointed at, so that it can be corrected, and offers the freeze."""

    action_name = "action_ask_dispute_freeze"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        owner = owner_of(turn)
        assert owner is not None  # the form asks nobody else
        chosen = disputed(turn, owner)
        if chosen:
            more = [other_button(turn, "another_one", ANOTHER_ONE)]
            turn.say("utter_ask_dispute_freeze", list=named_with_time(turn, owner, chosen), buttons=more)
        else:
            turn.say("utter_ask_dispute_freeze_described")
        return []


def _all_meant(turn: Turn, wanted: list[TransactionView]) -> bool:
    return len(wanted) <= _MOST_AT_ONCE and _SEVERAL.search(plain(turn.text)) is not None
