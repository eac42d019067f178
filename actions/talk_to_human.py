"""Reaching a person: a ticket that asks for one, with this conversation attached."""

from __future__ import annotations

from typing import Any

from actions.base import Event, Turn, WalletAction
from actions.customer_words import is_command
from actions.forms import ResumableForm, offer_to_resume, say_stopped
from actions.open_ticket import ask_contact, fill_contact, open_ticket


class TalkToHumanForm(ResumableForm):
    form_name = "talk_to_human_form"

    def fill(self, turn: Turn) -> dict[str, Any]:
        return fill_contact(turn)

    def required(self, turn: Turn) -> list[str]:
        return ask_contact(turn)


class ActionTalkToHuman(WalletAction):
    action_name = "action_talk_to_human"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn)
        ticket, due = open_ticket(turn, topic="talk_to_human", summary=last_words(turn))
        turn.say("utter_person_will_contact", receipts=[ticket.reference], reference=ticket.reference, due=due)
        offer_to_resume(turn)
        return []


def last_words(turn: Turn) -> str:
    """What the customer wrote last, oldest first; the whole conversation is linked anyway."""
    said = [event.get("text") or "" for event in turn.tracker.events if event["event"] == "user"]
    return "\n".join(text for text in said[-5:] if text and not is_command(text)) or "talk_to_human"
