"""Comments on a ticket: the customer's, the agents' to the customer, and the agents' own notes.

Names in `tickets`; import them from there.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.errors import WrongState
from wallet_core.models import Ticket, TicketComment, TicketStatus
from wallet_core.policy import Grant
from wallet_core.routing import Routing
from wallet_core.ticket_records import (
    SUMMARY_LIMIT,
    TicketView,
    clean,
    find_ticket,
    is_agent,
    record,
    require_agent,
    view_of,
)
from wallet_core.ticket_states import set_status, working


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
        set_status(session, ticket, working(ticket), grant=grant, routing=routing, now=now)
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
