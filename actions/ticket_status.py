"""How a ticket stands, what was said on it last, and the way to answer."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions import wording
from actions.answer_ticket import answer_button, grant_for_tickets
from actions.base import Event, Turn, WalletAction
from actions.customer_words import reference_in
from actions.customers_zone import zone_of
from actions.labels import label
from actions.next_step import in_a_form
from wallet_core import tickets
from wallet_core.errors import NotFound
from wallet_core.models import Assurance, TicketStatus
from wallet_core.policy import Grant
from wallet_core.tickets import CommentView, TicketView

_TOLD = 3


class ActionTicketStatus(WalletAction):
    """The ticket that was named, else the newest: a signed-in customer's own, a visitor's of this conversation.

    Where one waits for the customer, their answer is asked for at once.
    """

    action_name = "action_ticket_status"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        grant = grant_for_tickets(turn)
        if reference := reference_in(turn.text):
            try:
                found = [tickets.ticket_by_reference(turn.session, grant=grant, reference=reference)]
            except NotFound:
                turn.say("utter_ticket_status_not_found")
                return []
        else:
            found = tickets.tickets_of(turn.session, grant=grant, limit=_TOLD)
        if not found:
            signed_in = grant.assurance >= Assurance.SIGNED_IN
            turn.say("utter_ticket_status_none" if signed_in else "utter_ticket_status_needs_sign_in")
        waits = None if in_a_form(turn) else next((one for one in found if one.status is TicketStatus.WAITING), None)
        for ticket in found:
            _tell(turn, grant, ticket, asked=ticket is waits)
        if waits is None:
            return []
        return [SlotSet("ticket_to_answer", waits.reference), FollowupAction("answer_ticket_form")]


def _tell(turn: Turn, grant: Grant, ticket: TicketView, *, asked: bool) -> None:
    """Say how it stands and what colleagues wrote; the last line has the button, unless the answer is `asked` for."""
    zone = zone_of(turn, grant)
    standing = tickets.standing_of(ticket, now=turn.now)
    wrote = _latest(tickets.comments(turn.session, grant=grant, reference=ticket.reference))
    lines: list[tuple[str, dict[str, Any]]] = [
        (
            f"utter_ticket_status_{standing}",
            {
                "reference": ticket.reference,
                "opened": wording.moment(ticket.created_at, turn.language, **zone),
                "due": wording.moment(ticket.due_at, turn.language, **zone),
            },
        )
    ]
    for one in wrote:
        lines.append(("utter_ticket_comment", {"at": wording.moment(one.at, turn.language, **zone), "words": one.text}))
    reopens = standing is TicketStatus.RESOLVED
    if reopens or standing is TicketStatus.WAITING or (wrote and standing is not TicketStatus.CLOSED):
        title = label("reopen_ticket" if reopens else "answer_ticket", turn.language, reference=ticket.reference)
        if not asked:
            lines[-1][1]["buttons"] = [{"title": title, "payload": answer_button(ticket)}]
    for name, facts in lines:
        turn.say(name, **facts)


def _latest(said: list[CommentView]) -> list[CommentView]:
    """What colleagues wrote since the customer did, else their last word before."""
    from_us = [place for place, one in enumerate(said) if one.author == "agent"]
    from_customer = max((place for place, one in enumerate(said) if one.author == "customer"), default=-1)
    since = [place for place in from_us if place > from_customer] or from_us[-1:]
    return [said[place] for place in since[-_TOLD:]]
