"""What tickets look like from outside, who may see them, and how they are found; the ground of the other modules."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.errors import AgentOnly, NotFound
from wallet_core.models import (
    Account,
    Assurance,
    Language,
    Priority,
    Ticket,
    TicketStatus,
    TicketTransaction,
    Transaction,
)
from wallet_core.policy import Action, Grant
from wallet_core.references import parse_reference

SUMMARY_LIMIT = 4000
CONTACT_LIMIT = 254

WORKABLE = (TicketStatus.OPEN, TicketStatus.IN_PROGRESS, TicketStatus.WAITING)


class TicketView(BaseModel, frozen=True):
    """A ticket. `due_at` is the service level's promise; while the ticket waits for the customer it stands still."""

    reference: str
    topic: str
    queue: str
    priority: Priority
    status: TicketStatus
    summary: str
    created_at: datetime
    due_at: datetime
    language: Language
    assigned_to: str | None
    transaction_ids: tuple[str, ...]
    customer_id: str | None
    conversation_id: str | None
    contact: str | None
    waiting_since: datetime | None
    resolved_at: datetime | None


def is_agent(grant: Grant) -> bool:
    return grant.actor.startswith("agent:")


def require_agent(grant: Grant) -> None:
    """Raises: AgentOnly."""
    if not is_agent(grant) or grant.reads_only:
        raise AgentOnly()


def visible_to(grant: Grant) -> ColumnElement[bool]:
    """Which tickets the holder of a grant may see.

    A customer: those of this very conversation, and from SIGNED_IN on their own. This conversation's are seen whatever
    name was claimed when each was opened: else what disappears tells which names exist.
    An agent: those of the customer whom the grant names, or all where it names none.
    """
    grant.for_action(
        Action.VIEW, Action.OPEN_TICKET, Action.DISPUTE, Action.CALLBACK_ON_FILE, Action.CALLBACK_NEW_NUMBER
    )
    if is_agent(grant):
        return true() if grant.customer_id is None else Ticket.customer_id == grant.customer_id
    own: list[ColumnElement[bool]] = [false()]
    if grant.customer_id is not None and grant.assurance >= Assurance.SIGNED_IN:
        own.append(Ticket.customer_id == grant.customer_id)
    if grant.conversation_id is not None:
        own.append(Ticket.conversation_id == grant.conversation_id)
    return or_(*own)


def find_ticket(session: Session, *, grant: Grant, reference: str, lock: bool = False) -> Ticket:
    """The ticket row, locked on wish, however the reference is written.

    Raises:
        NotFound: no such ticket, or not one that the grant may see; the same answer for both.
        AgentOnly: to be changed by an auditor.
    """
    if lock and grant.reads_only:
        raise AgentOnly()
    known = parse_reference(reference)
    query = select(Ticket).where(Ticket.reference == known, visible_to(grant))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    ticket = session.scalar(query) if known else None
    if ticket is None:
        raise NotFound()
    return ticket


def view_of(session: Session, ticket: Ticket) -> TicketView:
    return views_of(session, [ticket])[0]


def views_of(session: Session, tickets: list[Ticket]) -> list[TicketView]:
    """The tickets as they are handed out, in one further query however many they are."""
    attached: dict[int, list[str]] = {ticket.id: [] for ticket in tickets}
    rows = session.execute(
        select(TicketTransaction.ticket_id, TicketTransaction.transaction_id)
        .where(TicketTransaction.ticket_id.in_(attached))
        .order_by(TicketTransaction.transaction_id)
    )
    for ticket_id, transaction_id in rows:
        attached[ticket_id].append(transaction_id)
    return [
        TicketView(
            reference=ticket.reference,
            topic=ticket.topic,
            queue=ticket.queue,
            priority=Priority(ticket.priority),
            status=ticket.status,
            summary=ticket.summary,
            created_at=ticket.created_at,
            due_at=ticket.due_at,
            language=ticket.language,
            assigned_to=ticket.assigned_to,
            transaction_ids=tuple(attached[ticket.id]),
            customer_id=ticket.customer_id,
            conversation_id=ticket.conversation_id,
            contact=ticket.contact,
            waiting_since=ticket.waiting_since,
            resolved_at=ticket.resolved_at,
        )
        for ticket in tickets
    ]


def attach(session: Session, ticket: Ticket, transaction_ids: set[str]) -> None:
    """Attach transactions of the ticket's customer; those already attached stay.

    Raises:
        NotFound: one of them is unknown, or another customer's.
    """
    own = set(
        session.scalars(
            select(Transaction.id)
            .join(Account, Account.id == Transaction.account_id)
            .where(Transaction.id.in_(transaction_ids), Account.customer_id == ticket.customer_id)
        )
    )
    if own != transaction_ids:
        raise NotFound()
    there = set(
        session.scalars(select(TicketTransaction.transaction_id).where(TicketTransaction.ticket_id == ticket.id))
    )
    session.add_all(TicketTransaction(ticket_id=ticket.id, transaction_id=id_) for id_ in sorted(own - there))
    session.flush()


def record(
    session: Session, ticket: Ticket, *, actor: str, action: str, reason: str, channel: str | None, now: datetime
) -> None:
    """Audit a change of the ticket in the chain of its customer, or of the conversation where nobody is known."""
    audit.record(
        session,
        chain=ticket.customer_id or ticket.conversation_id or ticket.reference,
        actor=actor,
        action=f"ticket.{action}",
        subject=ticket.reference,
        reason=reason,
        channel=channel or "desk",
        now=now,
    )


def clean(text: str, limit: int) -> str:
    """Text that every database takes: no NUL, no half of a surrogate pair, no longer than the limit."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8").strip()[:limit]
