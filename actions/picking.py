"""Forms about one of the customer's transactions: which one is asked where the words do not say it."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction
from actions.customer_words import asks_to_look_up, is_command, is_question
from actions.facts.answers import yes_or_no
from actions.forms import ResumableForm, stop
from actions.meant import Pick, pick
from actions.transaction_lists import NONE_OF_THESE, longest_list, numbered, other_button, pick_buttons
from actions.wallet_owner import Owner, own_transaction, owner_of
from wallet_core.transactions import TransactionView

# What stands in the slot when the one that is meant is none that we have.
NOT_LISTED = "-"
STOPPERS = ("deny", "goodbye")
_SHOWN = "shown_transactions"
_SURE = 0.6
_GIVES_UP = re.compile(
    r"\b(?:never ?mind|forget (?:it|about it)|drop it|leave it|let'?s stop|stop (?:it|this|here)|don'?t bother|no need any ?more)\b"
    r"|^\W*stop\W*$|算了|不弄了|不搞了|不办了|不查了|到此为止|先这样|唔使喇|唔搞喇|當我沒說|当我没说",
    re.IGNORECASE,
)
_OTHER_ONE = re.compile(
    r"\b(?:no|not|actually|sorry|wait)\b.{0,20}\bthe (?:first|second|third|fourth|fifth|last) one\b"
    r"|(?:不是|不对|错了)\W*(?:应该)?是?第[一二三四五][笔个条]"
    r"|\b(?:not that one|wrong one|(?:the|an) ?other one|a different one|another one|i mean[t]? (?:the|a) (?:other|different))\b"
    r"|不是(?:这|那|這|嗰)(?:一)?(?:笔|筆|个|個)|另(?:外)?一?(?:笔|筆|个|個)|别的那|搞错了|選錯|选错",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\bi mean[t]?\b|(?:不是|不对|唔係)[\W_]*(?:我?(?:说|指|讲|想说)的?)?(?:是|系|係)", re.IGNORECASE
)
_HOW_LONG = re.compile(
    r"\bhow (?:long|many days|soon)\b|\bwhen (?:will|does|do|should|can)\b|多久|几天|幾天|多长时间|什么时候|啥时候|幾耐",
    re.IGNORECASE,
)
_ABOUT_MONEY_AWAITED = frozenset({"transfer_delayed", "refund_request", "out_of_scope"})


def gives_up(text: str) -> bool:
    """Whether the customer lets go of the whole matter, rather than saying no to a question."""
    return _GIVES_UP.search(text) is not None


def means_another(text: str) -> bool:
    """Whether the one that was found is not the one that is meant."""
    return _OTHER_ONE.search(text) is not None


def corrects(text: str) -> bool:
    """Whether a no is followed by what is meant instead: "no, I mean the one to Ann"."""
    return _CORRECTS.search(text) is not None


class PickingForm(ResumableForm):
    """A form that opens by `topic` and first finds out which transaction is meant, into the slot `picked_slot`.

    What the opening message says is not asked again; what fits several is asked among these. `decision_slot` is the
    question that may follow, answered by yes or no.
    """

    topic: str
    picked_slot: str
    decision_slot: str
    awaits_money = False  # whether the customer waits for it, so that "how long does it take" is about it

    @abstractmethod
    def candidates(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        """The transactions that it can be about, newest first."""

    @abstractmethod
    def decision_wanted(self, turn: Turn, owner: Owner, transaction: TransactionView | None) -> bool:
        """Whether the question is to be asked of the picked one; None where it is none that we have."""

    def offered(self, turn: Turn, owner: Owner) -> list[TransactionView]:
        """Those to list where nothing is said."""
        return self.candidates(turn, owner)

    def picked(self, turn: Turn, owner: Owner) -> TransactionView | None:
        return picked(turn, owner, self.picked_slot)

    # Filling

    def begin(self, turn: Turn) -> dict[str, Any]:
        filled = super().begin(turn)
        if turn.intent != self.topic:
            return filled  # it was interrupted and goes on: what was said is still known
        filled |= {self.picked_slot: None, self.decision_slot: None}
        owner = owner_of(turn)
        if owner is None:
            return {**filled, _SHOWN: None}
        shown = turn.slot(_SHOWN) or []
        turn.tracker.slots[_SHOWN] = None  # what an earlier list showed is over once this message is read
        found = pick(turn, owner, self.candidates(turn, owner), shown=shown, answering=False)
        return {**filled, _SHOWN: None, **(self._taken(turn, owner, found) or self.untold(turn, owner))}

    def untold(self, turn: Turn, owner: Owner) -> dict[str, Any]:
        """What is filled where the opening message does not say which one; the only one there is, for instance."""
        return {}

    def fill(self, turn: Turn) -> dict[str, Any]:
        owner = owner_of(turn)
        if owner is None:
            return {}
        if not is_command(turn.text) and gives_up(turn.text):
            return stop()
        if turn.slot("requested_slot") == self.decision_slot:
            return self._fill_decision(turn, owner)
        return self._fill_picked(turn, owner)

    def _fill_picked(self, turn: Turn, owner: Owner) -> dict[str, Any]:
        shown = turn.slot(_SHOWN) or []
        found = pick(turn, owner, self.candidates(turn, owner), shown=shown, answering=True)
        if not found.pointed and not found.none and asks_for_something_else(turn, self.topic):
            return {}
        filled = self._taken(turn, owner, found)
        if filled is not None:
            return filled
        if turn.intent == "affirm" and len(shown) == 1:
            return {self.picked_slot: shown[0], _SHOWN: None}
        if turn.intent in STOPPERS:
            if not corrects(turn.text):
                return stop()
            turn.say("utter_transaction_not_understood")
            return {_SHOWN: shown}
        if self.awaits_money and _asks_how_long(turn):
            turn.say("utter_transaction_how_long")
            return {_SHOWN: shown}
        if goes_elsewhere(turn, self.topic):
            return {}
        turn.say("utter_transaction_not_understood")
        return {_SHOWN: shown}

    def _fill_decision(self, turn: Turn, owner: Owner) -> dict[str, Any]:
        found = pick(turn, owner, self.candidates(turn, owner), shown=[], answering=False)
        if found.transactions and found.transactions != (self.picked(turn, owner),):
            return self._taken(turn, owner, found) or {}
        if found.none or (not is_command(turn.text) and means_another(turn.text)):
            return {self.picked_slot: None, _SHOWN: None}
        if (answer := decided(turn)) is not None:
            return {self.decision_slot: answer}
        return {} if goes_elsewhere(turn, self.topic) else self.decision_repeated(turn)

    def decision_repeated(self, turn: Turn) -> dict[str, Any]:
        """What saying the wish again means where a yes was asked for; asked once more, unless it is a yes."""
        return {self.decision_slot: None}

    def _taken(self, turn: Turn, owner: Owner, found: Pick) -> dict[str, Any] | None:
        """What a pick fills; None where it says nothing."""
        if found.none:
            return {self.picked_slot: NOT_LISTED, _SHOWN: None}
        if found.by_time and not self._offers_any(turn, owner, found.transactions):
            return None
        if len(found.transactions) == 1 and found.exact:
            return {self.picked_slot: found.transactions[0].id, _SHOWN: None}
        if found.transactions:
            likely = self._likely(turn, owner, found.transactions)
            if len(likely) == 1 and found.exact:
                return {self.picked_slot: likely[0].id, _SHOWN: None}
            turn.say("utter_transactions_several" if found.exact else "utter_transaction_no_match")
            return {self.picked_slot: None, _SHOWN: [one.id for one in likely[: longest_list(turn)]]}
        if found.said:
            return self.missed(turn)
        return None

    def _offers_any(self, turn: Turn, owner: Owner, found: Sequence[TransactionView]) -> bool:
        return bool({one.id for one in found} & {one.id for one in self.offered(turn, owner)})

    def _likely(self, turn: Turn, owner: Owner, found: Sequence[TransactionView]) -> Sequence[TransactionView]:
        """Of those that fit, the ones that the topic is mostly about; all of them where none is."""
        offered = {one.id for one in self.offered(turn, owner)}
        return [one for one in found if one.id in offered] or found

    def missed(self, turn: Turn) -> dict[str, Any]:
        """What is filled where something was said that fits none: asked among all, unless the form knows better."""
        turn.say("utter_transaction_no_match")
        return {self.picked_slot: None, _SHOWN: None}

    # Asking

    def required(self, turn: Turn) -> list[str]:
        owner = owner_of(turn)
        if owner is None:
            return []
        if turn.slot(self.picked_slot) is None:
            return [self.picked_slot] if self.offered(turn, owner) else []
        return [self.decision_slot] if self.decision_wanted(turn, owner, self.picked(turn, owner)) else []


class AskWhich(WalletAction):
    """Asks which transaction is meant: the list that `form` offers, or the part of it that what was said leaves."""

    form: type[PickingForm]
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        owner = owner_of(turn)
        assert owner is not None  # the form asks nobody else
        shown = listed_now(turn, owner, self.form(self._wiring).offered(turn, owner))
        self.ask(turn, owner, shown)
        return [SlotSet(_SHOWN, [one.id for one in shown])]

    def ask(self, turn: Turn, owner: Owner, shown: Sequence[TransactionView]) -> None:
        turn.say(
            f"utter_{self.name().removeprefix('action_')}",
            list=numbered(turn, owner, shown),
            buttons=[*pick_buttons(turn, shown), other_button(turn, "none_of_these", NONE_OF_THESE)],
        )


def listed_now(turn: Turn, owner: Owner, offered: Sequence[TransactionView]) -> list[TransactionView]:
    """What is to be listed: what was narrowed down to, else the first of those offered."""
    narrowed = [one for id_ in turn.slot(_SHOWN) or [] if (one := own_transaction(turn, owner, id_)) is not None]
    return narrowed or list(offered[: longest_list(turn)])


def picked(turn: Turn, owner: Owner, slot: str) -> TransactionView | None:
    """The transaction whose id the slot holds, if it is the customer's own."""
    id_ = turn.slot(slot)
    return None if id_ in (None, NOT_LISTED) else own_transaction(turn, owner, id_)


def decided(turn: Turn) -> bool | None:
    """The yes or no that a message is, or that it begins with."""
    if turn.intent in ("affirm", *STOPPERS):
        return turn.intent == "affirm"
    return None if is_command(turn.text) else yes_or_no(turn.text)


def asks_for_something_else(turn: Turn, topic: str) -> bool:
    """Whether a message that may also name a transaction is a question, or a request to look something up, of its own:
    "how much did I spend at Harbor Coffee" does not say which payment is to be refunded."""
    own_wish = not is_command(turn.text) and (is_question(turn.text) or asks_to_look_up(turn.text))
    return own_wish and goes_elsewhere(turn, topic)


def _asks_how_long(turn: Turn) -> bool:
    return not is_command(turn.text) and turn.intent in _ABOUT_MONEY_AWAITED and _HOW_LONG.search(turn.text) is not None


def goes_elsewhere(turn: Turn, topic: str) -> bool:
    """Whether a message that answers nothing is about something else, which is then done first."""
    if is_command(turn.text):
        return turn.intent != topic
    confidence = float((turn.tracker.latest_message.get("intent") or {}).get("confidence") or 0)
    if turn.intent == topic or confidence < _SURE:
        return False
    return turn.intent != "out_of_scope" or is_question(turn.text)
