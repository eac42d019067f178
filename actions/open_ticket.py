"""A ticket in the customer's own words."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customer_words import contact_in, declines_contact, is_command, looks_like_contact
from actions.customers_zone import zone_of
from actions.forms import ResumableForm, is_digression, offer_to_resume, say_stopped, stop
from wallet_core import text_threads, tickets
from wallet_core.conversations import get_conversation
from wallet_core.models import Assurance, Language
from wallet_core.policy import Action
from wallet_core.tickets import TicketView
from wallet_core.verification import authorise

# What stands in the slot when the customer would rather not leave a contact.
NO_CONTACT = "-"
STOPPERS = ("deny", "goodbye")
_COLLECTED = ("ticket_topic", "ticket_summary")


def ask_contact(turn: Turn) -> list[str]:
    """The slot `contact`, of visitors only: a signed-in customer's is on file, and who texts has given a number."""
    conversation = get_conversation(turn.session, conversation_id=turn.conversation_id)
    known = conversation.assurance >= Assurance.SIGNED_IN or _texts_from(turn) is not None
    return [] if known else ["contact"]


def fill_contact(turn: Turn) -> dict[str, Any]:
    """The contact that was left or declined; asked again where it is neither, unless something else was asked."""
    if contact := contact_in(turn.text):
        return {"contact": contact}
    if declines_contact(turn.text) or (is_command(turn.text) and turn.intent == "deny"):
        return {"contact": NO_CONTACT}
    if turn.intent in STOPPERS:
        return stop()
    if is_command(turn.text) or (is_digression(turn) and not looks_like_contact(turn.text)):
        return {}
    turn.say("utter_contact_not_understood")
    return {"contact": None}


def open_ticket(turn: Turn, *, topic: str, summary: str) -> tuple[TicketView, str]:
    """Open it once for this message; returns it with its deadline in words."""
    grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.OPEN_TICKET, now=turn.now)
    left = turn.slot("contact")
    contact = left if left not in (None, NO_CONTACT) else _texts_from(turn)
    ticket = tickets.open_ticket(
        turn.session,
        grant=grant,
        topic=topic,
        summary=summary,
        language=Language(turn.language),
        contact=contact,
        routing=turn.wiring.routing,
        now=turn.now,
        random=turn.wiring.random,
        request_key=turn.request_key,
    )
    return ticket, due_in_words(turn, ticket)


def due_in_words(turn: Turn, ticket: TicketView) -> str:
    """Until when a ticket of this conversation is answered."""
    grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.OPEN_TICKET, now=turn.now)
    return wording.moment(ticket.due_at, turn.language, **zone_of(turn, grant))


def _texts_from(turn: Turn) -> str | None:
    """The number that the customer texts us from. Rasa never has it: it is in the core's record of the conversation."""
    numbers = text_threads.numbers_of(turn.session, conversation_id=turn.conversation_id)
    return numbers.theirs if numbers is not None else None


class OpenTicketForm(ResumableForm):
    form_name = "open_ticket_form"

    def fill(self, turn: Turn) -> dict[str, Any]:
        if turn.slot("requested_slot") == "contact":
            return fill_contact(turn)
        if turn.intent in STOPPERS:
            return stop()
        if is_command(turn.text) or is_digression(turn):
            return {}
        return {"ticket_summary": turn.text}

    def required(self, turn: Turn) -> list[str]:
        return ["ticket_summary", *ask_contact(turn)]


class ActionOpenTicket(WalletAction):
    action_name = "action_open_ticket"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn, *_COLLECTED)
        ticket, due = open_ticket(
            turn, topic=turn.slot("ticket_topic") or "open_ticket", summary=turn.slot("ticket_summary")
        )
        turn.say("utter_ticket_opened", receipts=[ticket.reference], reference=ticket.reference, due=due)
        offer_to_resume(turn)
        return [SlotSet(name, None) for name in _COLLECTED]
