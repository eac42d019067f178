"""The customer's word on a ticket: the answer that it waits for, something to add, or what is wrong still, which reopens it."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customer_words import is_command, reference_in, stops_asking
from actions.customers_zone import zone_of
from actions.forms import ResumableForm, is_digression, offer_to_resume, say_stopped, stop
from actions.picking import gives_up
from wallet_core import tickets
from wallet_core.errors import NotFound
from wallet_core.models import TicketStatus
from wallet_core.policy import Action, Grant
from wallet_core.tickets import TicketView
from wallet_core.verification import authorise

TOPIC = "answer_ticket"
_COLLECTED = ("ticket_to_answer", "ticket_answer")
# A yes or a no may be the very answer.
_ANSWERS = ("affirm", "deny")


def grant_for_tickets(turn: Turn) -> Grant:
    """What it lets one see is the conversation's own tickets, and all of one's own when signed in."""
    return authorise(turn.session, conversation_id=turn.conversation_id, action=Action.OPEN_TICKET, now=turn.now)


def answer_button(ticket: TicketView) -> str:
    """The payload of a button that answers this ticket."""
    return f'/{TOPIC}{{"ticket": "{ticket.reference}"}}'


class AnswerTicketForm(ResumableForm):
    form_name = "answer_ticket_form"

    def begin(self, turn: Turn) -> dict[str, Any]:
        return {**super().begin(turn), "ticket_answer": None, **_named(turn)}

    def fill(self, turn: Turn) -> dict[str, Any]:
        if is_command(turn.text):
            return stop() if turn.intent == "deny" else _named(turn)
        if turn.intent == "goodbye" or stops_asking(turn.text) or gives_up(turn.text):
            return stop()
        if turn.intent not in _ANSWERS and is_digression(turn):
            return {}
        return {"ticket_answer": turn.text}

    def required(self, turn: Turn) -> list[str]:
        ticket = _meant(turn)
        closed = ticket is None or _standing(turn, ticket) is TicketStatus.CLOSED
        return [] if closed else ["ticket_answer"]


class AskTicketAnswer(WalletAction):
    action_name = "action_ask_ticket_answer"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        ticket = _meant(turn)
        assert ticket is not None  # the form asks about no other
        resolved = _standing(turn, ticket) is TicketStatus.RESOLVED
        turn.say("utter_ask_ticket_still_wrong" if resolved else "utter_ask_ticket_answer", reference=ticket.reference)
        return []


class ActionAnswerTicket(WalletAction):
    action_name = "action_answer_ticket"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn, *_COLLECTED)
        ticket = _meant(turn)
        if ticket is None:
            turn.say("utter_ticket_status_not_found")
        elif _standing(turn, ticket) is TicketStatus.CLOSED:
            turn.say("utter_ticket_closed_for_good", reference=ticket.reference)
        else:
            _put_on(turn, ticket, turn.slot("ticket_answer"))
        offer_to_resume(turn)
        return [SlotSet(name, None) for name in _COLLECTED]


def _put_on(turn: Turn, ticket: TicketView, words: str) -> None:
    """Put what was said on the ticket, and open it again where it was resolved."""
    grant, reference, routing = grant_for_tickets(turn), ticket.reference, turn.wiring.routing
    said = "utter_ticket_answer_added"
    if ticket.status is TicketStatus.RESOLVED:
        said = "utter_ticket_reopened"
        tickets.reopen(turn.session, grant=grant, reference=reference, routing=routing, now=turn.now)
    if not _is_there(turn, grant, ticket, words):
        tickets.add_comment(turn.session, grant=grant, reference=reference, text=words, routing=routing, now=turn.now)
    ticket = tickets.ticket_by_reference(turn.session, grant=grant, reference=reference)
    due = wording.moment(ticket.due_at, turn.language, **zone_of(turn, grant))
    turn.say(said, receipts=[reference], reference=reference, due=due)


def _is_there(turn: Turn, grant: Grant, ticket: TicketView, words: str) -> bool:
    """Whether a repeat of this message finds its work done."""
    if ticket.status in (TicketStatus.WAITING, TicketStatus.RESOLVED):
        return False
    said = tickets.comments(turn.session, grant=grant, reference=ticket.reference)
    return bool(said) and (said[-1].author, said[-1].text) == ("customer", words.strip())


def _named(turn: Turn) -> dict[str, Any]:
    """The ticket whose button was pressed, or that was named when the form opened."""
    reference = reference_in(turn.text)
    return {"ticket_to_answer": reference, "ticket_answer": None} if reference else {}


def _meant(turn: Turn) -> TicketView | None:
    """The ticket that is being answered; None where it is none that may be seen here."""
    reference = turn.slot("ticket_to_answer")
    if not reference:
        return None
    try:
        return tickets.ticket_by_reference(turn.session, grant=grant_for_tickets(turn), reference=reference)
    except NotFound:
        return None


def _standing(turn: Turn, ticket: TicketView) -> TicketStatus:
    return tickets.standing_of(ticket, now=turn.now)
