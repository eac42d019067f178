"""Password reset links and unlocking, by way of the wallet's own login. No password ever comes here.

What is asked is stored first, the login is called with no transaction open, then it is marked done. What a crash left
undone a worker takes up (`undone`, `carry_out`); the login is told the request's reference, so that twice is once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import audit, contacts
from wallet_core.authority import settled_contacts
from wallet_core.database import Database
from wallet_core.errors import AccountClosed, NoSettledContact, NotFound, RequestConflict, WrongState
from wallet_core.ledger import hold_account
from wallet_core.models import (
    Account,
    AccountStatus,
    ContactKind,
    ContactPoint,
    Customer,
    LoginRequest,
    LoginRequestKind,
)
from wallet_core.policy import Action, Grant
from wallet_core.ports import LoginService, Random
from wallet_core.references import ReferenceKind, new_reference

# The one who asked carries it out at once; a worker waits so long before it takes it for left behind,
TAKEN_UP_AFTER = timedelta(seconds=30)
# and after so long nobody expects it any more.
GIVEN_UP_AFTER = timedelta(hours=1)


class LoginReceipt(BaseModel, frozen=True):
    """A request to the login. It is fulfilled when `done_at` is set, and only then may anybody say so."""

    reference: str
    kind: LoginRequestKind
    created_at: datetime
    done_at: datetime | None
    already: bool


def request_reset_link(
    session: Session, *, grant: Grant, now: datetime, random: Random, request_key: str | None = None
) -> LoginReceipt:
    """Store the wish for a password reset link, to a settled contact on file: e-mail before phone.

    The same `request_key` gives the first receipt again, and so does a request that is not carried out yet.

    Raises:
        NotFound: the customer has no wallet.
        AccountClosed: it is closed.
        NoSettledContact: no contact on file is unchanged for 72 hours and not reported lost.
        RequestConflict: the key was used for something else.
    """
    grant.for_action(Action.RESET_LINK)
    account = _hold_open(session, grant.account_id)
    if _link_destination(session, account.customer_id, now) is None:
        raise NoSettledContact()
    return _request(
        session,
        account=account,
        grant=grant,
        kind=LoginRequestKind.RESET_LINK,
        now=now,
        random=random,
        request_key=request_key,
    )


def request_unlock(
    session: Session, *, grant: Grant, now: datetime, random: Random, request_key: str | None = None
) -> LoginReceipt:
    """Store the wish to unlock the login; the wallet is usable again when it is carried out.

    Repeats: see `request_reset_link`.

    Raises:
        NotFound: the customer has no wallet.
        AccountClosed: it is closed.
        WrongState: it is not locked.
        RequestConflict: the key was used for something else.
    """
    grant.for_action(Action.UNLOCK)
    account = _hold_open(session, grant.account_id)
    earlier = _earlier(session, account.customer_id, LoginRequestKind.UNLOCK, request_key, now)
    if earlier is None and account.status is not AccountStatus.LOCKED:
        raise WrongState(state=account.status, wanted=AccountStatus.LOCKED)
    return _request(
        session,
        account=account,
        grant=grant,
        kind=LoginRequestKind.UNLOCK,
        now=now,
        random=random,
        request_key=request_key,
    )


def undone(session: Session, *, now: datetime, limit: int = 20) -> list[str]:
    """References of stored requests that nobody carried out: older than 30 seconds, younger than an hour."""
    wanted = (
        select(LoginRequest.reference)
        .where(
            LoginRequest.done_at.is_(None),
            LoginRequest.created_at <= now - TAKEN_UP_AFTER,
            LoginRequest.created_at > now - GIVEN_UP_AFTER,
        )
        .order_by(LoginRequest.id)
        .limit(limit)
    )
    return list(session.scalars(wanted))


def carry_out(database: Database, login_service: LoginService, *, reference: str, now: datetime) -> LoginReceipt:
    """Have the login do a stored request, then mark it done. One that is done stays as it is.

    Raises:
        NotFound: no such request.
        NoSettledContact: the contact on file was changed or lost since it was asked for.
        AccountClosed: the wallet was closed since.
        ServiceUnavailable: the login did not answer; the request stays to be done.
    """
    with database.reading() as session:
        request = _of_reference(session, reference)
        if request.done_at is not None:
            return _receipt(request, already=True)
        account = session.scalars(select(Account).where(Account.customer_id == request.customer_id)).one()
        if account.status is AccountStatus.CLOSED:
            raise AccountClosed()
        language = session.get_one(Customer, request.customer_id).language
        destination = _link_destination(session, request.customer_id, now)
    if request.kind is LoginRequestKind.UNLOCK:
        login_service.unlock(customer_id=request.customer_id, request_key=reference)
    elif destination is None:
        raise NoSettledContact()
    else:
        login_service.send_reset_link(
            customer_id=request.customer_id, destination=destination.value, language=language, request_key=reference
        )
    with database.transaction() as session:
        if request.kind is LoginRequestKind.RESET_LINK and destination is not None:
            contacts.log_sent_for_us(
                session,
                customer_id=request.customer_id,
                contact=destination.kind,
                destination=destination.value,
                purpose=contacts.LINK,
                now=now,
            )
        return _mark_done(session, reference, account.id, now)


def _hold_open(session: Session, account_id: str | None) -> Account:
    account = hold_account(session, account_id=account_id)
    if account.status is AccountStatus.CLOSED:
        raise AccountClosed()
    return account


def _link_destination(session: Session, customer_id: str, now: datetime) -> ContactPoint | None:
    settled = settled_contacts(session, customer_id=customer_id, now=now)
    return next(iter(sorted(settled, key=lambda point: point.kind is not ContactKind.EMAIL)), None)


def _request(
    session: Session,
    *,
    account: Account,
    grant: Grant,
    kind: LoginRequestKind,
    now: datetime,
    random: Random,
    request_key: str | None,
) -> LoginReceipt:
    earlier = _earlier(session, account.customer_id, kind, request_key, now)
    if earlier is not None:
        return _receipt(earlier, already=True)
    request = LoginRequest(
        reference=_unused_reference(session, random),
        customer_id=account.customer_id,
        kind=kind,
        request_key=request_key,
        created_at=now,
        done_at=None,
    )
    session.add(request)
    session.flush()
    _record(session, request, action=f"{kind}_requested", actor=grant.actor, channel=grant.channel or "desk", now=now)
    return _receipt(request, already=False)


def _earlier(
    session: Session, customer_id: str, kind: LoginRequestKind, request_key: str | None, now: datetime
) -> LoginRequest | None:
    if request_key is not None:
        same_key = session.scalars(select(LoginRequest).where(LoginRequest.request_key == request_key)).one_or_none()
        if same_key is not None:
            if (same_key.customer_id, same_key.kind) != (customer_id, kind):
                raise RequestConflict()
            return same_key
    waiting = select(LoginRequest).where(
        LoginRequest.customer_id == customer_id,
        LoginRequest.kind == kind,
        LoginRequest.done_at.is_(None),
        LoginRequest.created_at > now - GIVEN_UP_AFTER,
    )
    return session.scalars(waiting.order_by(LoginRequest.id).limit(1)).one_or_none()


def _mark_done(session: Session, reference: str, account_id: str, now: datetime) -> LoginReceipt:
    account = hold_account(session, account_id=account_id)
    request = _of_reference(session, reference, lock=True)
    if request.done_at is not None:
        return _receipt(request, already=True)
    request.done_at = now
    if request.kind is LoginRequestKind.UNLOCK and account.status is AccountStatus.LOCKED:
        account.status = AccountStatus.ACTIVE
    session.flush()
    _record(session, request, action=f"{request.kind}_done", actor="system", channel="login", now=now)
    return _receipt(request, already=False)


def _of_reference(session: Session, reference: str, *, lock: bool = False) -> LoginRequest:
    wanted = select(LoginRequest).where(LoginRequest.reference == reference)
    request = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if request is None:
        raise NotFound(what="login_request")
    return request


def _unused_reference(session: Session, random: Random) -> str:
    while True:
        reference = new_reference(ReferenceKind.LOGIN, random)
        if session.scalars(select(LoginRequest.id).where(LoginRequest.reference == reference)).one_or_none() is None:
            return reference


def _record(session: Session, request: LoginRequest, *, action: str, actor: str, channel: str, now: datetime) -> None:
    audit.record(
        session,
        chain=request.customer_id,
        actor=actor,
        action=action,
        subject=request.reference,
        reason=request.kind,
        channel=channel,
        now=now,
    )


def _receipt(request: LoginRequest, *, already: bool) -> LoginReceipt:
    return LoginReceipt(
        reference=request.reference,
        kind=request.kind,
        created_at=request.created_at,
        done_at=request.done_at,
        already=already,
    )
