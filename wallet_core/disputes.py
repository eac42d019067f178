"""Disputes: tickets about transactions that the customer says are not theirs, or not as agreed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.errors import NotFound
from wallet_core.models import Account, Language, Ticket, TicketTransaction
from wallet_core.policy import Action, Grant
from wallet_core.ports import Random
from wallet_core.routing import Routing
from wallet_core.ticket_records import WORKABLE, TicketView, view_of
from wallet_core.tickets import open_ticket

DISPUTE_TOPIC = "unauthorized_transaction"


def open_dispute(
    session: Session,
    *,
    grant: Grant,
    transaction_ids: Collection[str],
    summary: str,
    language: Language,
    routing: Routing,
    now: datetime,
    random: Random,
    topic: str = DISPUTE_TOPIC,
    request_key: str | None = None,
) -> TicketView:
    """Open a ticket with the transactions in question; where an open one holds all of them already, that is given back.

    Raises:
        NotFound: no transaction named, or one that is not this customer's.
        RequestConflict: the key came before with other content.
    """
    grant.for_action(Action.DISPUTE)
    wanted = set(transaction_ids)
    if not wanted or grant.customer_id is None:
        raise NotFound()
    # Two disputes of one wallet at the same time: the second sees the first.
    session.scalar(select(Account.id).where(Account.customer_id == grant.customer_id).with_for_update())
    there = (
        None if request_key else _open_dispute_of(session, customer_id=grant.customer_id, topic=topic, wanted=wanted)
    )
    if there is not None:
        return view_of(session, there)
    return open_ticket(
        session,
        grant=grant,
        topic=topic,
        summary=summary,
        language=language,
        routing=routing,
        now=now,
        random=random,
        transaction_ids=wanted,
        request_key=request_key,
    )


def _open_dispute_of(session: Session, *, customer_id: str, topic: str, wanted: set[str]) -> Ticket | None:
    tickets = session.scalars(
        select(Ticket)
        .join(TicketTransaction, TicketTransaction.ticket_id == Ticket.id)
        .where(
            Ticket.customer_id == customer_id,
            Ticket.topic == topic,
            Ticket.status.in_(WORKABLE),
            TicketTransaction.transaction_id == min(wanted),
        )
        .order_by(Ticket.id)
    )
    for ticket in tickets:
        held = session.scalars(select(TicketTransaction.transaction_id).where(TicketTransaction.ticket_id == ticket.id))
        if wanted <= set(held):
            return ticket
    return None
