"""A ticket about one of the customer's transactions, opened once however often it is asked for."""

from __future__ import annotations

from collections.abc import Collection

from rasa_sdk.events import FollowupAction, SlotSet

from actions import wording
from actions.base import Event, Turn
from actions.customer_words import is_command
from actions.facts.amounts import amounts_in
from actions.facts.parties import party_in
from actions.talk_to_human import last_words
from actions.wallet_owner import Owner
from wallet_core import disputes
from wallet_core.models import Language
from wallet_core.policy import Action
from wallet_core.tickets import TicketView
from wallet_core.verification import authorise

_READ = 5  # the customer's messages that are looked at


def open_ticket_about(
    turn: Turn, owner: Owner, transaction_ids: Collection[str], *, topic: str
) -> tuple[TicketView, str]:
    """The ticket, and its deadline in words; where an open one of the topic holds these transactions, that one."""
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


def ticket_in_own_words(turn: Turn, topic: str, *, of_last: int = _READ) -> list[Event]:
    """Go on to a ticket about what we have no record of: with what was said of it, else with what is asked then.

    `of_last`: of how many messages this is read, where what came before them was about something else.
    """
    texts = [str(event.get("text") or "") for event in turn.tracker.events if event["event"] == "user"]
    said = [text for text in texts if text and not is_command(text)][-of_last:]
    told = any(amounts_in(text) or party_in(text) for text in said)
    return [
        SlotSet("ticket_topic", topic),
        SlotSet("ticket_summary", "\n".join(said) if told else None),
        FollowupAction("open_ticket_form"),
    ]


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
