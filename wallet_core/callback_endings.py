"""What follows when a callback ends without the talk it was asked for: a note on the ticket, a text, a block."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_core.callback_records import BLOCKED_FOR, close, record, still_to_come
from wallet_core.models import (
    Callback,
    CallbackBlock,
    CallbackStatus,
    ContactKind,
    Notice,
    NoticeStatus,
    Ticket,
)
from wallet_core.ports import Random
from wallet_core.routing import Routing
from wallet_core.ticket_comments import write_comment
from wallet_core.tickets import open_ticket_ourselves

# Somebody asked in their name, or the person called does not remember: fraud looks into it.
_NOT_REQUESTED_TOPIC = "report_scam"


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
        .where(Callback.number == number, Callback.status.in_((CallbackStatus.REQUESTED, CallbackStatus.CALLING)))
        .order_by(Callback.id)
        # Who holds one of them may be pressing 9 in another call, and wait for us; what is passed over is not started
        # any more, and the sweep ends it.
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for other in others:
        if not still_to_come(session, other):
            continue  # it rings; its person has the keys too
        call_off_blocked(session, other, now=now)
    session.flush()


def call_off_blocked(session: Session, callback: Callback, *, now: datetime) -> None:
    """The number must not be called; its person said so and is told nothing more."""
    close(callback, CallbackStatus.CANCELLED, outcome="blocked", now=now)
    record(session, callback, actor="system", action="cancel", reason="blocked", channel="system", now=now)


def text_customer(session: Session, callback: Callback, *, name: str, ticket: str, now: datetime) -> None:
    """Owe the number that was called a text; it holds references only, for nobody knows who reads it."""
    if callback.customer_id is None or callback.number is None:
        return
    session.add(
        Notice(
            customer_id=callback.customer_id,
            contact_kind=ContactKind.PHONE,
            destination=callback.number,
            name=name,
            language=callback.language,
            facts={"reference": callback.reference, "ticket": ticket},
            status=NoticeStatus.STORED,
            created_at=now,
            due_at=now,
        )
    )
    session.flush()


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
        callback.ticket_id = session.scalar(select(Ticket.id).where(Ticket.reference == ticket.reference))
        session.flush()
    return ticket.reference


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
