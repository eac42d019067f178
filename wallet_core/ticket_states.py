"""The states of a ticket, and its service-level clock.

open ⇄ in_progress              an agent takes it, or gives it back
open, in_progress → waiting     for the customer; the clock stands still
waiting → open, in_progress     the customer answered, or an agent goes on
open, in_progress, waiting → resolved
resolved → open                 reopened, within 14 days
any but closed → closed         for good
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from wallet_core import surveys
from wallet_core.models import Ticket, TicketStatus
from wallet_core.policy import Grant
from wallet_core.routing import Routing
from wallet_core.ticket_records import is_agent, record

# What `move` does; open ⇄ in_progress follows from the assignment, resolved → open is `reopen`.
MOVES: dict[TicketStatus, frozenset[TicketStatus]] = {
    TicketStatus.OPEN: frozenset({TicketStatus.WAITING, TicketStatus.RESOLVED, TicketStatus.CLOSED}),
    TicketStatus.IN_PROGRESS: frozenset({TicketStatus.WAITING, TicketStatus.RESOLVED, TicketStatus.CLOSED}),
    TicketStatus.WAITING: frozenset({TicketStatus.OPEN, TicketStatus.RESOLVED, TicketStatus.CLOSED}),
    TicketStatus.RESOLVED: frozenset({TicketStatus.CLOSED}),
    TicketStatus.CLOSED: frozenset(),
}


_ENDS = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})


def working(ticket: Ticket) -> TicketStatus:
    return TicketStatus.IN_PROGRESS if ticket.assigned_to else TicketStatus.OPEN


def set_status(
    session: Session, ticket: Ticket, to: TicketStatus, *, grant: Grant, routing: Routing, now: datetime
) -> None:
    if ticket.waiting_since is not None:
        ticket.due_at = _after_waiting(ticket, ticket.waiting_since, routing=routing, now=now)
        ticket.waiting_since = None
    if to is TicketStatus.WAITING:
        ticket.waiting_since = now
    ticket.resolved_at = (
        now if to is TicketStatus.RESOLVED else ticket.resolved_at if to is TicketStatus.CLOSED else None
    )
    ticket.status = to
    session.flush()
    if to in _ENDS and is_agent(grant) and ticket.conversation_id is not None:
        surveys.want(session, subject=ticket.reference, conversation_id=ticket.conversation_id, now=now)
    record(session, ticket, actor=grant.actor, action=to, reason="", channel=grant.channel, now=now)


def _after_waiting(ticket: Ticket, since: datetime, *, routing: Routing, now: datetime) -> datetime:
    """The deadline after a wait: what was left of the service time is left still. One already missed stays missed."""
    if ticket.due_at <= since:
        return ticket.due_at
    hours = routing.hours_of(routing.standing_queue(ticket.queue))
    return hours.after(now, hours.open_time(since, ticket.due_at))
