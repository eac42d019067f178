"""Connecting a caller to a person: into the line where somebody is there, else a ticket asks a person to call.

`connect_to_person` is all that the rest of the phone knows of it; what follows in the line is in `call_line`.
"""

from __future__ import annotations

from bot.gateway.channels.voice_matter import topic_of_call
from bot.gateway.channels.voice_stage import NUMBER, Stage
from bot.telephony.reach import reach_of
from wallet_core import (
    call_agents,
    call_queue,
    callbacks,
    calls,
    customers,
    notices,
    summaries,
    tickets,
    transcripts,
    verification,
)
from wallet_core.callbacks import CallbackCase
from wallet_core.models import CallDirection, CallOutcome, CallState, Role
from wallet_core.policy import Action
from wallet_core.routing import Route, route
from wallet_core.ticket_records import WORKABLE
from wallet_core.tickets import TicketView

TOPIC = "talk_to_human"
_LAST_LINES = 20
_LONGEST_KEYED = 15
_MOST_TRIES = 2


def connect_to_person(stage: Stage, *, topic: str | None = None) -> str:
    """Take the turn: the caller waits in line for a person, under `topic`, or hears when one will call; with a ticket.

    Without a topic it is what the call is about. Whose number is withheld is asked for one where nobody is there. The
    call of a callback keeps to its ticket.
    """
    topic = topic or _matter(stage)
    way = _way(stage, topic)
    missing = _what_is_missing(stage, way)
    if missing is None:
        return _join(stage, topic, way)
    stage.say(missing)
    if stage.call.number is None and not any(ticket.contact for ticket in _tickets(stage, topic, None)):
        stage.say("utter_voice_ask_number")
        return stage.keep(CallState.LEAVING_NUMBER, entry=NUMBER, purpose=topic)
    return leave_ticket(stage, topic, stage.call.number)


def can_wait(stage: Stage, *, topic: str | None = None) -> bool:
    """Whether a person would come to the phone now."""
    return _what_is_missing(stage, _way(stage, topic or _matter(stage))) is None


def take_number(stage: Stage, keys: str) -> str:
    """Take the turn: the caller keyed in where a person reaches them, or `#` where there is none."""
    topic = stage.call.scene.purpose or TOPIC
    number = keyed_number(keys)
    if number is None and keys != "#" and stage.call.misses + 1 < _MOST_TRIES:
        stage.say("utter_voice_number_unclear")
        return stage.keep_asking(misses=stage.call.misses + 1)
    return leave_ticket(stage, topic, number)


def keyed_number(keys: str) -> str | None:
    """A number as one keys it in, with its country's code and without the plus; None where it is none that we call."""
    digits = keys.removeprefix("00")
    return customers.standard_number(f"+{digits}") if digits.isdecimal() and len(digits) <= _LONGEST_KEYED else None


def leave_ticket(stage: Stage, topic: str, number: str | None) -> str:
    """Take the turn: a person gets the case, and the caller hears its reference and what comes of it."""
    case = _callback_of(stage)
    if case is not None:
        reference = _ticket_of_callback(stage, case)
        stage.reply("utter_callback_call_person_will_call", receipts=(reference,), reference=reference)
        return _after_ticket(stage)
    ticket = _ticket(stage, topic, number)
    facts = {"reference": ticket.reference}
    contact = ticket.contact or number
    if contact is None:
        name = "utter_voice_person_without_number"
    elif contact == stage.call.number:
        name = "utter_voice_person_will_call"
    else:
        name, facts["ending"] = "utter_voice_person_will_call_number", " ".join(contact[-4:])
    stage.reply(name, receipts=(ticket.reference,), **facts)
    return _after_ticket(stage)


def _after_ticket(stage: Stage) -> str:
    stage.offer("utter_queue_more")
    calls.note_outcome(stage.session, sid=stage.call.sid, outcome=CallOutcome.PERSON)
    return stage.keep(CallState.TALKING)


def _callback_of(stage: Stage) -> CallbackCase | None:
    """The callback that this call is for."""
    if stage.call.direction is CallDirection.INBOUND:
        return None
    return callbacks.case_of_call(stage.session, call_sid=stage.call.sid)


def _matter(stage: Stage) -> str:
    """What the call is about; where only others are on than those who answer for it, they are better than nobody."""
    callback = _callback_of(stage)
    if callback is not None:
        return callback.topic
    topic = topic_of_call(stage.session, stage.conversation.id, stage.parts.routing, stage.now)
    if topic is None or (not can_wait(stage, topic=topic) and can_wait(stage, topic=TOPIC)):
        return TOPIC
    return topic


def _way(stage: Stage, topic: str) -> Route:
    """Where the call belongs. A callback keeps the priority that it was asked for with."""
    callback = _callback_of(stage)
    known = summaries.assurance_of(stage.session, conversation_id=stage.conversation.id, now=stage.now)
    way = route(
        stage.parts.routing,
        topic=topic,
        language=stage.language,
        now=stage.now,
        assurance=known,
        agents=call_agents.agents_on(stage.session),
    )
    return way if callback is None else way.model_copy(update={"priority": callback.priority})


def _what_is_missing(stage: Stage, way: Route) -> str | None:
    """The words for why nobody comes to the phone; None where somebody does."""
    if not way.open:
        return "utter_queue_closed"
    if not way.agents:
        return "utter_queue_nobody_on"
    if call_queue.count_waiting(stage.session, queue=way.queue) >= stage.parts.most_waiting:
        return "utter_queue_full"
    return None


def _join(stage: Stage, topic: str, way: Route) -> str:
    callback = _callback_of(stage)
    if callback is not None:
        reference = _ticket_of_callback(stage, callback)
    else:
        reference = _ticket(stage, topic, stage.call.number).reference
    waiting = call_queue.join(
        stage.session,
        call_sid=stage.call.sid,
        conversation_id=stage.conversation.id,
        customer_id=stage.conversation.customer_id,
        callback_id=callback.id if callback is not None else None,
        ticket_reference=reference,
        topic=topic,
        way=way,
        now=stage.now,
        random=stage.parts.random,
    )
    stage.reply("utter_queue_joined", receipts=(reference,), reference=reference)
    calls.note_outcome(stage.session, sid=stage.call.sid, outcome=CallOutcome.PERSON)
    return stage.keep(CallState.IN_LINE, purpose=waiting.id)


def _ticket_of_callback(stage: Stage, case: CallbackCase) -> str:
    """The one ticket of a callback and of its call: the one that it was asked for with, else this call's."""
    if case.ticket_reference is not None:
        return case.ticket_reference
    ticket = _ticket(stage, case.topic, stage.call.number)
    callbacks.tie_ticket(stage.session, callback_id=case.id, ticket_reference=ticket.reference, now=stage.now)
    return ticket.reference


def _ticket(stage: Stage, topic: str, number: str | None) -> TicketView:
    """The case of this call; the first time its reference is texted too, where we know whose number it is."""
    known = _tickets(stage, topic, number)
    if known:
        return known[0]
    grant = verification.authorise(
        stage.session, conversation_id=stage.conversation.id, action=Action.OPEN_TICKET, now=stage.now
    )
    ticket = tickets.open_ticket(
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
    _text(stage, ticket)
    return ticket


def _text(stage: Stage, ticket: TicketView) -> None:
    """To the number that called, if it is the customer's; a stranger's only where their network stands for it, for a
    number can be forged, and whoever has it then would get a text for each such call."""
    number = stage.call.number
    if number is None or not reach_of(number).texts or not (is_on_file(stage, number) or stage.call.vouched):
        return
    notices.store_text(
        stage.session,
        customer_id=stage.conversation.customer_id,
        number=number,
        language=stage.language,
        name="utter_notice_call_ticket",
        facts={"reference": ticket.reference},
        now=stage.now,
    )


def is_on_file(stage: Stage, number: str) -> bool:
    """Whether it is a number of the customer whose call this seems to be, and in their hands as far as we know."""
    points = customers.contact_points(stage.session, customer_id=stage.conversation.customer_id or "")
    return any(point.value == number and not point.reported_lost for point in points)


def _tickets(stage: Stage, topic: str, number: str | None) -> list[TicketView]:
    """What this call brought to people already: one ticket is enough, if by it they can call `number` or another."""
    opened = tickets.tickets_of_conversation(stage.session, conversation_id=stage.conversation.id)
    open_ones = [ticket for ticket in opened if ticket.topic == topic and ticket.status in WORKABLE]
    known = number is None or is_on_file(stage, number)
    return [ticket for ticket in open_ones if known or ticket.contact is not None]


def _last_words(stage: Stage) -> str:
    last = transcripts.last_from_customer(stage.session, conversation_id=stage.conversation.id)
    lines = transcripts.messages_after(
        stage.session, conversation_id=stage.conversation.id, after=max(0, last - _LAST_LINES)
    )
    return "\n".join(line.text for line in lines if line.role is Role.CUSTOMER)
