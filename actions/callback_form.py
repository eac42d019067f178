"""What is asked before a callback: which number, about what, when; or another time for one that stands, or none.

Who is not signed in names a wallet and is called on its number on file, with one answer whoever asks. They may prove
by a code that it is theirs, before or after that: then the call is theirs, with a phrase, and nothing is asked twice.
"""

from __future__ import annotations

import re
from typing import Any

from actions.base import Turn
from actions.callback_state import (
    country_of,
    may_ring,
    number_on_file,
    pending_callback,
    when_in,
)
from actions.callback_times import AT_ONCE
from actions.callback_words import (
    changes_callback,
    names_a_time,
    phone_in,
    read_wish,
    wants_number_on_file,
    wants_other_number,
    write_wish,
)
from actions.customer_words import is_command, is_question, stops_asking
from actions.forms import is_digression, stop
from actions.matter import topic_at_hand
from actions.self_service import wallet_of
from actions.step_up import CLAIM, NEW_NUMBER_CODE, StepUpForm
from actions.talk_to_human import last_words
from wallet_core import verification
from wallet_core.conversations import get_conversation
from wallet_core.errors import InvalidNumber
from wallet_core.models import Assurance
from wallet_core.numbers import parse_number
from wallet_core.policy import Action

ON_FILE, NOTHING_TOLD = "on_file", "-"
MOVE, CANCEL, KEEP = "move", "cancel", "keep"
COLLECTED = (
    "callback_number",
    "callback_other_number",
    "callback_about",
    "callback_topic",
    "callback_when",
    "callback_change",
)
_SMALL_TALK = frozenset("greeting thanks goodbye affirm deny bot_challenge change_language repeat out_of_scope".split())
# What interrupts even the question what the call is about; all else is what it is about.
_URGENT = frozenset({"freeze_account", "lost_device", "talk_to_human", "change_language", "repeat"})
_SURE = 0.5
# What a call that is asked for next is about; nobody calls about a question that was just answered.
_TROUBLES = frozenset(
    "payment_failed cancel_payment refund_request transfer_delayed unauthorized_transaction stolen_funds account_locked"
    " unfreeze report_scam app_problem verify_identity link_bank_card change_phone_number close_account".split()
)


class RequestCallbackForm(StepUpForm):
    form_name = "request_callback_form"
    action_wanted = Action.CALLBACK_NEW_NUMBER

    def wanted(self, turn: Turn) -> Action:
        new = turn.slot("callback_number") not in (None, ON_FILE)
        return Action.CALLBACK_NEW_NUMBER if new else Action.VIEW

    def begin(self, turn: Turn) -> dict[str, Any]:
        filled = super().begin(turn)
        if turn.intent == "prove_here":  # what was said is known, and is booked anew once they are proven
            return filled | self._own_number(turn)
        if turn.slot("wish_to_prove") == self.form_name:
            filled |= {**dict.fromkeys(COLLECTED), "wish_to_prove": None}  # that was booked without proof
        if turn.intent != "request_callback":
            return filled  # taken up again, or opened by a button of another answer: what was said is still known
        said = "" if is_command(turn.text) else turn.text
        filled |= {**dict.fromkeys(COLLECTED), "proving": None}
        filled["callback_change"] = changes_callback(said)
        if filled["callback_change"] == CANCEL and pending_callback(turn) is None:
            turn.say("utter_callback_none")
            return filled | {"form_refused": True}
        topic = topic_at_hand(turn)
        if topic in _TROUBLES:
            filled |= {"callback_about": last_words(turn), "callback_topic": topic}
        number = phone_in(said, country_of(turn)) if wallet_of(turn) else None
        if number is not None:
            filled |= self._judge_number(turn, number)
        topic = _topic(turn, filled["callback_topic"])
        when = when_in(turn, re.sub(r"\+?\d[\d\s()-]{6,}\d", " ", said), topic)
        if when is not None:
            filled["callback_change"] = filled["callback_change"] or MOVE  # of the one that stands, if one does
            filled |= when
        return filled

    def new_number(self, turn: Turn) -> str | None:
        return str(turn.slot("callback_number"))

    def required(self, turn: Turn) -> list[str]:
        if turn.slot("proving") and wallet_of(turn) is None:
            return [*self.proof(turn), "callback_about", "callback_when"]
        if pending_callback(turn) is not None:
            return ["callback_change", *(["callback_when"] if turn.slot("callback_change") == MOVE else [])]
        if wallet_of(turn) is None:
            conversation = get_conversation(turn.session, conversation_id=turn.conversation_id)
            whose = [CLAIM] if conversation.assurance < Assurance.CLAIMED else []
            return [*whose, "callback_about", "callback_when"]
        return ["callback_number", *self._proof_of_number(turn), "callback_about", "callback_when"]

    def fill(self, turn: Turn) -> dict[str, Any]:
        if turn.intent == "prove_here" and wallet_of(turn) is None:
            return {"proving": True, turn.slot("requested_slot"): None}
        filled = super().fill(turn)
        return filled | self._own_number(turn) if turn.intent == "challenge_passed" else filled

    def _own_number(self, turn: Turn) -> dict[str, Any]:
        """Who proved themselves where we call the number on file alone is not asked for a number."""
        if not turn.slot("proving") or turn.slot("callback_number") is not None or wallet_of(turn) is None:
            return {}
        return self._judge_number(turn, number_on_file(turn))

    def fill_own(self, turn: Turn) -> dict[str, Any]:
        requested = turn.slot("requested_slot")
        if turn.intent == "goodbye" or (requested != "callback_change" and stops_asking(turn.text)):
            return stop()
        takers = {
            "callback_change": self._take_change,
            "callback_number": self._take_number,
            "callback_about": self._take_about,
            "callback_when": self._take_when,
        }
        return takers[requested](turn)

    def _proof_of_number(self, turn: Turn) -> list[str]:
        """A number that is not on file takes a code to one that is, and then a code of its own."""
        number = turn.slot("callback_number")
        if number in (None, ON_FILE):
            return []
        proven = verification.number_proven(
            turn.session, conversation_id=turn.conversation_id, number=number, now=turn.now
        )
        return [*self.proof(turn), *([] if proven else [NEW_NUMBER_CODE])]

    def _take_change(self, turn: Turn) -> dict[str, Any]:
        change = {"cancel_callback": CANCEL, "move_callback": MOVE, "deny": KEEP}.get(turn.intent)
        change = change or changes_callback(turn.text)
        if not is_command(turn.text) and change != CANCEL:
            when = when_in(turn, turn.text, _topic(turn, turn.slot("callback_topic")))
            if when is not None:
                return {"callback_change": MOVE, **when}
        return {"callback_change": change} if change else {}

    def _take_number(self, turn: Turn) -> dict[str, Any]:
        if turn.intent == "deny" and (is_command(turn.text) or turn.slot("callback_other_number")):
            return stop()
        if not is_command(turn.text) and (number := phone_in(turn.text, country_of(turn))):
            return self._judge_number(turn, number)
        besides = self._time_besides(turn)
        if not turn.slot("callback_other_number"):
            if turn.intent in ("another_number", "deny") or wants_other_number(turn.text):
                return {"callback_other_number": True, **besides}
            if turn.intent == "affirm" or wants_number_on_file(turn.text):
                return self._judge_number(turn, number_on_file(turn)) | besides
        if besides:
            return besides
        if turn.intent in _TROUBLES and not is_question(turn.text):
            return self._take_about(turn)
        if is_command(turn.text) or is_digression(turn) or _asks(turn.text):
            return {}
        turn.say("utter_callback_number_unclear")
        return {"callback_number": None}

    def _time_besides(self, turn: Turn) -> dict[str, Any]:
        """The time, said where the number was asked for."""
        if is_command(turn.text) or not names_a_time(turn.text):
            return {}
        return when_in(turn, turn.text, turn.slot("callback_topic")) or {}

    def _judge_number(self, turn: Turn, number: str | None) -> dict[str, Any]:
        """Whether we call there; where not, why, and what to do instead."""
        on_file = number_on_file(turn)
        try:
            judged = parse_number(number or "", countries=turn.wiring.call_countries)
        except InvalidNumber as refusal:
            other = refusal.facts["reason"] == "country"
            turn.say("utter_callback_country_not_called" if other else "utter_error_invalid_number")
            return {"callback_number": None, "callback_other_number": True}
        return {"callback_number": ON_FILE if judged == on_file else judged}

    def _take_about(self, turn: Turn) -> dict[str, Any]:
        if turn.intent == "deny":
            return {"callback_about": NOTHING_TOLD}
        intent = turn.tracker.latest_message.get("intent") or {}
        sure = float(intent.get("confidence") or 0) >= _SURE
        if is_command(turn.text) or (sure and turn.intent in _URGENT):
            return {}
        about: dict[str, Any] = {"callback_about": turn.text}
        if sure and turn.intent not in _SMALL_TALK and turn.intent in turn.wiring.routing.topics:
            about["callback_topic"] = turn.intent
            when = turn.slot("callback_when")
            if when is not None and not may_ring(turn, read_wish(when), turn.intent):
                about["callback_when"] = None  # others answer for this topic, at other hours
        return about

    def _take_when(self, turn: Turn) -> dict[str, Any]:
        if turn.intent == "deny":
            return stop()
        topic = _topic(turn, turn.slot("callback_topic"))
        if is_command(turn.text):
            if turn.intent != "affirm":
                return {}
            return {"callback_when": write_wish(AT_ONCE) if may_ring(turn, AT_ONCE, topic) else None}
        when = when_in(turn, turn.text, topic)
        if when is not None or is_digression(turn):
            return when or {}
        turn.say("utter_callback_time_unclear")
        return {"callback_when": None}


def _topic(turn: Turn, asked: str | None) -> str | None:
    """Whose hours count: of the callback that stands, else of the one that is asked for."""
    pending = pending_callback(turn)
    return pending.topic if pending is not None else asked


def _asks(text: str) -> bool:
    """Whether a text that answers the question for a number by a question has no number in it at all."""
    return is_question(text) and not any(character.isdigit() for character in text)
