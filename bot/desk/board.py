"""The list at the left: chats that wait, one's own, tickets by their clock, callbacks, freezes to be lifted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.desk.doors import Visitor
from wallet_core import callback_desk, customers, freezes, handovers, worklists
from wallet_core.callback_desk import DeskCallback
from wallet_core.freezes import FreezeView
from wallet_core.handovers import HandoverView
from wallet_core.models import Role, TicketStatus
from wallet_core.policy import Action, Grant
from wallet_core.tickets import TicketView
from wallet_core.transcripts import last_message
from wallet_core.verification import authorise_agent

_TICKETS = 12
_CALLBACKS = 8


@dataclass(frozen=True)
class ChatRow:
    """A chat in a list. `unread`: the customer spoke last."""

    handover: HandoverView
    name: str | None
    since: timedelta
    unread: bool


@dataclass(frozen=True)
class TicketRow:
    """A ticket in a list; `left` is negative once its clock has run out, None while it stands still."""

    ticket: TicketView
    left: timedelta | None


@dataclass(frozen=True)
class LiftRow:
    freeze: FreezeView
    customer_id: str
    name: str


@dataclass(frozen=True)
class Board:
    mine: list[ChatRow]
    waiting: list[ChatRow]
    others: list[ChatRow]
    tickets: list[TicketRow]
    callbacks: list[DeskCallback]
    lifts: list[LiftRow]


def viewing(session: Session, visitor: Visitor, now: datetime, customer_id: str | None = None) -> Grant:
    """Leave to look."""
    return authorise_agent(session, agent_id=visitor.id, action=Action.VIEW, customer_id=customer_id, now=now)


def read_board(session: Session, visitor: Visitor, now: datetime) -> Board:
    """What an agent has to do: of the queues they answer, an auditor's and a supervisor's are all."""
    grant = viewing(session, visitor, now)
    queues = visitor.agent.queues if visitor.writes and not visitor.supervises else None
    waiting = [one for one in handovers.waiting(session) if queues is None or one.queue in queues]
    held = handovers.chats_with_agents(session)
    return Board(
        mine=[_chat(session, one, now) for one in held if one.agent_id == visitor.id],
        waiting=[_chat(session, one, now) for one in waiting],
        others=[_chat(session, one, now) for one in held if one.agent_id != visitor.id],
        tickets=ticket_rows(worklists.tickets_to_work(session, grant=grant, queues=queues, limit=_TICKETS), now),
        callbacks=callback_desk.to_make(session, grant=grant, now=now, limit=_CALLBACKS),
        lifts=lift_rows(session),
    )


def ticket_rows(tickets: list[TicketView], now: datetime) -> list[TicketRow]:
    return [
        TicketRow(ticket, None if ticket.status is TicketStatus.WAITING else ticket.due_at - now) for ticket in tickets
    ]


def lift_rows(session: Session) -> list[LiftRow]:
    rows = []
    for freeze in freezes.lift_requests(session):
        owner = freezes.owner_of(session, reference=freeze.reference)
        rows.append(LiftRow(freeze, owner, customers.get_customer(session, customer_id=owner).name))
    return rows


def _chat(session: Session, one: HandoverView, now: datetime) -> ChatRow:
    last = last_message(session, conversation_id=one.conversation_id)
    known = customers.get_customer(session, customer_id=one.customer_id) if one.customer_id else None
    return ChatRow(
        handover=one,
        name=known.name if known else None,
        since=now - (one.claimed_at or one.requested_at),
        unread=last is not None and last.role is Role.CUSTOMER,
    )
