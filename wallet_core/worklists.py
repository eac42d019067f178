"""What is to be done at the desk: tickets by their clock, and what tells that any of the lists changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.models import AuditEntry, Conversation, Handover, Ticket, TicketStatus
from wallet_core.policy import Grant
from wallet_core.ticket_records import WORKABLE, TicketView, views_of, visible_to


def tickets_to_work(
    session: Session,
    *,
    grant: Grant,
    queues: Collection[str] | None = None,
    assigned_to: str | None = None,
    limit: int = 100,
) -> list[TicketView]:
    """The tickets to be worked on, whose clock runs out first at the top, those that wait for the customer last."""
    query = select(Ticket).where(visible_to(grant), Ticket.status.in_(WORKABLE))
    if queues is not None:
        query = query.where(Ticket.queue.in_(queues))
    if assigned_to is not None:
        query = query.where(Ticket.assigned_to == assigned_to)
    waits = Ticket.status == TicketStatus.WAITING
    return views_of(session, list(session.scalars(query.order_by(waits, Ticket.due_at, Ticket.id).limit(limit))))


def change_mark(session: Session, *, agent_id: str) -> tuple[int, int]:
    """Two numbers that change when anything on an agent's lists does: what was done, and said in their chats.

    Whatever is done leaves an audit entry, so the newest one's number tells of all of it.
    """
    done = session.scalar(select(func.max(AuditEntry.id))) or 0
    said = session.scalar(
        select(func.sum(Conversation.messages_count))
        .join(Handover, Handover.conversation_id == Conversation.id)
        .where(Handover.agent_id == agent_id, Handover.ended_at.is_(None))
    )
    return done, said or 0


def note_view(
    session: Session, *, agent_id: str, customer_id: str | None, subject: str, now: datetime, reason: str = ""
) -> None:
    """Write down that an agent looked at something of a customer's, in the customer's own chain."""
    audit.record(
        session,
        chain=customer_id or f"agent:{agent_id}",
        actor=f"agent:{agent_id}",
        action="desk_viewed",
        subject=subject,
        reason=reason,
        channel="desk",
        now=now,
    )
