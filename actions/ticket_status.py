"""How a ticket stands."""

from __future__ import annotations

from actions import wording
from actions.base import Event, Turn, WalletAction
from actions.customer_words import reference_in
from actions.customers_zone import zone_of
from wallet_core import tickets
from wallet_core.errors import NotFound
from wallet_core.models import Assurance
from wallet_core.policy import Action
from wallet_core.verification import authorise

_TOLD = 3


class ActionTicketStatus(WalletAction):
    """The ticket that was named, else the newest: a signed-in customer's own, a visitor's of this conversation."""

    action_name = "action_ticket_status"
    writes = False

    def act(self, turn: Turn) -> list[Event]:
        # What this grant lets one see is the conversation's own tickets, and all of one's own when signed in.
        grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.OPEN_TICKET, now=turn.now)
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
        zone = zone_of(turn, grant)
        for ticket in found:
            turn.say(
                f"utter_ticket_status_{ticket.status}",
                reference=ticket.reference,
                opened=wording.moment(ticket.created_at, turn.language, **zone),
                due=wording.moment(ticket.due_at, turn.language, **zone),
            )
        return []
