"""Reaching a person: the queue of who is at the desk, else a ticket that asks for one, with this conversation attached."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Any

from actions.base import Event, Turn, WalletAction
from actions.customer_words import is_command
from actions.forms import ResumableForm, offer_to_resume, say_stopped
from actions.open_ticket import ask_contact, fill_contact, open_ticket
from wallet_core import handovers
from wallet_core.conversations import get_conversation
from wallet_core.models import HandoverReason, Owner


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
        ticket, due = open_ticket(turn, topic="talk_to_human", summary=last_words(turn))
        turn.say("utter_person_will_contact", receipts=[ticket.reference], reference=ticket.reference, due=due)
        offer_to_resume(turn)
        return []

    def take_leave(self, turn: Turn, events: list[Event]) -> list[Event]:
        return [] if _waits(turn) else super().take_leave(turn, events)  # what comes now is read by a person


def somebody_there(turn: Turn) -> bool:
    """Whether the customer would get an agent in this chat. A call is put through by the phone's own ways."""
    if turn.spoken:
        return False
    way = handovers.outlook(
        turn.session,
        conversation_id=turn.conversation_id,
        topic=_topic(turn),
        routing=turn.wiring.routing,
        now=turn.now,
    )
    return way.wait is not None


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


def _topic(turn: Turn) -> str:
    return turn.slot("ticket_topic") or "talk_to_human"


def _waits(turn: Turn) -> bool:
    return get_conversation(turn.session, conversation_id=turn.conversation_id).owner is Owner.QUEUE


def last_words(turn: Turn) -> str:
    """What the customer wrote last, oldest first; the whole conversation is linked anyway."""
    said = [event.get("text") or "" for event in turn.tracker.events if event["event"] == "user"]
    return "\n".join(text for text in said[-5:] if text and not is_command(text)) or "talk_to_human"
