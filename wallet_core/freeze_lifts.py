"""Lifting freezes: a protective one by its proven owner alone, a full one when an agent agrees too."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.errors import NotFound, WrongState
from wallet_core.freeze_rows import FreezeView, lock_account, record, tell_owner, view
from wallet_core.models import Account, Freeze, FreezeKind
from wallet_core.policy import Action, Grant
from wallet_core.references import parse_reference


class LiftReceipt(BaseModel, frozen=True):
    """What became of the wish to lift a freeze: asked for, lifted (`lifted_at`), or neither after a denial.

    `already` if this request changed nothing.
    """

    reference: str
    kind: FreezeKind
    requested_at: datetime | None
    lifted_at: datetime | None
    already: bool


def lift_protective(session: Session, *, grant: Grant, now: datetime) -> LiftReceipt:
    """Lift the wallet's protective freeze, by its proven owner without an agent. A full one beside it stays.

    Where none stands, the receipt of the last one that was lifted comes back, with `already`.

    Raises:
        NotFound: no wallet, or it never had a protective freeze.
        AccountClosed: the wallet is closed.
    """
    grant.for_action(Action.LIFT_PROTECTIVE)
    account = lock_account(session, grant)
    freeze = _latest(session, account.id, FreezeKind.PROTECTIVE)
    if freeze.lifted_at is not None:
        return _lift_receipt(freeze, already=True)
    return _lift(session, account, freeze, grant, reason="owner", now=now)


def request_lift(session: Session, *, grant: Grant, now: datetime) -> LiftReceipt:
    """Ask for the wallet's full freeze to be lifted; an agent decides. Asked again, the first request stands.

    Where none stands, the receipt of the last one that was lifted comes back, with `already`.

    Raises:
        NotFound: no wallet, or it never had a full freeze.
        AccountClosed: the wallet is closed.
    """
    grant.for_action(Action.LIFT_FULL)
    account = lock_account(session, grant)
    freeze = _latest(session, account.id, FreezeKind.FULL)
    if freeze.lifted_at is not None or freeze.lift_requested_at is not None:
        return _lift_receipt(freeze, already=True)
    freeze.lift_requested_at = now
    session.flush()
    record(session, account, freeze, grant, action="freeze_lift_requested", reason="owner", now=now)
    tell_owner(session, account, freeze, grant, name="utter_notice_freeze_lift_requested", now=now)
    return _lift_receipt(freeze, already=False)


def approve_lift(session: Session, *, grant: Grant, reference: str, now: datetime) -> LiftReceipt:
    """An agent agrees to a lift that the owner has asked for: the freeze ends.

    Raises:
        NotFound: no such freeze of this customer.
        WrongState: `lift_not_requested`: the owner has not asked, or has frozen the wallet again since.
        AccountClosed: the wallet is closed.
    """
    grant.for_action(Action.APPROVE_LIFT)
    account = lock_account(session, grant)
    freeze = _of_reference(session, account.id, reference)
    if freeze.lifted_at is not None:
        return _lift_receipt(freeze, already=True)
    if freeze.lift_requested_at is None:
        raise WrongState(state="lift_not_requested", wanted="lift_requested")
    return _lift(session, account, freeze, grant, reason="agent_approved", now=now)


def deny_lift(session: Session, *, grant: Grant, reference: str, now: datetime) -> LiftReceipt:
    """An agent refuses a lift: the freeze stands, and the owner may ask again.

    Raises:
        NotFound: no such freeze of this customer.
        WrongState: `lifted`: too late.
        AccountClosed: the wallet is closed.
    """
    grant.for_action(Action.APPROVE_LIFT)
    account = lock_account(session, grant)
    freeze = _of_reference(session, account.id, reference)
    if freeze.lifted_at is not None:
        raise WrongState(state="lifted", wanted="lift_requested")
    if freeze.lift_requested_at is None:
        return _lift_receipt(freeze, already=True)
    freeze.lift_requested_at = None
    session.flush()
    record(session, account, freeze, grant, action="freeze_lift_denied", reason="agent_denied", now=now)
    tell_owner(session, account, freeze, grant, name="utter_notice_freeze_lift_denied", now=now)
    return _lift_receipt(freeze, already=False)


def owner_of(session: Session, *, reference: str) -> str:
    """The id of the customer whose wallet a full freeze of that reference, however written, is on. For agents.

    Raises:
        NotFound: no such freeze.
    """
    wanted = (
        select(Account.customer_id)
        .join(Freeze, Freeze.account_id == Account.id)
        .where(Freeze.kind == FreezeKind.FULL, Freeze.reference == (parse_reference(reference) or ""))
    )
    owner = session.scalars(wanted).one_or_none()
    if owner is None:
        raise NotFound(what="freeze")
    return owner


def lift_requests(session: Session, *, limit: int = 50) -> list[FreezeView]:
    """The freezes whose owners wait for an agent to lift them, longest first."""
    waiting = (
        select(Freeze)
        .where(Freeze.lifted_at.is_(None), Freeze.lift_requested_at.is_not(None))
        .order_by(Freeze.lift_requested_at, Freeze.id)
        .limit(limit)
    )
    return [view(freeze) for freeze in session.scalars(waiting)]


def _latest(session: Session, account_id: str, kind: FreezeKind) -> Freeze:
    newest = (
        select(Freeze).where(Freeze.account_id == account_id, Freeze.kind == kind).order_by(Freeze.id.desc()).limit(1)
    )
    freeze = session.scalars(newest.execution_options(populate_existing=True)).one_or_none()
    if freeze is None:
        raise NotFound(what="freeze")
    return freeze


def _of_reference(session: Session, account_id: str, reference: str) -> Freeze:
    wanted = select(Freeze).where(
        Freeze.account_id == account_id,
        Freeze.kind == FreezeKind.FULL,
        Freeze.reference == parse_reference(reference),
    )
    freeze = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if freeze is None:
        raise NotFound(what="freeze")
    return freeze


def _lift(
    session: Session, account: Account, freeze: Freeze, grant: Grant, *, reason: str, now: datetime
) -> LiftReceipt:
    freeze.lifted_at = now
    freeze.lifted_by = grant.actor
    session.flush()
    record(session, account, freeze, grant, action="freeze_lifted", reason=reason, now=now)
    tell_owner(session, account, freeze, grant, name="utter_notice_freeze_lifted", now=now)
    return _lift_receipt(freeze, already=False)


def _lift_receipt(freeze: Freeze, *, already: bool) -> LiftReceipt:
    return LiftReceipt(
        reference=freeze.reference,
        kind=freeze.kind,
        requested_at=freeze.lift_requested_at,
        lifted_at=freeze.lifted_at,
        already=already,
    )
