"""Reaching a person: the queue of who is at the desk, else a ticket that asks for one, with this conversation attached."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Any

from actions.base import Event, Turn, WalletAction
from actions.customer_words import is_command
from actions.forms import ResumableForm, offer_to_resume, say_stopped
from actions.matter import topic_at_hand
from actions.open_ticket import ask_contact, due_in_words, fill_contact, open_ticket
from wallet_core import handovers, tickets
from wallet_core.conversations import get_conversation
from wallet_core.models import HandoverReason, Owner
from wallet_core.ticket_records import WORKABLE
from wallet_core.tickets import TicketView

_ANYTHING = "talk_to_human"


class TalkToHumanForm(ResumableForm):
    form_name = "talk_to_human_form"

    def fill(self, turn: Turn) -> dict[str, Any]:
        return fill_contact(turn)

    def required(self, turn: Turn) -> list[str]:
        return [] if somebody_there(turn) else ask_contact(turn)


class ActionTalkToHuman(WalletAction):
    action_name = "action_talk_to_human"

    def act(self, turn: Turn) -> list[Event]:
        if turn.slot("form_stopped"):
            return say_stopped(turn)
        if join_queue(turn, HandoverReason.ASKED):
            return []
        ticket, due = _pass_on(turn, _topic(turn))
        turn.say("utter_person_will_contact", receipts=[ticket.reference], reference=ticket.reference, due=due)
        offer_to_resume(turn)
        return []

    def take_leave(self, turn: Turn, events: list[Event]) -> list[Event]:
        return [] if _waits(turn) else super().take_leave(turn, events)  # what comes now is read by a person


def somebody_there(turn: Turn) -> bool:
    """Whether the customer would get an agent in this chat. A call is put through by the phone's own ways."""
    return not turn.spoken and _manned(turn, _topic(turn))


def join_queue(turn: Turn, reason: HandoverReason) -> bool:
    """Put the customer into the queue of what this is about, and say which place that is; False if nobody is there."""
    if turn.spoken:
        return False
    waiting = handovers.join(
        turn.session,
        conversation_id=turn.conversation_id,
        topic=_topic(turn),
        reason=reason,
        routing=turn.wiring.routing,
        now=turn.now,
    )
    if waiting is None:
        return False
    minutes = ceil((waiting.wait or timedelta(0)) / timedelta(minutes=1))
    if minutes:
        turn.say("utter_handover_waiting", place=waiting.place, minutes=minutes)
    else:
        turn.say("utter_handover_next")
    return True


def _pass_on(turn: Turn, topic: str) -> tuple[TicketView, str]:
    """The ticket and its deadline: the one of this matter that is open already, where we know how to reach who asks."""
    conversation = get_conversation(turn.session, conversation_id=turn.conversation_id)
    if conversation.signed_in and topic != _ANYTHING:
        for ticket in tickets.tickets_of_conversation(turn.session, conversation_id=turn.conversation_id):
            if ticket.topic == topic and ticket.status in WORKABLE and ticket.due_at > turn.now:
                return ticket, due_in_words(turn, ticket)
    return open_ticket(turn, topic=topic, summary=last_words(turn))


def _topic(turn: Turn) -> str:
    """What is at hand; where only others are at the desk than those who answer for it, they are better than nobody."""
    topic = topic_at_hand(turn) or _ANYTHING
    others = not turn.spoken and not _manned(turn, topic) and _manned(turn, _ANYTHING)
    return _ANYTHING if others else topic


def _manned(turn: Turn, topic: str) -> bool:
    way = handovers.outlook(
        turn.session,
        conversation_id=turn.conversation_id,
        topic=topic,
        routing=turn.wiring.routing,
        now=turn.now,
    )
    return way.wait is not None


def _waits(turn: Turn) -> bool:
    return get_conversation(turn.session, conversation_id=turn.conversation_id).owner is Owner.QUEUE


def last_words(turn: Turn) -> str:
    """What the customer wrote last, oldest first; the whole conversation is linked anyway."""
    said = [event.get("text") or "" for event in turn.tracker.events if event["event"] == "user"]
    return "\n".join(text for text in said[-5:] if text and not is_command(text)) or "talk_to_human"
