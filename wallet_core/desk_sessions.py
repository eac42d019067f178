"""Signing in to the desk, and being signed in.

Signing in is in two steps, for judging a password takes long: the attempt is counted before it is judged, so that many
at once are not more than five, and forgiven where the password was right.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.agents import AgentView, get_agent
from wallet_core.attempts import (
    LIMITS,
    AttemptLimits,
    Hashes,
    closed_until,
    count_attempt,
    forgive_attempt,
    hold_ways,
    network,
)
from wallet_core.keyed import keyed_hash
from wallet_core.models import DeskAccount, DeskSession

IDLE_FOR = timedelta(hours=1)
LONGEST = timedelta(hours=12)


class SignIn(BaseModel, frozen=True):
    """A sign-in to be judged. Without a hash, no password is right: the name is unknown, or its way closed.

    `closed`: five wrong ones have closed the way, whether or not there is such a name; nothing need be judged.
    """

    agent_id: str | None
    password_hash: str | None
    attempt: tuple[int, ...]
    closed: bool = False


def begin_sign_in(
    session: Session, *, name: str, address: str | None, secret_key: str, now: datetime, limits: AttemptLimits = LIMITS
) -> SignIn:
    """Count the attempt, by the name and by the network address; five wrong ones close a way for half an hour."""
    values = {"desk_name": name.casefold(), "desk_address": network(address)}
    hashes: Hashes = {way: keyed_hash(secret_key, "way", way, value) for way, value in values.items() if value}
    hold_ways(session, hashes)
    account = session.get(DeskAccount, name.casefold())
    if closed_until(session, hashes, limits=limits, now=now) is not None:
        return SignIn(agent_id=None, password_hash=None, attempt=(), closed=True)
    return SignIn(
        agent_id=account.agent_id if account else None,
        password_hash=account.password_hash if account else None,
        attempt=count_attempt(session, hashes, now=now),
    )


def finish_sign_in(session: Session, *, sign_in: SignIn, right: bool, token_hash: str, now: datetime) -> bool:
    """Sign in where the password was right; gives whether it was. Both are written down."""
    if sign_in.agent_id is None:
        return False
    if right:
        forgive_attempt(session, sign_in.attempt)
        session.add(
            DeskSession(
                token_hash=token_hash, agent_id=sign_in.agent_id, created_at=now, last_seen_at=now, ended_at=None
            )
        )
        session.flush()
    _record(session, sign_in.agent_id, "desk_signed_in" if right else "desk_sign_in_refused", now)
    return right


def signed_in(session: Session, *, token_hash: str, now: datetime) -> AgentView | None:
    """Whose sign-in it is; None once it ended, after an hour of nothing, and after twelve in any case."""
    agent_id = session.scalar(
        select(DeskSession.agent_id)
        .join(DeskAccount, DeskAccount.agent_id == DeskSession.agent_id)
        .where(
            DeskSession.token_hash == token_hash,
            DeskSession.ended_at.is_(None),
            DeskSession.last_seen_at > now - IDLE_FOR,
            DeskSession.created_at > now - LONGEST,
            DeskAccount.password_hash.is_not(None),
        )
    )
    return get_agent(session, agent_id=agent_id) if agent_id is not None else None


def touch(session: Session, *, token_hash: str, now: datetime) -> None:
    """It is being used."""
    session.execute(update(DeskSession).where(DeskSession.token_hash == token_hash).values(last_seen_at=now))


def sign_out(session: Session, *, token_hash: str, now: datetime) -> None:
    """End it, wherever its token was copied to. Ended again, nothing happens."""
    found = session.get(DeskSession, token_hash)
    if found is not None and found.ended_at is None:
        found.ended_at = now
        session.flush()
        _record(session, found.agent_id, "desk_signed_out", now)


def _record(session: Session, agent_id: str, action: str, now: datetime) -> None:
    audit.record(
        session,
        chain=f"agent:{agent_id}",
        actor=f"agent:{agent_id}",
        action=action,
        subject=f"agent:{agent_id}",
        reason="",
        channel="desk",
        now=now,
    )
