"""What is noted on tickets of phone calls, for the agents alone: how a call went, and how an agent's talk ended.

What was said stands in the conversation that the ticket is tied to; the notes hold references, keys and times.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import transcripts
from wallet_core.call_offers import WrapUp
from wallet_core.errors import WalletError
from wallet_core.models import Call, CallOffer, OfferState, Ticket, TicketStatus, WaitingCall
from wallet_core.policy import Grant
from wallet_core.routing import Routing
from wallet_core.ticket_comments import add_comment, write_comment
from wallet_core.ticket_work import move, take
from wallet_core.waiting_records import WaitingView

_SYSTEM = "system"
_TALKED = (OfferState.ACCEPTED, OfferState.WRAPPING_UP, OfferState.ENDED)


def note_call(session: Session, *, call: Call, now: datetime) -> None:
    """Write down on the tickets of a call that is over how it went; asked for once, when it ends."""
    waited = session.scalar(select(WaitingCall).where(WaitingCall.call_sid == call.sid))
    of_line = waited.ticket_reference if waited is not None else None
    tickets = session.scalars(
        select(Ticket).where((Ticket.conversation_id == call.conversation_id) | (Ticket.reference == (of_line or "")))
    ).all()
    if not tickets:
        return
    lines = transcripts.messages_after(session, conversation_id=call.conversation_id)
    receipts = list(dict.fromkeys(receipt for line in lines for receipt in line.receipts))
    parts = [
        f"{call.direction} call {call.sid}: {call.outcome or call.status}, {_seconds(call.started_at, now)}",
        *([_line(session, waited, now)] if waited is not None else []),
        f"keys: {call.scene.get('keys') or '-'}",
        f"receipts: {' '.join(receipts) or '-'}",
        f"conversation: {call.conversation_id}",
    ]
    for ticket in tickets:
        write_comment(session, ticket, author=_SYSTEM, text="\n".join(parts), internal=True, now=now)


def take_case(session: Session, *, waiting: WaitingView, grant: Grant, now: datetime) -> None:
    """The agent who accepted a call has its ticket too, unless it is another's already."""
    if waiting.ticket_reference is None:
        return
    try:
        with session.begin_nested():
            take(session, grant=grant, reference=waiting.ticket_reference, now=now)
    except WalletError:
        return  # somebody works on it, or it is answered: they have the caller all the same


def note_wrap_up(
    session: Session, *, waiting: WaitingView, grant: Grant, outcome: WrapUp, routing: Routing, now: datetime
) -> None:
    """Put the agent's word for how the talk ended on the ticket; one that is solved is resolved with it."""
    if waiting.ticket_reference is None:
        return
    reference = waiting.ticket_reference
    try:
        with session.begin_nested():
            add_comment(
                session,
                grant=grant,
                reference=reference,
                text=f"call: {outcome}",
                routing=routing,
                now=now,
                internal=True,
            )
            if outcome is WrapUp.SOLVED:
                move(session, grant=grant, reference=reference, to=TicketStatus.RESOLVED, routing=routing, now=now)
    except WalletError:
        return  # it was closed meanwhile: the audit trail has the outcome


def _line(session: Session, waited: WaitingCall, now: datetime) -> str:
    until = waited.connected_at or waited.ended_at or now
    told = f"line of {waited.queue}: {waited.state}, waited {_seconds(waited.entered_at, until)}"
    agent = session.scalar(
        select(CallOffer.agent_id).where(CallOffer.waiting_id == waited.id, CallOffer.state.in_(_TALKED))
    )
    if agent is None or waited.connected_at is None:
        return told
    return f"{told}, talked with {agent} {_seconds(waited.connected_at, waited.ended_at or now)}"


def _seconds(start: datetime, end: datetime) -> str:
    return f"{max(0, round((end - start).total_seconds()))} s"
