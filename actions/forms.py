"""Forms that other forms interrupt: which one was open, and how to offer it again."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Event, Turn, WalletForm
from actions.customer_words import asks_to_look_up, is_question
from actions.labels import label
from actions.wishes import first_step, other_wish

# Forms worth coming back to, with the reply that offers it: utter_resume_<form>.
RESUMABLE = (
    "open_ticket_form",
    "answer_ticket_form",
    "talk_to_human_form",
    "freeze_account_form",
    "freeze_aftermath_form",
    "account_locked_form",
    "forgot_password_form",
    "unfreeze_form",
    "request_callback_form",
    "verify_official_number_form",
    "report_scam_form",
    "unauthorized_transaction_form",
    "refund_request_form",
    "transfer_delayed_form",
    "cancel_payment_form",
)

# What a customer may ask in the middle of a form, and be answered, before the form goes on.
_ANSWERS = frozenset(
    "what_is_wallet choose_wallet wallet_security protect_personal_info supported_merchants limits"
    " international_payments international_fees exchange_rate contact_support wallet_calls_you rewards_points"
    " bill_management link_bank_card verify_identity change_phone_number close_account app_problem"
    " forgot_password payment_failed account_locked report_scam stolen_funds verify_official_number"
    " check_balance check_transactions ticket_status".split()
)
_ASIDES = frozenset({"greeting", "thanks", "goodbye", "bot_challenge", "change_language", "repeat", "affirm", "deny"})
_OTHER_WISHES = frozenset({"freeze_account", "lost_device", "talk_to_human", "unfreeze", "request_callback"})
_SURE = 0.6


def form_interrupted_by(tracker: Tracker, form: str) -> str | None:
    """The form that was open when `form` took its place."""
    for event in reversed(tracker.events):
        if event["event"] == "active_loop" and event.get("name") != form:
            name = event.get("name")
            return name if name in RESUMABLE else None
    return None


def is_digression(turn: Turn) -> bool:
    """Whether the message is something else than the text that a form asked for: another wish, or a question.

    A description of what went wrong often sounds like a topic ("I was charged fees abroad"), so a topic that can be
    answered counts only when it was asked as a question, or is to be looked up.
    """
    if first_step(turn.intent) == turn.tracker.active_loop.get("name"):
        return False  # the wish that the form is about, said once more
    sure = float((turn.tracker.latest_message.get("intent") or {}).get("confidence") or 0) >= _SURE
    if not sure:
        return False
    if turn.intent in _ASIDES or turn.intent in _OTHER_WISHES:
        return True
    return turn.intent in _ANSWERS and (is_question(turn.text) or asks_to_look_up(turn.text))


class ResumableForm(WalletForm):
    """A form that remembers which other one it interrupted, and that can be stopped.

    Stopping is the form's own doing rather than a rule's: what "no" means depends on what was asked.
    """

    def begin(self, turn: Turn) -> dict[str, Any]:
        interrupted = form_interrupted_by(turn.tracker, self.form_name)
        if interrupted is None and (wish := other_wish(turn.tracker)) and first_step(wish) != self.form_name:
            return {"form_stopped": None, "interrupted_form": first_step(wish), "other_wish": wish}
        # Asked for anew, before it was offered again.
        if interrupted is None and turn.slot("interrupted_form") == self.form_name:
            return {"form_stopped": None, "interrupted_form": None}
        return {"form_stopped": None, **({"interrupted_form": interrupted} if interrupted else {})}

    def act(self, turn: Turn) -> list[Event]:
        events = super().act(turn)
        return [*events, SlotSet("requested_slot", None)] if turn.slot("form_stopped") else events


def stop() -> dict[str, Any]:
    """What `fill` returns to stop the form; the action after it then says so."""
    return {"form_stopped": True}


def say_stopped(turn: Turn, *collected: str) -> list[Event]:
    """Nothing of a stopped form was done, and nothing that it collected is kept."""
    turn.say("utter_stopped")
    offer_to_resume(turn)
    return [SlotSet(name, None) for name in ("form_stopped", *collected)]


def offer_to_resume(turn: Turn) -> None:
    """Say what is still waiting, if anything is; `action_affirm` takes the yes."""
    waiting, wish = turn.slot("interrupted_form"), turn.slot("other_wish")
    if waiting and wish and waiting == first_step(wish):
        turn.say("utter_resume_other_wish", wish=label(f"topic_{wish}", turn.language))
    elif waiting:
        turn.say(f"utter_resume_{waiting}")


def resume(turn: Turn) -> list[Event]:
    """Open the interrupted form again, what was said in it still known; or take up the wish that came second."""
    waiting = turn.slot("interrupted_form")
    return [SlotSet("interrupted_form", None), SlotSet("other_wish", None), FollowupAction(waiting)]
