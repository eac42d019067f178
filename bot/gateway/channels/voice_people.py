"""Connecting a caller to a person. Nobody stands behind the line yet: a ticket asks a person to call, and says so.

`connect_to_person` is all that the rest of the phone knows of it.
"""

from __future__ import annotations

from bot.gateway.channels.voice_stage import NUMBER, Stage
from wallet_core import calls, customers, tickets, transcripts, verification
from wallet_core.callbacks import CallbackCase
from wallet_core.models import CallOutcome, CallState, Role
from wallet_core.policy import Action
from wallet_core.ticket_records import WORKABLE
from wallet_core.tickets import TicketView

TOPIC = "talk_to_human"
_LAST_LINES = 20
_LONGEST_KEYED = 15
_MOST_TRIES = 2


def connect_to_person(stage: Stage, *, topic: str = TOPIC, callback: CallbackCase | None = None) -> str:
    """Take the turn: a person gets this call's case, under `topic`, and the caller hears the reference.

    Whose number is withheld is asked for one first. `callback` is the one that this call is for.
    """
    if stage.call.number is None and not _tickets(stage, topic):
        stage.say("utter_voice_ask_number")
        return stage.keep(CallState.LEAVING_NUMBER, entry=NUMBER, purpose=topic)
    return _open_ticket(stage, topic, stage.call.number)


def take_number(stage: Stage, keys: str) -> str:
    """Take the turn: the caller keyed in where a person reaches them, or `#` where there is none."""
    topic = stage.call.scene.purpose or TOPIC
    number = keyed_number(keys)
    if number is None and keys != "#" and stage.call.misses + 1 < _MOST_TRIES:
        stage.say("utter_voice_number_unclear")
        return stage.keep_asking(misses=stage.call.misses + 1)
    return _open_ticket(stage, topic, number)


def keyed_number(keys: str) -> str | None:
    """A number as one keys it in, with its country's code and without the plus; None where it is none that we call."""
    digits = keys.removeprefix("00")
    return customers.standard_number(f"+{digits}") if digits.isdecimal() and len(digits) <= _LONGEST_KEYED else None


def _open_ticket(stage: Stage, topic: str, number: str | None) -> str:
    known = _tickets(stage, topic)
    ticket = known[0] if known else _new_ticket(stage, topic, number)
    facts = {"reference": ticket.reference}
    if ticket.contact is None:
        name = "utter_voice_person_without_number"
    elif ticket.contact == stage.call.number:
        name = "utter_voice_person_will_call"
    else:
        name, facts["ending"] = "utter_voice_person_will_call_number", " ".join(ticket.contact[-4:])
    stage.reply(name, receipts=(ticket.reference,), **facts)
    stage.say("utter_voice_more")
    calls.note_outcome(stage.session, sid=stage.call.sid, outcome=CallOutcome.PERSON)
    return stage.keep(CallState.TALKING)


def _new_ticket(stage: Stage, topic: str, number: str | None) -> TicketView:
    grant = verification.authorise(
        stage.session, conversation_id=stage.conversation.id, action=Action.OPEN_TICKET, now=stage.now
    )
    return tickets.open_ticket(
        stage.session,
        grant=grant,
        topic=topic,
        summary=_last_words(stage) or topic,
        language=stage.language,
        contact=number,
        routing=stage.parts.routing,
        now=stage.now,
        random=stage.parts.random,
        request_key=f"call:{stage.identity}",
    )


def _tickets(stage: Stage, topic: str) -> list[TicketView]:
    """What this call asked a person for already: one ticket is enough."""
    opened = tickets.tickets_of_conversation(stage.session, conversation_id=stage.conversation.id)
    return [ticket for ticket in opened if ticket.topic == topic and ticket.status in WORKABLE]


def _last_words(stage: Stage) -> str:
    last = transcripts.last_from_customer(stage.session, conversation_id=stage.conversation.id)
    lines = transcripts.messages_after(
        stage.session, conversation_id=stage.conversation.id, after=max(0, last - _LAST_LINES)
    )
    return "\n".join(line.text for line in lines if line.role is Role.CUSTOMER)
