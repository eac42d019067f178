"""How a call that we owe ends, and what follows: a note on the ticket, a text, a block."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_core import contacts, notices
from wallet_core.callback_records import BLOCKED_FOR, IS_CALLBACK, asked_by_known, close, record, still_to_come
from wallet_core.models import Callback, CallbackAttempt, CallbackBlock, CallbackStatus, CallPurpose, Ticket
from wallet_core.ports import Random
from wallet_core.routing import Routing
from wallet_core.ticket_comments import write_comment
from wallet_core.tickets import open_ticket_ourselves

BLOCKED, SETTLED = "blocked", "settled"  # why a call is called off

# Somebody asked in their name, or the person called does not remember: fraud looks into it.
_NOT_REQUESTED_TOPIC = "report_scam"


class AttemptOutcome(StrEnum):
    """What a try came to."""

    CONNECTED = "connected"  # pressed 1
    NOT_REQUESTED = "not_requested"  # pressed 9: it was not them
    LATER = "later"  # pressed 0: not now
    NO_KEY = "no_key"  # somebody answered and pressed nothing
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"  # voicemail: told nothing
    UNREACHABLE = "unreachable"  # the call could not be placed
    NOT_CALLABLE = "not_callable"  # no call of ours can ever get there: not tried again
    UNKNOWN = "unknown"  # its holder was lost, and nobody can tell
    CONFIRMED = "confirmed"  # pressed 1 where we asked for a confirmation
    REJECTED = "rejected"  # pressed 2: it was not theirs


# Somebody's telephone rang, and they did not get to speak with us.
_MISSED = (AttemptOutcome.NO_KEY, AttemptOutcome.NO_ANSWER, AttemptOutcome.BUSY, AttemptOutcome.MACHINE)


class CallOutcome(StrEnum):
    """How a connected callback ended."""

    TALKED = "talked"
    HUNG_UP = "hung_up"  # before anybody took the call
    NOBODY_FREE = "nobody_free"
    UNKNOWN = "unknown"  # nobody told us in four hours


def close_with_note(
    session: Session,
    callback: Callback,
    status: CallbackStatus,
    *,
    outcome: str,
    routing: Routing,
    now: datetime,
    random: Random,
) -> str:
    """End the callback and note it for agents on its ticket, opening one where there is none; gives the reference."""
    close(callback, status, outcome=outcome, now=now)
    session.flush()
    if callback.ticket_id is None:
        _open_ticket(session, callback, topic=callback.topic, routing=routing, now=now, random=random)
    ticket = session.get_one(Ticket, callback.ticket_id)
    text = f"{callback.reference}: {status}, {outcome}"
    write_comment(session, ticket, author="system", text=text, internal=True, now=now)
    return ticket.reference


def give_up(
    session: Session,
    callback: Callback,
    status: CallbackStatus,
    *,
    routing: Routing,
    now: datetime,
    random: Random,
    told: bool = False,
) -> None:
    """It is not called any more. A callback leaves a note on its ticket and a text; what we asked for stays undecided.

    Args:
        told: they heard it in the call itself, and need no text.
    """
    outcome = callback.outcome or status
    if callback.customer_id is None:
        close(callback, status, outcome=outcome, now=now)  # nobody to call, nobody to tell
    elif callback.purpose is not CallPurpose.CALLBACK:
        close(callback, status, outcome=outcome, now=now)
        how = "impossible" if outcome == AttemptOutcome.NOT_CALLABLE else "missed"
        name = f"utter_notice_confirmation_{how}_{callback.purpose}"
        facts = {"reference": callback.reference}
        notices.store_notices(session, customer_id=callback.customer_id, name=name, facts=facts, now=now)
    else:
        ticket = close_with_note(session, callback, status, outcome=outcome, routing=routing, now=now, random=random)
        if not told:
            how = "missed" if _rang(session, callback) else "not_called"
            text_customer(session, callback, name=f"utter_notice_callback_{how}", ticket=ticket, now=now)
    record(session, callback, actor="system", action=status, reason=outcome, channel="system", now=now)


def complete(
    session: Session,
    callback: Callback,
    outcome: CallOutcome,
    *,
    actor: str,
    routing: Routing,
    now: datetime,
    random: Random,
) -> None:
    """The talk that was asked for is over, or came to nothing in the line; where nobody was free a ticket is left."""
    if callback.ticket_id is not None or outcome is CallOutcome.NOBODY_FREE:
        close_with_note(
            session, callback, CallbackStatus.COMPLETED, outcome=outcome, routing=routing, now=now, random=random
        )
    else:
        close(callback, CallbackStatus.COMPLETED, outcome=outcome, now=now)
    for contact_id in session.scalars(
        select(CallbackAttempt.contact_id).where(
            CallbackAttempt.callback_id == callback.id, CallbackAttempt.contact_id.is_not(None)
        )
    ):
        contacts.end_contact(session, contact_id=contact_id or 0, now=now)
    session.flush()
    record(session, callback, actor=actor, action="complete", reason=outcome, channel="voice", now=now)


def block(session: Session, callback: Callback, *, routing: Routing, now: datetime, random: Random) -> None:
    """The person called did not ask for it: no calls to this number for 24 hours, others called off, a ticket."""
    number = callback.number or ""
    _block_number(session, number, until=now + BLOCKED_FOR)
    if callback.ticket_id is not None:
        close_with_note(
            session,
            callback,
            CallbackStatus.NOT_REQUESTED,
            outcome="not_requested",
            routing=routing,
            now=now,
            random=random,
        )
    else:
        close(callback, CallbackStatus.NOT_REQUESTED, outcome="not_requested", now=now)
    session.flush()
    ticket = _open_ticket(session, callback, topic=_NOT_REQUESTED_TOPIC, routing=routing, now=now, random=random)
    text_customer(session, callback, name="utter_notice_callback_not_requested", ticket=ticket, now=now)
    record(session, callback, actor="customer", action="block", reason="not_requested", channel="voice", now=now)
    others = session.scalars(
        select(Callback)
        .where(
            IS_CALLBACK,
            Callback.number == number,
            Callback.status.in_((CallbackStatus.REQUESTED, CallbackStatus.CALLING)),
        )
        .order_by(Callback.id)
        # Who holds one of them may be pressing 9 in another call, and wait for us; what is passed over is not started
        # any more, and the sweep ends it.
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for other in others:
        if not still_to_come(session, other):
            continue  # it rings; its person has the keys too
        call_off(session, other, reason=BLOCKED, now=now)
    session.flush()


def call_off(session: Session, callback: Callback, *, reason: str, now: datetime) -> None:
    """There is no use in calling, and the customer, who saw to that, is told nothing more."""
    close(callback, CallbackStatus.CANCELLED, outcome=reason, now=now)
    record(session, callback, actor="system", action="cancel", reason=reason, channel="system", now=now)


def text_customer(session: Session, callback: Callback, *, name: str, ticket: str, now: datetime) -> None:
    """Owe the number that was called a text; it holds references only, for nobody knows who reads it."""
    if callback.number is None:
        return
    notices.store_text(
        session,
        customer_id=callback.customer_id,
        number=callback.number,
        language=callback.language,
        name=name,
        facts={"reference": callback.reference, "ticket": ticket},
        now=now,
    )


def _open_ticket(
    session: Session, callback: Callback, *, topic: str, routing: Routing, now: datetime, random: Random
) -> str:
    ticket = open_ticket_ourselves(
        session,
        customer_id=callback.customer_id,
        conversation_id=None,  # who asked may not be who was called, and must not see it
        topic=topic,
        summary=f"{callback.reference}: {callback.status}, {callback.outcome}",
        language=callback.language,
        routing=routing,
        now=now,
        random=random,
        request_key=f"callback:{callback.id}:{callback.status}",
    )
    if callback.ticket_id is None:
        tie(session, callback, ticket.reference, now=now)
    return ticket.reference


def _rang(session: Session, callback: Callback) -> bool:
    rang = select(CallbackAttempt.id).where(
        CallbackAttempt.callback_id == callback.id, CallbackAttempt.outcome.in_(_MISSED)
    )
    return session.scalars(rang.limit(1)).first() is not None


def tie(session: Session, callback: Callback, ticket_reference: str, *, now: datetime) -> None:
    """Make it the callback's ticket. What was said when the call was asked for is noted there for the agents alone:
    who asked may not be the customer whose ticket it is."""
    ticket = session.scalars(select(Ticket).where(Ticket.reference == ticket_reference)).one()
    callback.ticket_id = ticket.id
    session.flush()
    if callback.about is not None:
        how = "signed in" if asked_by_known(callback) else "not proven"
        text = f"{callback.reference}, said when it was asked for ({how}): {callback.about}"
        write_comment(session, ticket, author="system", text=text, internal=True, now=now)


def _block_number(session: Session, number: str, *, until: datetime) -> None:
    known = session.get(CallbackBlock, number, with_for_update=True, populate_existing=True)
    if known is None:
        try:
            with session.begin_nested():
                session.add(CallbackBlock(number=number, until=until))
            return
        except IntegrityError:  # pressed at the same time in another call
            known = session.get_one(CallbackBlock, number, with_for_update=True, populate_existing=True)
    known.until = max(known.until, until)
