"""What freezing and lifting share: the locked wallet, what is handed out, the written trace, the word to the owner."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from wallet_core import audit, notices
from wallet_core.errors import AccountClosed
from wallet_core.ledger import hold_account
from wallet_core.models import Account, AccountStatus, Channel, ContactKind, Freeze, FreezeKind
from wallet_core.policy import Grant


class FreezeView(BaseModel, frozen=True):
    """A freeze that stands."""

    reference: str
    account_id: str
    kind: FreezeKind
    reason: str
    created_at: datetime
    lift_requested_at: datetime | None


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
    """The freeze as handed out."""
    return FreezeView(
        reference=freeze.reference,
        account_id=freeze.account_id,
        kind=freeze.kind,
        reason=freeze.reason,
        created_at=freeze.created_at,
        lift_requested_at=freeze.lift_requested_at,
    )


def record(
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


def tell_owner(
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
