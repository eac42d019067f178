"""Freezing a wallet and lifting the freeze.

A full freeze is asked for by a signed-in customer; lifting it takes a proven customer and an agent. A protective one
is asked for with one owner fact: it stops outgoing payments only, the owner is told elsewhere, and the owner lifts it
alone. The account's row is locked first, as payments lock it, so that a freeze and a payment have one order.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from wallet_core import audit, notices
from wallet_core.errors import AccountClosed, LimitReached, NotAllowed
from wallet_core.ledger import hold_account
from wallet_core.models import (
    Account,
    AccountStatus,
    Assurance,
    Channel,
    ContactKind,
    Freeze,
    FreezeKind,
)
from wallet_core.policy import Action, Grant
from wallet_core.ports import Random
from wallet_core.references import ReferenceKind, new_reference

PROTECTIVE_A_DAY = 3
DAY = timedelta(hours=24)


class FreezeReceipt(BaseModel, frozen=True):
    """What the customer is told of a freeze; `already` if it stood before this request."""

    reference: str
    kind: FreezeKind
    created_at: datetime
    already: bool


class FreezeView(BaseModel, frozen=True):
    """A freeze that stands."""

    reference: str
    account_id: str
    kind: FreezeKind
    reason: str
    created_at: datetime
    lift_requested_at: datetime | None


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
    standing = session.scalars(_standing(account.id).where(Freeze.kind == kind)).one_or_none()
    if standing is not None:
        if standing.lift_requested_at is not None:
            standing.lift_requested_at = None
            _record(
                session,
                account,
                standing,
                grant,
                action="freeze.lift_withdrawn",
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
    _record(session, account, freeze, grant, action=f"freeze.{kind}", reason=reason, now=now)
    _tell_owner(session, account, freeze, grant, name=f"utter_notice_freeze_{kind}", now=now)
    return _receipt(freeze, already=False)


def active(session: Session, *, account_id: str) -> list[FreezeView]:
    """The freezes that stand on a wallet, oldest first: none, a full one, a protective one, or both."""
    return [view(freeze) for freeze in session.scalars(_standing(account_id).order_by(Freeze.id))]


def lock_account(session: Session, grant: Grant) -> Account:
    """The grant's wallet, its row locked.

    Raises:
        NotFound: the grant names no wallet.
        AccountClosed: it is closed.
    """
    account = hold_account(session, account_id=grant.account_id)
    if account.status is AccountStatus.CLOSED:
        raise AccountClosed()
    return account


def channel_of(grant: Grant) -> str:
    """The grant's channel as written down; an agent's is the desk."""
    return grant.channel.value if grant.channel else "desk"


def view(freeze: Freeze) -> FreezeView:
    return FreezeView(
        reference=freeze.reference,
        account_id=freeze.account_id,
        kind=freeze.kind,
        reason=freeze.reason,
        created_at=freeze.created_at,
        lift_requested_at=freeze.lift_requested_at,
    )


def _standing(account_id: str) -> Select[Freeze]:
    return select(Freeze).where(Freeze.account_id == account_id, Freeze.lifted_at.is_(None))


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


def _record(
    session: Session,
    account: Account,
    freeze: Freeze,
    grant: Grant,
    *,
    action: str,
    reason: str,
    now: datetime,
) -> None:
    audit.record(
        session,
        chain=account.customer_id,
        actor=grant.actor,
        action=action,
        subject=freeze.reference,
        reason=reason,
        channel=channel_of(grant),
        now=now,
    )


def _tell_owner(
    session: Session,
    account: Account,
    freeze: Freeze,
    grant: Grant,
    *,
    name: str,
    now: datetime,
) -> None:
    # A text from the phone on file is answered to that phone; a caller's number proves nothing, so it is texted too.
    besides = ContactKind.PHONE if grant.channel is Channel.SMS else None
    notices.store_notices(
        session,
        customer_id=account.customer_id,
        name=name,
        facts={"reference": freeze.reference},
        now=now,
        besides=besides,
    )
