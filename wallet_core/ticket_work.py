"""Work on a ticket: comments, assignment, its states and its clock.

    open ⇄ in_progress          an agent takes it, or gives it back
    open, in_progress → waiting     for the customer; the service-level clock stands still
    open, in_progress, waiting → resolved
    resolved → open                 reopened, within 14 days
    any but closed → closed         for good

Names in `tickets`; import them from there.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.errors import NotAllowed, NotFound, WrongState
from wallet_core.models import Agent, Assurance, Conversation, Priority, Ticket, TicketComment, TicketStatus
from wallet_core.policy import Grant
from wallet_core.routing import Routing
from wallet_core.ticket_records import (
    SUMMARY_LIMIT,
    WORKABLE,
    TicketView,
    attach,
    clean,
    find_ticket,
    is_agent,
    record,
    require_agent,
    view_of,
)

REOPEN_WITHIN = timedelta(days=14)

_MOVES: dict[TicketStatus, frozenset[TicketStatus]] = {
    TicketStatus.OPEN: frozenset({TicketStatus.WAITING, TicketStatus.RESOLVED, TicketStatus.CLOSED}),
    TicketStatus.IN_PROGRESS: frozenset({TicketStatus.WAITING, TicketStatus.RESOLVED, TicketStatus.CLOSED}),
    TicketStatus.WAITING: frozenset({TicketStatus.OPEN, TicketStatus.RESOLVED, TicketStatus.CLOSED}),
    TicketStatus.RESOLVED: frozenset({TicketStatus.CLOSED}),
    TicketStatus.CLOSED: frozenset(),
}


class CommentView(BaseModel, frozen=True):
    """A comment. For customers `author` is "customer", "agent" or "system"; agents see which agent."""

    author: str
    text: str
    internal: bool
    at: datetime


def add_comment(
    session: Session,
    *,
    grant: Grant,
    reference: str,
    text: str,
    routing: Routing,
    now: datetime,
    internal: bool = False,
) -> TicketView:
    """Add a comment, masked already, at most 4,000 characters. A customer's comment ends the waiting for them.

    Raises:
        NotFound: no such ticket, or not one that the grant may see.
        AgentOnly: an internal comment by a customer.
        WrongState: the ticket is closed.
    """
    ticket = find_ticket(session, grant=grant, reference=reference, lock=True)
    if internal:
        require_agent(grant)
    if ticket.status is TicketStatus.CLOSED:
        raise WrongState(state=ticket.status, wanted="not closed")
    write_comment(session, ticket, author=grant.actor, text=text, internal=internal, now=now)
    if ticket.status is TicketStatus.WAITING and not is_agent(grant):
        _set_status(session, ticket, _working(ticket), grant=grant, routing=routing, now=now)
    record(session, ticket, actor=grant.actor, action="comment", reason="", channel=grant.channel, now=now)
    return view_of(session, ticket)


def write_comment(session: Session, ticket: Ticket, *, author: str, text: str, internal: bool, now: datetime) -> None:
    """Put a comment on a ticket that the caller holds, whatever its state."""
    session.add(
        TicketComment(ticket_id=ticket.id, author=author, text=clean(text, SUMMARY_LIMIT), internal=internal, at=now)
    )
    session.flush()


def comments(session: Session, *, grant: Grant, reference: str) -> list[CommentView]:
    """The comments, oldest first; a customer does not see the internal ones.

    Raises:
        NotFound: no such ticket, or not one that the grant may see.
    """
    ticket = find_ticket(session, grant=grant, reference=reference)
    query = select(TicketComment).where(TicketComment.ticket_id == ticket.id).order_by(TicketComment.id)
    if not is_agent(grant):
        query = query.where(TicketComment.internal.is_(False))
    return [
        CommentView(
            author=row.author if is_agent(grant) else row.author.partition(":")[0],
            text=row.text,
            internal=row.internal,
            at=row.at,
        )
        for row in session.scalars(query)
    ]


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
            ticket.status = _working(ticket)
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
        to, reached = _working(ticket), True
    else:
        reached = to in _MOVES[ticket.status]
    if ticket.status is to:
        return view_of(session, ticket)
    if not reached:
        raise WrongState(state=ticket.status, wanted=to)
    _set_status(session, ticket, to, grant=grant, routing=routing, now=now)
    return view_of(session, ticket)


def reopen(session: Session, *, grant: Grant, reference: str, routing: Routing, now: datetime) -> TicketView:
    """Put a resolved ticket back into its queue, unassigned, with a new deadline; within 14 days of its resolution.

    Raises:
        NotFound: no such ticket, or not one that the grant may see.
        WrongState: it is not resolved, or was more than 14 days ago (then as a closed one).
    """
    ticket = find_ticket(session, grant=grant, reference=reference, lock=True)
    if ticket.status is not TicketStatus.RESOLVED:
        raise WrongState(state=ticket.status, wanted=TicketStatus.RESOLVED)
    if ticket.resolved_at is not None and now > ticket.resolved_at + REOPEN_WITHIN:
        raise WrongState(state=TicketStatus.CLOSED, wanted=TicketStatus.RESOLVED)
    ticket.assigned_to = None
    ticket.due_at = routing.due_at(queue=ticket.queue, priority=Priority(ticket.priority), start=now)
    _set_status(session, ticket, TicketStatus.OPEN, grant=grant, routing=routing, now=now)
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
    """Hand the ticket to another queue or priority; nobody has it then. What was promised stands: the deadline only comes nearer.

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


def link_conversation(
    session: Session, *, grant: Grant, reference: str, conversation_id: str, now: datetime
) -> TicketView:
    """Tie a ticket that came without one to the conversation in which it is answered.

    Raises:
        NotFound: no such ticket or conversation, or the two are different customers'.
        AgentOnly.
        WrongState: it is tied to another one.
    """
    require_agent(grant)
    ticket = find_ticket(session, grant=grant, reference=reference, lock=True)
    conversation = session.get(Conversation, conversation_id)
    if conversation is None or ticket.customer_id not in (None, conversation.customer_id):
        raise NotFound()
    if ticket.conversation_id not in (None, conversation_id):
        raise WrongState(state="linked", wanted="not linked")
    ticket.conversation_id = conversation_id
    session.flush()
    record(session, ticket, actor=grant.actor, action="link", reason="", channel=grant.channel, now=now)
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


def _working(ticket: Ticket) -> TicketStatus:
    return TicketStatus.IN_PROGRESS if ticket.assigned_to else TicketStatus.OPEN


def _set_status(
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
    record(session, ticket, actor=grant.actor, action=to, reason="", channel=grant.channel, now=now)


def _after_waiting(ticket: Ticket, since: datetime, *, routing: Routing, now: datetime) -> datetime:
    """The deadline after a wait: what was left of the service time is left still. One already missed stays missed."""
    if ticket.due_at <= since:
        return ticket.due_at
    hours = routing.hours_of(ticket.queue)
    return hours.after(now, hours.open_time(since, ticket.due_at))
