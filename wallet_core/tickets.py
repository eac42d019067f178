"""Tickets: what a customer asked that a person must answer, with a reference that can be said on the phone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_core.errors import NotAllowed, RequestConflict, StorageUnavailable
from wallet_core.models import Assurance, Language, Ticket, TicketStatus, TicketTransaction
from wallet_core.policy import Action, Grant
from wallet_core.ports import Random
from wallet_core.references import ReferenceKind, new_reference
from wallet_core.routing import Routing, route
from wallet_core.ticket_answers import tell_customer
from wallet_core.ticket_comments import CommentView, add_comment, comments
from wallet_core.ticket_records import (
    CONTACT_LIMIT,
    SUMMARY_LIMIT,
    WORKABLE,
    TicketView,
    attach,
    clean,
    find_ticket,
    is_agent,
    record,
    view_of,
    views_of,
    visible_to,
)
from wallet_core.ticket_work import (
    assign,
    attach_transactions,
    close_resolved,
    move,
    reopen,
    standing_of,
    take,
    transfer,
)

__all__ = [
    "CommentView",
    "TicketView",
    "add_comment",
    "assign",
    "attach_transactions",
    "close_resolved",
    "comments",
    "move",
    "open_ticket",
    "open_ticket_ourselves",
    "reopen",
    "standing_of",
    "take",
    "tell_customer",
    "ticket_by_reference",
    "tickets_of",
    "tickets_of_conversation",
    "transfer",
]

# Six random characters of 23 are 148 million references: a clash is rare, three in a row do not happen.
_REFERENCE_TRIES = 5


@dataclass(frozen=True)
class _Wish:
    """What is asked for: with the same request key, the same content must come."""

    customer_id: str | None
    conversation_id: str | None
    contact: str | None
    topic: str
    language: Language
    summary: str
    transaction_ids: frozenset[str]


def open_ticket(
    session: Session,
    *,
    grant: Grant,
    topic: str,
    summary: str,
    language: Language,
    routing: Routing,
    now: datetime,
    random: Random,
    contact: str | None = None,
    transaction_ids: Collection[str] = (),
    request_key: str | None = None,
) -> TicketView:
    """Open a ticket in the queue and with the deadline that routing says.

    A ticket of a claimed name is that customer's; below SIGNED_IN it is seen in the conversation that opened it only,
    and transactions cannot be attached.

    Args:
        summary: masked already; cut at 4,000 characters.
        contact: where a visitor can be reached.
        request_key: asked again with the same key and content, the first ticket is given back.

    Raises:
        NotFound: a transaction that is not this customer's.
        NotAllowed: transactions attached below SIGNED_IN.
        RequestConflict: the key came before with other content.
    """
    grant.for_action(Action.OPEN_TICKET, Action.DISPUTE)
    if transaction_ids and grant.assurance < Assurance.SIGNED_IN and not is_agent(grant):
        raise NotAllowed(action=grant.action, needed=Assurance.SIGNED_IN)
    wish = _Wish(
        customer_id=grant.customer_id if grant.assurance >= Assurance.CLAIMED or is_agent(grant) else None,
        conversation_id=grant.conversation_id,
        contact=clean(contact, CONTACT_LIMIT) if contact is not None else None,
        topic=topic,
        language=language,
        summary=clean(summary, SUMMARY_LIMIT),
        transaction_ids=frozenset(transaction_ids),
    )
    return _open(
        session,
        wish,
        routing=routing,
        assurance=grant.assurance,
        actor=grant.actor,
        channel=grant.channel,
        now=now,
        random=random,
        request_key=request_key,
    )


def open_ticket_ourselves(
    session: Session,
    *,
    customer_id: str | None,
    conversation_id: str | None,
    topic: str,
    summary: str,
    language: Language,
    routing: Routing,
    now: datetime,
    random: Random,
    request_key: str,
    contact: str | None = None,
) -> TicketView:
    """Open a ticket that nobody asked for in words: an event (a key pressed in our call, tries used up) calls for it.

    Raises:
        RequestConflict: the key came before with other content.
    """
    wish = _Wish(customer_id, conversation_id, contact, topic, language, clean(summary, SUMMARY_LIMIT), frozenset())
    return _open(
        session,
        wish,
        routing=routing,
        assurance=Assurance.SIGNED_IN if customer_id else Assurance.ANONYMOUS,
        actor="system",
        channel="system",
        now=now,
        random=random,
        request_key=request_key,
    )


def ticket_by_reference(session: Session, *, grant: Grant, reference: str) -> TicketView:
    """The ticket of that reference, however it is written.

    Raises:
        NotFound: no such ticket, or not one that the grant may see; the same answer for both.
    """
    return view_of(session, find_ticket(session, grant=grant, reference=reference))


def tickets_of(session: Session, *, grant: Grant, limit: int = 5, open_only: bool = False) -> list[TicketView]:
    """The newest tickets that the grant may see, newest first; `open_only` leaves out resolved and closed ones."""
    query = select(Ticket).where(visible_to(grant))
    if open_only:
        query = query.where(Ticket.status.in_(WORKABLE))
    return views_of(session, list(session.scalars(query.order_by(Ticket.id.desc()).limit(limit))))


def tickets_of_conversation(session: Session, *, conversation_id: str, limit: int = 5) -> list[TicketView]:
    """What was opened in this very conversation, newest first; needs no sign-in."""
    query = select(Ticket).where(Ticket.conversation_id == conversation_id).order_by(Ticket.id.desc()).limit(limit)
    return views_of(session, list(session.scalars(query)))


def _open(
    session: Session,
    wish: _Wish,
    *,
    routing: Routing,
    assurance: int,
    actor: str,
    channel: str | None,
    now: datetime,
    random: Random,
    request_key: str | None,
) -> TicketView:
    earlier = _earlier(session, wish, request_key)
    if earlier is not None:
        return earlier
    way = route(routing, topic=wish.topic, language=wish.language, now=now, assurance=assurance)
    for _ in range(_REFERENCE_TRIES):
        ticket = Ticket(
            reference=new_reference(ReferenceKind.TICKET, random),
            customer_id=wish.customer_id,
            conversation_id=wish.conversation_id,
            contact=wish.contact,
            topic=wish.topic,
            queue=way.queue,
            priority=way.priority,
            status=TicketStatus.OPEN,
            language=wish.language,
            summary=wish.summary,
            request_key=request_key,
            created_at=now,
            due_at=way.due_at,
        )
        try:
            with session.begin_nested():
                session.add(ticket)
        except IntegrityError:
            earlier = _earlier(session, wish, request_key)  # the same request, made at the same time
            if earlier is not None:
                return earlier
            if not _taken(session, ticket.reference):
                raise
            continue
        attach(session, ticket, set(wish.transaction_ids))
        record(session, ticket, actor=actor, action="open", reason=ticket.topic, channel=channel, now=now)
        return view_of(session, ticket)
    raise StorageUnavailable()


def _taken(session: Session, reference: str) -> bool:
    return session.scalar(select(Ticket.id).where(Ticket.reference == reference)) is not None


def _earlier(session: Session, wish: _Wish, request_key: str | None) -> TicketView | None:
    ticket = session.scalar(select(Ticket).where(Ticket.request_key == request_key)) if request_key else None
    if ticket is None:
        return None
    attached = session.scalars(select(TicketTransaction.transaction_id).where(TicketTransaction.ticket_id == ticket.id))
    asked = _Wish(
        ticket.customer_id,
        ticket.conversation_id,
        ticket.contact,
        ticket.topic,
        ticket.language,
        ticket.summary,
        frozenset(attached),
    )
    if asked != wish:
        raise RequestConflict()
    return view_of(session, ticket)
