"""What the tests of tickets share."""

from __future__ import annotations

from datetime import UTC, datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import agent_grant, customer_grant
from tests.wallet_core.routings import ROUTING
from wallet_core import tickets, verification
from wallet_core.models import AuditEntry, Language, TicketStatus
from wallet_core.policy import Action, Grant
from wallet_core.tickets import TicketView

# NOW is 17:30 in Shanghai on a Monday; a normal ticket is due after one office day, 540 minutes.
DUE = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def open_ticket(session: Session, grant: Grant, **overrides: Any) -> TicketView:
    wish: dict[str, Any] = {
        "topic": "app_problem",
        "summary": "The app shows a white page.",
        "language": Language.EN,
        "routing": ROUTING,
        "now": NOW,
        "random": SystemRandom(),
    }
    return tickets.open_ticket(session, grant=grant, **{**wish, **overrides})


def new_customer(session: Session) -> str:
    return factories.create_account(session).customer_id


def opener(session: Session, customer_id: str | None = None, **overrides: Any) -> Grant:
    """A grant to open tickets: of a new customer unless one is named."""
    return customer_grant(
        session, customer_id=customer_id or new_customer(session), action=Action.OPEN_TICKET, **overrides
    )


def visitor(session: Session) -> Grant:
    conversation = factories.create_conversation(session)
    return verification.authorise(session, conversation_id=conversation.id, action=Action.OPEN_TICKET, now=NOW)


def viewer(session: Session, customer_id: str) -> Grant:
    return customer_grant(session, customer_id=customer_id, action=Action.VIEW)


def agent(session: Session, customer_id: str | None = None) -> Grant:
    return agent_grant(session, customer_id=customer_id, action=Action.VIEW)


def move(session: Session, grant: Grant, reference: str, to: TicketStatus, now: datetime = NOW) -> TicketView:
    return tickets.move(session, grant=grant, reference=reference, to=to, routing=ROUTING, now=now)


def comment(session: Session, grant: Grant, reference: str, text: str = "Any news?", **overrides: Any) -> TicketView:
    return tickets.add_comment(
        session, grant=grant, reference=reference, text=text, **{"routing": ROUTING, "now": NOW, **overrides}
    )


def audited(session: Session, reference: str) -> list[str]:
    query = select(AuditEntry.action).where(AuditEntry.subject == reference).order_by(AuditEntry.id)
    return list(session.scalars(query))
