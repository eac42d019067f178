"""Grants for tests, made the only way there is: by a conversation or an agent that may."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from wallet_core import verification
from wallet_core.models import Assurance, Challenge, ChallengeKind, ChallengeStatus
from wallet_core.policy import Action, Grant


def customer_grant(
    session: Session,
    *,
    customer_id: str,
    action: Action,
    assurance: Assurance = Assurance.SIGNED_IN,
    now: datetime = NOW,
    **overrides: Any,
) -> Grant:
    """Leave for a customer in a new conversation."""
    if assurance is Assurance.PROVEN:
        overrides["proven_until"] = now + verification.PROVEN_FOR
    conversation = factories.create_conversation(session, customer_id=customer_id, assurance=assurance, **overrides)
    return verification.authorise(session, conversation_id=conversation.id, action=action, now=now)


def protective_grant(session: Session, *, customer_id: str, now: datetime = NOW, **overrides: Any) -> Grant:
    """Leave to freeze for somebody who knew an owner fact."""
    conversation = factories.create_conversation(
        session, customer_id=customer_id, assurance=Assurance.CLAIMED, **overrides
    )
    create_challenge(session, conversation_id=conversation.id, customer_id=customer_id, closed_at=now)
    return verification.authorise(session, conversation_id=conversation.id, action=Action.FREEZE, now=now)


def agent_grant(session: Session, *, customer_id: str | None, action: Action, now: datetime = NOW) -> Grant:
    """Leave for a new agent."""
    agent = factories.create_agent(session)
    return verification.authorise_agent(session, agent_id=agent.id, action=action, customer_id=customer_id, now=now)


def create_challenge(session: Session, *, conversation_id: str, customer_id: str | None, **overrides: Any) -> Challenge:
    """An owner fact challenge that was passed just now."""
    facts: dict[str, Any] = {
        "id": f"CH-{conversation_id}",
        "conversation_id": conversation_id,
        "customer_id": customer_id,
        "kind": ChallengeKind.OWNER_FACT,
        "purpose": Action.FREEZE,
        "destination": None,
        "on_file": False,
        "provider_reference": None,
        "attempts": 0,
        "status": ChallengeStatus.PASSED,
        "created_at": NOW,
        "expires_at": NOW + verification.PROVEN_FOR,
        "closed_at": NOW,
    }
    challenge = Challenge(**{**facts, **overrides})
    session.add(challenge)
    session.flush()
    return challenge
