"""Asking for a customer's word by a call of ours: stored with what waits for it, placed by the worker like a callback.

The call goes to the number on file that is unchanged for 72 hours and not reported lost. Where there is none, what waits
goes on waiting, and the customer is told by whatever else we have.

Names in `confirmations`; import them from there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from wallet_core import notices
from wallet_core.authority import settled_contacts
from wallet_core.callback_endings import AttemptOutcome
from wallet_core.callback_records import record, store
from wallet_core.errors import LimitReached, NoSettledContact, NotFound, WrongState
from wallet_core.models import (
    Account,
    Callback,
    CallbackStatus,
    CallPurpose,
    ContactKind,
    Customer,
    Priority,
    Transaction,
    TransactionStatus,
)
from wallet_core.numbers import mask
from wallet_core.policy import Action, Grant
from wallet_core.ports import Random

# Who is asked is asked soon or not at all: three tries lie within it.
ASKED_WITHIN = timedelta(hours=2)
DAY = timedelta(hours=24)
A_DAY = 3

# What the ticket is about if it was not they.
TOPICS = {CallPurpose.PAYMENT: "unauthorized_transaction", CallPurpose.REGISTRATION: "report_scam"}


class AskedFor(BaseModel, frozen=True):
    """A call that will ask, or does. `masked_number` is where."""

    reference: str
    masked_number: str


def ask_about_payment(
    session: Session, *, customer_id: str, transaction_id: str, now: datetime, random: Random
) -> None:
    """Have the customer called about a payment that is just being held."""
    _ask(session, customer_id, CallPurpose.PAYMENT, transaction_id=transaction_id, now=now, random=random)


def ask_about_registration(session: Session, *, customer_id: str, now: datetime, random: Random) -> None:
    """Have the customer called about a registration in their name; where they are to be called already, once is enough.

    Raises:
        NotFound: no such customer.
    """
    # Two marks at the same time: the second sees the first.
    if session.scalar(select(Customer.id).where(Customer.id == customer_id).with_for_update(key_share=True)) is None:
        raise NotFound()
    if _pending(session, Callback.customer_id == customer_id, Callback.purpose == CallPurpose.REGISTRATION) is None:
        _ask(session, customer_id, CallPurpose.REGISTRATION, transaction_id=None, now=now, random=random)


def ask_again(session: Session, *, grant: Grant, transaction_id: str, now: datetime, random: Random) -> AskedFor:
    """Have the customer called once more about a held payment of theirs; a call that is still to come stays as it is.

    Raises:
        NotFound: no such payment, or not this customer's.
        WrongState: it is not held.
        NoSettledContact: no number on file may be asked.
        LimitReached: `confirmation_calls`, three were asked for within a day.
    """
    grant.for_action(Action.VIEW)
    # The wallet's row makes a second request at the same time wait until the first is there, and the payment stay held.
    session.scalar(select(Account.id).where(Account.id == grant.account_id).with_for_update())
    held = session.scalar(
        select(Transaction)
        .where(Transaction.id == transaction_id, Transaction.account_id == grant.account_id)
        .execution_options(populate_existing=True)
    )
    if held is None or grant.customer_id is None:
        raise NotFound()
    if held.status is not TransactionStatus.HELD:
        raise WrongState(state=held.status, wanted=TransactionStatus.HELD)
    pending = _pending(session, Callback.transaction_id == transaction_id)
    if pending is not None:
        return AskedFor(reference=pending.reference, masked_number=mask(pending.number or ""))
    asked = session.scalars(
        select(Callback)
        .where(Callback.transaction_id == transaction_id, Callback.created_at > now - DAY)
        .order_by(Callback.created_at)
    ).all()
    if asked and asked[-1].outcome == AttemptOutcome.NOT_CALLABLE:
        raise NoSettledContact()
    if len(asked) >= A_DAY:
        raise LimitReached(limit="confirmation_calls", until=asked[-A_DAY].created_at + DAY)
    made = _store(
        session, grant.customer_id, CallPurpose.PAYMENT, transaction_id, actor=grant.actor, now=now, random=random
    )
    if made is None:
        raise NoSettledContact()
    return AskedFor(reference=made.reference, masked_number=mask(made.number or ""))


def _ask(
    session: Session,
    customer_id: str,
    purpose: CallPurpose,
    *,
    transaction_id: str | None,
    now: datetime,
    random: Random,
) -> None:
    made = _store(session, customer_id, purpose, transaction_id, actor="system", now=now, random=random)
    if made is None:
        name = f"utter_notice_confirmation_impossible_{purpose}"
        notices.store_notices(session, customer_id=customer_id, name=name, facts={}, now=now)


def _store(
    session: Session,
    customer_id: str,
    purpose: CallPurpose,
    transaction_id: str | None,
    *,
    actor: str,
    now: datetime,
    random: Random,
) -> Callback | None:
    """The call that asks; None where no number on file may be asked."""
    settled = settled_contacts(session, customer_id=customer_id, now=now)
    number = next((point.value for point in settled if point.kind is ContactKind.PHONE), None)
    if number is None:
        return None
    callback = store(
        session,
        random=random,
        purpose=purpose,
        transaction_id=transaction_id,
        customer_id=customer_id,
        number=number,
        topic=TOPICS[purpose],
        language=session.scalars(select(Customer.language).where(Customer.id == customer_id)).one(),
        priority=Priority.URGENT,
        window_start=now,
        window_end=now + ASKED_WITHIN,
        created_at=now,
    )
    record(session, callback, actor=actor, action="request", reason=purpose, channel="system", now=now)
    return callback


def _pending(session: Session, *conditions: ColumnElement[bool]) -> Callback | None:
    pending = Callback.status.in_((CallbackStatus.REQUESTED, CallbackStatus.CALLING))
    return session.scalar(select(Callback).where(pending, *conditions).limit(1))
