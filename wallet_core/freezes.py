"""Freezing a wallet and lifting the freeze.

A full freeze is asked for by a signed-in customer; lifting it takes a proven customer and an agent. A protective one
is asked for with one owner fact: it stops outgoing payments only, the owner is told elsewhere, and the owner lifts it
alone. The account's row is locked first, as payments lock it, so that a freeze and a payment have one order.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.errors import LimitReached, NotAllowed
from wallet_core.freeze_lifts import (
    LiftReceipt,
    approve_lift,
    deny_lift,
    lift_protective,
    lift_requests,
    owner_of,
    request_lift,
)
from wallet_core.freeze_rows import FreezeView, channel_of, lock_account, record, tell_owner, view
from wallet_core.ledger import active_freezes
from wallet_core.models import Assurance, Freeze, FreezeKind
from wallet_core.policy import Action, Grant
from wallet_core.ports import Random
from wallet_core.references import ReferenceKind, new_reference

__all__ = [
    "FreezeReceipt",
    "FreezeView",
    "LiftReceipt",
    "active",
    "approve_lift",
    "deny_lift",
    "freeze_account",
    "lift_protective",
    "lift_requests",
    "owner_of",
    "request_lift",
]

PROTECTIVE_A_DAY = 3
DAY = timedelta(hours=24)


class FreezeReceipt(BaseModel, frozen=True):
    """What the customer is told of a freeze; `already` if it stood before this request."""

    reference: str
    kind: FreezeKind
    created_at: datetime
    already: bool


def freeze_account(session: Session, *, grant: Grant, reason: str, now: datetime, random: Random) -> FreezeReceipt:
    """Freeze the grant's wallet: protectively if the grant is protective, else fully. `reason` is the topic.

    Asked again while it stands, the same receipt comes back with `already`; a lift that was waiting for an agent is
    then withdrawn. At most three protective freezes in 24 hours, counted per customer.

    Raises:
        NotFound: the customer has no wallet.
        NotAllowed: the grant is neither of a signed-in customer nor protective.
        AccountClosed: the wallet is closed.
        LimitReached: `protective_freezes`, until the oldest of three is a day old.
    """
    grant.for_action(Action.FREEZE)
    if grant.assurance < Assurance.SIGNED_IN and not grant.protective:
        raise NotAllowed(action=grant.action, needed=int(Assurance.SIGNED_IN))
    kind = FreezeKind.PROTECTIVE if grant.protective else FreezeKind.FULL
    account = lock_account(session, grant)
    standing = next((one for one in active_freezes(session, account_id=account.id) if one.kind is kind), None)
    if standing is not None:
        if standing.lift_requested_at is not None:
            standing.lift_requested_at = None
            session.flush()
            record(
                session,
                account,
                standing,
                grant,
                action="freeze_lift_withdrawn",
                reason=reason,
                now=now,
            )
        return _receipt(standing, already=True)
    if kind is FreezeKind.PROTECTIVE:
        _check_protective_limit(session, account.id, now)
    freeze = Freeze(
        reference=_unused_reference(session, random),
        account_id=account.id,
        kind=kind,
        reason=reason,
        assurance=int(grant.assurance),
        channel=channel_of(grant),
        conversation_id=grant.conversation_id,
        created_at=now,
    )
    session.add(freeze)
    session.flush()
    record(session, account, freeze, grant, action=f"freeze_{kind}", reason=reason, now=now)
    tell_owner(session, account, freeze, grant, name=f"utter_notice_freeze_{kind}", now=now)
    return _receipt(freeze, already=False)


def active(session: Session, *, account_id: str) -> list[FreezeView]:
    """The freezes that stand on a wallet, oldest first: none, a full one, a protective one, or both."""
    return [view(freeze) for freeze in active_freezes(session, account_id=account_id)]


def _check_protective_limit(session: Session, account_id: str, now: datetime) -> None:
    newest = (
        select(Freeze.created_at)
        .where(
            Freeze.account_id == account_id,
            Freeze.kind == FreezeKind.PROTECTIVE,
            Freeze.created_at > now - DAY,
        )
        .order_by(Freeze.created_at.desc())
        .limit(PROTECTIVE_A_DAY)
    )
    times = list(session.scalars(newest))
    if len(times) == PROTECTIVE_A_DAY:
        raise LimitReached(limit="protective_freezes", until=times[-1] + DAY)


def _unused_reference(session: Session, random: Random) -> str:
    while True:
        reference = new_reference(ReferenceKind.FREEZE, random)
        if session.scalars(select(Freeze.id).where(Freeze.reference == reference)).one_or_none() is None:
            return reference


def _receipt(freeze: Freeze, *, already: bool) -> FreezeReceipt:
    return FreezeReceipt(
        reference=freeze.reference,
        kind=freeze.kind,
        created_at=freeze.created_at,
        already=already,
    )
