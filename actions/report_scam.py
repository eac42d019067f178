"""A scam: warned at once, the freeze offered, and what happened passed to the fraud team."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Event, Turn, WalletAction
from actions.customer_words import is_command
from actions.forms import ResumableForm, is_digression, offer_to_resume, say_stopped, stop
from actions.open_ticket import STOPPERS, ask_contact, fill_contact, open_ticket
from actions.talk_to_human import last_words

# What stands in the slot where the customer has told everything already.
_NOTHING_MORE = "-"


class ReportScamForm(ResumableForm):
    form_name = "report_scam_form"

    def begin(self, turn: Turn) -> dict[str, Any]:
        if turn.intent == "report_scam":  # not when it is taken up again
            turn.say("utter_report_scam")
        told = turn.slot("scam_report") if is_command(turn.text) or turn.intent != "report_scam" else turn.text
        return {**super().begin(turn), "scam_report": told}

    def fill(self, turn: Turn) -> dict[str, Any]:
        if turn.slot("requested_slot") == "contact":
            return fill_contact(turn)
        if turn.intent in STOPPERS:
            return stop()
        if turn.intent == "affirm" and is_command(turn.text):
            return {"scam_details": _NOTHING_MORE}
        if is_command(turn.text) or is_digression(turn):
            return {}
        return {"scam_details": turn.text}

    def required(self, turn: Turn) -> list[str]:
        return ["scam_details", *ask_contact(turn)]


class ActionReportScam(WalletAction):
    action_name = "action_report_scam"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn, "scam_report", "scam_details")
        details = turn.slot("scam_details")
        parts = [turn.slot("scam_report"), None if details == _NOTHING_MORE else details]
        summary = "\n".join(part for part in parts if part) or last_words(turn)
        ticket, due = open_ticket(turn, topic="report_scam", summary=summary)
        turn.say("utter_scam_ticket_opened", receipts=[ticket.reference], reference=ticket.reference, due=due)
        offer_to_resume(turn)
        return [SlotSet(name, None) for name in ("scam_report", "scam_details")]
