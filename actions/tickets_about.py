"""A ticket about one of the customer's transactions, opened once however often it is asked for."""

from __future__ import annotations

from collections.abc import Collection

from actions import wording
from actions.base import Turn
from actions.open_ticket import open_ticket
from actions.talk_to_human import last_words
from actions.wallet_owner import Owner
from wallet_core import disputes
from wallet_core.models import Language
from wallet_core.policy import Action
from wallet_core.tickets import TicketView
from wallet_core.verification import authorise


def open_ticket_about(turn: Turn, owner: Owner, transaction_ids: Collection[str], *, topic: str) -> tuple[TicketView, str]:
    """The ticket, and its deadline in words; where an open one of the topic holds these transactions, that one.

    Without transactions it is a ticket in the customer's own words.
    """
    if not transaction_ids:
        return open_ticket(turn, topic=topic, summary=last_words(turn))
    grant = authorise(turn.session, conversation_id=turn.conversation_id, action=Action.DISPUTE, now=turn.now)
    ticket = disputes.open_dispute(
        turn.session,
        grant=grant,
        transaction_ids=transaction_ids,
        summary=last_words(turn),
        language=Language(turn.language),
        routing=turn.wiring.routing,
        now=turn.now,
        random=turn.wiring.random,
        topic=topic,
    )
    return ticket, wording.moment(ticket.due_at, turn.language, owner.time_zone)


def was_open(turn: Turn, ticket: TicketView) -> bool:
    """Whether the ticket was there before this message."""
    return ticket.created_at < turn.now


def say_ticket(turn: Turn, ticket: TicketView, due: str, *, name: str, **facts: str) -> None:
    """Tell of the ticket under `name`, or under `name`_already where it had been opened before."""
    turn.say(
        f"{name}_already" if was_open(turn, ticket) else name,
        receipts=[ticket.reference],
        reference=ticket.reference,
        due=due,
        **facts,
    )
