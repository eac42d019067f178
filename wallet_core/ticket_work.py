"""Work on a ticket: who has it, the state it is in, where it belongs.

Names in `tickets`; import them from there.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.errors import NotAllowed, NotFound, WrongState
from wallet_core.models import Agent, Assurance, Priority, Ticket, TicketStatus
from wallet_core.policy import Grant
from wallet_core.routing import Routing
from wallet_core.ticket_records import (
    WORKABLE,
    TicketView,
    attach,
    find_ticket,
    is_agent,
    record,
    require_agent,
    view_of,
)
from wallet_core.ticket_states import MOVES, set_status, working

REOPEN_WITHIN = timedelta(days=14)


def take(session: Session, *, grant: Grant, reference: str, now: datetime) -> TicketView:
    """The agent whose grant it is takes the ticket; of two at the same time one gets it.

    Raises:
        NotFound, AgentOnly.
        WrongState: another agent has it (`assigned`), or it is resolved or closed.
    """
    require_agent(grant)
    ticket = find_ticket(session, grant=grant, reference=reference, lock=True)
    agent_id = grant.actor.partition(":")[2]
    if ticket.assigned_to not in (None, agent_id):
        raise WrongState(state="assigned", wanted="unassigned")
    return _assign(session, ticket, agent_id, grant=grant, now=now)


def assign(session: Session, *, grant: Grant, reference: str, agent_id: str | None, now: datetime) -> TicketView:
    """Give the ticket to an agent, whoever had it, or back to the queue with None.

    Raises:
        NotFound: no such ticket or agent.
        AgentOnly.
        WrongState: it is resolved or closed.
    """
    require_agent(grant)
    ticket = find_ticket(session, grant=grant, reference=reference, lock=True)
    return _assign(session, ticket, agent_id, grant=grant, now=now)


def _assign(session: Session, ticket: Ticket, agent_id: str | None, *, grant: Grant, now: datetime) -> TicketView:
    if agent_id is not None and session.get(Agent, agent_id) is None:
        raise NotFound()
    if ticket.status not in WORKABLE:
        raise WrongState(state=ticket.status, wanted="/".join(WORKABLE))
    if ticket.assigned_to != agent_id:
        ticket.assigned_to = agent_id
        if ticket.status is not TicketStatus.WAITING:
            ticket.status = working(ticket)
        session.flush()
        record(
            session, ticket, actor=grant.actor, action="assign", reason=agent_id or "", channel=grant.channel, now=now
        )
    return view_of(session, ticket)


def move(
    session: Session, *, grant: Grant, reference: str, to: TicketStatus, routing: Routing, now: datetime
) -> TicketView:
    """Move the ticket to another state; to the one it is in changes nothing.

    IN_PROGRESS and OPEN follow from the assignment: leaving WAITING, either may be named and the right one is taken.
    A customer may say that it is resolved, nothing else. Leaving RESOLVED for OPEN is `reopen`.

    Raises:
        NotFound: no such ticket, or not one that the grant may see.
        AgentOnly: a customer, to anything but RESOLVED.
        WrongState: no way leads there from its state.
    """
    ticket = find_ticket(session, grant=grant, reference=reference, lock=True)
    if to is not TicketStatus.RESOLVED:
        require_agent(grant)
    if to in (TicketStatus.OPEN, TicketStatus.IN_PROGRESS) and ticket.status is TicketStatus.WAITING:
        to, reached = working(ticket), True
    else:
        reached = to in MOVES[ticket.status]
    if ticket.status is to:
        return view_of(session, ticket)
    if not reached:
        raise WrongState(state=ticket.status, wanted=to)
    set_status(session, ticket, to, grant=grant, routing=routing, now=now)
    return view_of(session, ticket)


def standing_of(ticket: Ticket | TicketView, *, now: datetime) -> TicketStatus:
    """The state it is in: resolved more than 14 days ago it is as good as closed, whether swept up already or not."""
    over = ticket.resolved_at is not None and now > ticket.resolved_at + REOPEN_WITHIN
    return TicketStatus.CLOSED if over else ticket.status


def reopen(session: Session, *, grant: Grant, reference: str, routing: Routing, now: datetime) -> TicketView:
    """Put a resolved ticket back into its queue, unassigned, with a new deadline; within 14 days of its resolution.

    Raises:
        NotFound: no such ticket, or not one that the grant may see.
        WrongState: it is not resolved, or was more than 14 days ago (then as a closed one).
    """
    ticket = find_ticket(session, grant=grant, reference=reference, lock=True)
    if standing_of(ticket, now=now) is not TicketStatus.RESOLVED:
        raise WrongState(state=standing_of(ticket, now=now), wanted=TicketStatus.RESOLVED)
    ticket.assigned_to = None
    ticket.queue = routing.standing_queue(ticket.queue)
    ticket.due_at = routing.due_at(queue=ticket.queue, priority=Priority(ticket.priority), start=now)
    set_status(session, ticket, TicketStatus.OPEN, grant=grant, routing=routing, now=now)
    return view_of(session, ticket)


def transfer(
    session: Session,
    *,
    grant: Grant,
    reference: str,
    queue: str,
    priority: Priority,
    routing: Routing,
    now: datetime,
) -> TicketView:
    """Hand the ticket to another queue or priority; nobody has it then. The deadline only comes nearer.

    Raises:
        NotFound: no such ticket or queue.
        AgentOnly.
        WrongState: it is resolved or closed.
    """
    require_agent(grant)
    ticket = find_ticket(session, grant=grant, reference=reference, lock=True)
    if ticket.status not in WORKABLE:
        raise WrongState(state=ticket.status, wanted="/".join(WORKABLE))
    clock = ticket.waiting_since or now
    ticket.due_at = min(ticket.due_at, routing.due_at(queue=queue, priority=priority, start=clock))
    ticket.queue, ticket.priority, ticket.assigned_to = queue, priority, None
    if ticket.status is not TicketStatus.WAITING:
        ticket.status = TicketStatus.OPEN
    session.flush()
    record(session, ticket, actor=grant.actor, action="transfer", reason=queue, channel=grant.channel, now=now)
    return view_of(session, ticket)


def attach_transactions(
    session: Session, *, grant: Grant, reference: str, transaction_ids: Collection[str], now: datetime
) -> TicketView:
    """Attach further transactions of the ticket's customer.

    Raises:
        NotFound: no such ticket, or a transaction that is not its customer's.
        NotAllowed: below SIGNED_IN.
        WrongState: the ticket is resolved or closed.
    """
    if grant.assurance < Assurance.SIGNED_IN and not is_agent(grant):
        raise NotAllowed(action=grant.action, needed=Assurance.SIGNED_IN)
    ticket = find_ticket(session, grant=grant, reference=reference, lock=True)
    if ticket.status not in WORKABLE:
        raise WrongState(state=ticket.status, wanted="/".join(WORKABLE))
    attach(session, ticket, set(transaction_ids))
    record(session, ticket, actor=grant.actor, action="attach", reason="", channel=grant.channel, now=now)
    return view_of(session, ticket)


def close_resolved(session: Session, *, now: datetime, limit: int = 100) -> list[str]:
    """Close for good what was resolved more than 14 days ago; gives the references. Several may run at once."""
    tickets = session.scalars(
        select(Ticket)
        .where(Ticket.status == TicketStatus.RESOLVED, Ticket.resolved_at < now - REOPEN_WITHIN)
        .order_by(Ticket.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for ticket in tickets:
        ticket.status = TicketStatus.CLOSED
        record(session, ticket, actor="system", action="closed", reason="14_days", channel="system", now=now)
    session.flush()
    return [ticket.reference for ticket in tickets]
