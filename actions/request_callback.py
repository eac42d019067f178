"""Being called back: which number, about what, when; or another time for a callback that stands, or none.

Who is not signed in names a wallet and is called on its number on file, with one answer whoever asks.
"""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.callback_state import (
    asker,
    country_of,
    may_ring,
    number_on_file,
    pending_callback,
    window_of,
    wish_in,
)
from actions.callback_times import CallWish
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
from actions.customers_zone import zone_of
from actions.forms import is_digression, offer_to_resume, stop
from actions.matter import topic_at_hand
from actions.open_ticket import open_ticket
from actions.self_service import wallet_of
from actions.step_up import CLAIM, NEW_NUMBER_CODE, StepUpForm, ended_early
from actions.talk_to_human import last_words
from wallet_core import callbacks, verification
from wallet_core.callbacks import CallbackReceipt, CallbackView
from wallet_core.conversations import get_conversation
from wallet_core.errors import InvalidNumber
from wallet_core.models import Assurance, Language
from wallet_core.numbers import parse_number
from wallet_core.policy import Action, Grant
from wallet_core.verification import authorise

ON_FILE, NOTHING_TOLD = "on_file", "-"
MOVE, CANCEL, KEEP = "move", "cancel", "keep"
_COLLECTED = (
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

    def begin(self, turn: Turn) -> dict[str, Any]:
        filled = super().begin(turn)
        if turn.intent != "request_callback":
            return filled  # taken up again, or opened by a button of another answer: what was said is still known
        said = "" if is_command(turn.text) else turn.text
        filled |= dict.fromkeys(_COLLECTED)
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
        wish = wish_in(turn, re.sub(r"\+?\d[\d\s()-]{6,}\d", " ", said))
        if wish is not None:
            filled["callback_change"] = filled["callback_change"] or MOVE  # of the one that stands, if one does
            if may_ring(turn, wish, filled["callback_topic"]):
                filled["callback_when"] = write_wish(wish)
        return filled

    def new_number(self, turn: Turn) -> str | None:
        return str(turn.slot("callback_number"))

    def required(self, turn: Turn) -> list[str]:
        if pending_callback(turn) is not None:
            return ["callback_change", *(["callback_when"] if turn.slot("callback_change") == MOVE else [])]
        if wallet_of(turn) is None:
            conversation = get_conversation(turn.session, conversation_id=turn.conversation_id)
            whose = [CLAIM] if conversation.assurance < Assurance.CLAIMED else []
            return [*whose, "callback_about", "callback_when"]
        return ["callback_number", *self._proof_of_number(turn), "callback_about", "callback_when"]

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
        wish = None if is_command(turn.text) else wish_in(turn, turn.text)
        if wish is not None and change != CANCEL:
            return {"callback_change": MOVE, "callback_when": write_wish(wish)}
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
        wish = wish_in(turn, turn.text) if not is_command(turn.text) and names_a_time(turn.text) else None
        if wish is None:
            return {}
        return {"callback_when": write_wish(wish) if may_ring(turn, wish, turn.slot("callback_topic")) else None}

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
        by_button = is_command(turn.text)
        wish = CallWish(None) if turn.intent == "affirm" and by_button else None
        wish = wish or (None if by_button else wish_in(turn, turn.text))
        if wish is None:
            if by_button or is_digression(turn):
                return {}
            turn.say("utter_callback_time_unclear")
            return {"callback_when": None}
        may = may_ring(turn, wish, turn.slot("callback_topic"))
        return {"callback_when": write_wish(wish) if may else None}


def _asks(text: str) -> bool:
    """Whether a text that answers the question for a number by a question has no number in it at all."""
    return is_question(text) and not any(character.isdigit() for character in text)


class ActionRequestCallback(WalletAction):
    action_name = "action_request_callback"

    def act(self, turn: Turn) -> list[Event]:
        ended = ended_early(turn, *_COLLECTED)
        if ended is not None:
            return ended
        pending = pending_callback(turn)
        if pending is not None:
            self._change(turn, pending)
        else:
            self._request(turn)
        offer_to_resume(turn)
        return [SlotSet(name, None) for name in _COLLECTED]

    def after_refusal(self, refusal: Any) -> list[Event]:
        return [SlotSet(name, None) for name in _COLLECTED]

    def _request(self, turn: Turn) -> None:
        number = turn.slot("callback_number")
        new_number = None if number in (None, ON_FILE) else number
        action = Action.CALLBACK_ON_FILE if new_number is None else Action.CALLBACK_NEW_NUMBER
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=action, now=turn.now)
        wish = read_wish(turn.slot("callback_when"))
        topic = turn.slot("callback_topic") or "request_callback"
        known = grant.assurance >= Assurance.SIGNED_IN
        about = turn.slot("callback_about")
        ticket = None
        if known and about not in (None, NOTHING_TOLD):
            ticket, _ = open_ticket(turn, topic=topic, summary=about)
        receipt = callbacks.request_callback(
            turn.session,
            grant=grant,
            topic=topic,
            language=Language(turn.language),
            routing=turn.wiring.routing,
            phrases=turn.wiring.phrases,
            now=turn.now,
            random=turn.wiring.random,
            start=wish.start,
            end=wish.end,
            number=new_number,
            countries=turn.wiring.call_countries,
            ticket_reference=ticket.reference if ticket else None,
            request_key=turn.request_key,
        )
        self._tell(turn, grant, receipt)
        if ticket is not None:
            turn.say("utter_callback_noted", receipts=[ticket.reference], reference=ticket.reference)

    def _tell(self, turn: Turn, grant: Grant, receipt: CallbackReceipt) -> None:
        zone = zone_of(turn, grant)
        window = wording.span(receipt.window_start, receipt.window_end, turn.language, **zone)
        name = "utter_callback_perhaps" if receipt.masked_number is None else "utter_callback_booked"
        turn.say(
            name,
            receipts=[receipt.reference],
            reference=receipt.reference,
            window=window,
            masked=receipt.masked_number,
        )
        if receipt.phrase is not None:
            turn.say("utter_callback_phrase", phrase=receipt.phrase)

    def _change(self, turn: Turn, pending: CallbackView) -> None:
        grant = asker(turn)
        change = turn.slot("callback_change")
        if change == CANCEL:
            callbacks.cancel_callback(turn.session, grant=grant, reference=pending.reference, now=turn.now)
            turn.say("utter_callback_cancelled", receipts=[pending.reference], reference=pending.reference)
            return
        name = "utter_callback_kept"
        if change == MOVE:
            wish = read_wish(turn.slot("callback_when"))
            pending = callbacks.change_window(
                turn.session,
                grant=grant,
                reference=pending.reference,
                routing=turn.wiring.routing,
                now=turn.now,
                start=wish.start,
                end=wish.end,
            )
            name = "utter_callback_moved"
        turn.say(name, receipts=[pending.reference], reference=pending.reference, window=window_of(turn, pending))
