"""Being called back: a callback is asked for, moved or called off; what is asked before stands in `callback_form`.

Below SIGNED_IN the answer is one whoever asks, and the wish is kept: once its owner is proven it is booked as theirs.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.callback_form import CANCEL, COLLECTED, MOVE, NOTHING_TOLD, ON_FILE, RequestCallbackForm
from actions.callback_state import asker, pending_callback, window_of, zone_for
from actions.callback_times import CallWish
from actions.callback_words import read_wish
from actions.forms import offer_to_resume
from actions.open_ticket import open_ticket
from actions.self_service import wallet_of
from actions.step_up import drop_challenge, ended_early
from wallet_core import callbacks
from wallet_core.callbacks import CallbackReceipt, CallbackView
from wallet_core.models import Assurance, Language
from wallet_core.policy import Action, Grant
from wallet_core.verification import authorise


class ActionRequestCallback(WalletAction):
    action_name = "action_request_callback"

    def act(self, turn: Turn) -> list[Event]:
        unproven = bool(turn.slot("proving")) and wallet_of(turn) is None
        pending = pending_callback(turn)
        if turn.slot("form_stopped") and unproven and pending is not None:
            return self._leave_proof(turn, pending)
        ended = ended_early(turn, *COLLECTED, "proving")
        if ended is not None:
            return ended
        if pending is not None:
            self._change(turn, pending)
        elif not self._request(turn):
            offer_to_resume(turn)
            return [SlotSet("wish_to_prove", RequestCallbackForm.form_name), SlotSet("proving", None)]
        offer_to_resume(turn)
        return [SlotSet(name, None) for name in (*COLLECTED, "proving")]

    def after_refusal(self, refusal: Any) -> list[Event]:
        return [SlotSet(name, None) for name in (*COLLECTED, "proving")]

    def _leave_proof(self, turn: Turn, pending: CallbackView) -> list[Event]:
        """They would rather not prove it: what was booked without proof stands."""
        drop_challenge(turn)
        turn.say(
            "utter_callback_kept",
            receipts=[pending.reference],
            reference=pending.reference,
            window=window_of(turn, pending),
        )
        offer_to_resume(turn)
        return [SlotSet(name, None) for name in ("form_stopped", *COLLECTED, "proving")]

    def _request(self, turn: Turn) -> bool:
        """Whether it was the customer whom we know; else they may still prove it."""
        number = turn.slot("callback_number")
        new_number = None if number in (None, ON_FILE) else number
        action = Action.CALLBACK_ON_FILE if new_number is None else Action.CALLBACK_NEW_NUMBER
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=action, now=turn.now)
        wish = read_wish(turn.slot("callback_when"))
        topic = turn.slot("callback_topic") or "request_callback"
        known = grant.assurance >= Assurance.SIGNED_IN
        about = turn.slot("callback_about") if turn.slot("callback_about") != NOTHING_TOLD else None
        ticket = None
        if known and about is not None:
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
            about=about,
            request_key=turn.request_key,
        )
        self._tell(turn, grant, receipt, wish)
        if ticket is not None:
            turn.say("utter_callback_noted", receipts=[ticket.reference], reference=ticket.reference)
        return known

    def _tell(self, turn: Turn, grant: Grant, receipt: CallbackReceipt, wish: CallWish) -> None:
        zone = zone_for(turn, grant, wish)
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
        name, wish = "utter_callback_kept", None
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
        turn.say(name, receipts=[pending.reference], reference=pending.reference, window=window_of(turn, pending, wish))
