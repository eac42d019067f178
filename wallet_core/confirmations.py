"""The customer's word by a key in a call of ours: 1 it is theirs, 2 it is not.

    1  the payment goes on; a registration stands
    2  the payment is cancelled and the money back, the wallet frozen, a ticket with fraud

Asking is in `confirmation_requests`; tries and their ends are those of any call that we owe, see `callback_calls`. The
key counts in the call alone that goes to the settled number on file: `authority.authorise_our_call`.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import audit, freezes, notices, transactions
from wallet_core.authority import authorise_our_call
from wallet_core.callback_calls import locked_attempt, record_outcome
from wallet_core.callback_endings import AttemptOutcome
from wallet_core.callback_records import must_not_ring
from wallet_core.confirmation_requests import AskedFor, ask_about_payment, ask_about_registration, ask_again
from wallet_core.disputes import open_dispute
from wallet_core.errors import AccountClosed, NotFound, RequestConflict
from wallet_core.models import (
    Account,
    Callback,
    CallbackAttempt,
    CallPurpose,
    Freeze,
    Ticket,
)
from wallet_core.policy import Action
from wallet_core.ports import Random
from wallet_core.routing import Routing
from wallet_core.tickets import open_ticket
from wallet_core.transactions import TransactionView

__all__ = [
    "AskedFor",
    "Confirmation",
    "Question",
    "answer",
    "ask_about_payment",
    "ask_about_registration",
    "ask_again",
    "question_of",
]


class Question(BaseModel, frozen=True):
    """What a call asks about.

    `open`: it may be told and answered; the payment may have been decided otherwise, or the number reported lost.
    """

    purpose: CallPurpose
    payment: TransactionView | None
    open: bool


class Confirmation(BaseModel, frozen=True):
    """What came of a key. `payment` is as it stands now; the references are those of a "not me"."""

    yes: bool
    payment: TransactionView | None
    freeze_reference: str | None
    ticket_reference: str | None


def question_of(session: Session, *, attempt_id: str, now: datetime) -> Question:
    """What the call of this try asks about.

    Raises:
        NotFound: no such try, or it asks for no confirmation.
    """
    callback = session.scalar(
        select(Callback)
        .join(CallbackAttempt, CallbackAttempt.callback_id == Callback.id)
        .where(CallbackAttempt.id == attempt_id, Callback.purpose != CallPurpose.CALLBACK)
    )
    if callback is None:
        raise NotFound()
    over = session.scalar(select(Callback.id).where(Callback.id == callback.id, must_not_ring(now)))
    return Question(purpose=callback.purpose, payment=_payment(session, callback, now), open=over is None)


def answer(
    session: Session, *, attempt_id: str, yes: bool, routing: Routing, now: datetime, random: Random
) -> Confirmation:
    """Do what the key says; all of it or nothing. The same key again changes nothing and gives the same answer.

    A payment that was confirmed fails instead of going on where its wallet was frozen or locked meanwhile.

    Raises:
        NotFound: no such try.
        NotAllowed: the call is over, or too long, or its number is not safe any more.
        WrongState: the payment came to something else before.
        RequestConflict: the try has ended otherwise.
    """
    callback, attempt = locked_attempt(session, attempt_id)
    outcome = AttemptOutcome.CONFIRMED if yes else AttemptOutcome.REJECTED
    if attempt.ended_at is None:
        if yes:
            _confirm(session, callback, attempt, now)
        else:
            _reject(session, callback, attempt, routing=routing, now=now, random=random)
        record_outcome(session, attempt_id=attempt_id, outcome=outcome, routing=routing, now=now, random=random)
    elif attempt.outcome != outcome:
        raise RequestConflict()
    return Confirmation(
        yes=yes,
        payment=_payment(session, callback, now),
        freeze_reference=None if yes else _freeze(session, callback),
        ticket_reference=session.scalar(select(Ticket.reference).where(Ticket.id == callback.ticket_id)),
    )


def _confirm(session: Session, callback: Callback, attempt: CallbackAttempt, now: datetime) -> None:
    grant = authorise_our_call(session, call_id=attempt.contact_id or 0, action=Action.CONFIRM_HELD, now=now)
    if callback.transaction_id is not None:
        transactions.confirm_held(session, grant=grant, transaction_id=callback.transaction_id, now=now)
    _record(session, callback, "confirmed", now)


def _reject(
    session: Session, callback: Callback, attempt: CallbackAttempt, *, routing: Routing, now: datetime, random: Random
) -> None:
    call_id = attempt.contact_id or 0
    grant = authorise_our_call(session, call_id=call_id, action=Action.REJECT_HELD, now=now)
    if callback.transaction_id is not None:
        transactions.reject_held(session, grant=grant, transaction_id=callback.transaction_id, now=now)
    try:
        freeze = authorise_our_call(session, call_id=call_id, action=Action.FREEZE, now=now)
        frozen = freezes.freeze_account(session, grant=freeze, reason=callback.topic, now=now, random=random).reference
    except (AccountClosed, NotFound):  # there is no wallet from which anything could go
        frozen = "-"
    ticket = _open_ticket(session, callback, call_id, routing=routing, now=now, random=random)
    callback.ticket_id = session.scalar(select(Ticket.id).where(Ticket.reference == ticket))
    notices.store_text(
        session,
        customer_id=callback.customer_id,
        number=callback.number or "",
        language=callback.language,
        name=f"utter_notice_rejected_{callback.purpose}",
        facts={"freeze": frozen, "ticket": ticket},
        now=now,
    )
    _record(session, callback, "rejected", now)


def _open_ticket(
    session: Session, callback: Callback, call_id: int, *, routing: Routing, now: datetime, random: Random
) -> str:
    said = f"{callback.reference}: {callback.purpose}, {AttemptOutcome.REJECTED}"
    if callback.transaction_id is not None:
        return open_dispute(
            session,
            grant=authorise_our_call(session, call_id=call_id, action=Action.DISPUTE, now=now),
            transaction_ids=[callback.transaction_id],
            summary=said,
            language=callback.language,
            routing=routing,
            now=now,
            random=random,
            topic=callback.topic,
        ).reference
    return open_ticket(
        session,
        grant=authorise_our_call(session, call_id=call_id, action=Action.OPEN_TICKET, now=now),
        topic=callback.topic,
        summary=said,
        language=callback.language,
        routing=routing,
        now=now,
        random=random,
        contact=callback.number,
    ).reference


def _freeze(session: Session, callback: Callback) -> str | None:
    """The newest freeze that stands on the wallet."""
    standing = (
        select(Freeze.reference)
        .join(Account, Account.id == Freeze.account_id)
        .where(Account.customer_id == callback.customer_id, Freeze.lifted_at.is_(None))
        .order_by(Freeze.id.desc())
    )
    return session.scalar(standing.limit(1))


def _payment(session: Session, callback: Callback, now: datetime) -> TransactionView | None:
    if callback.transaction_id is None:
        return None
    account_id = session.scalars(select(Account.id).where(Account.customer_id == callback.customer_id)).one()
    return transactions.get_transaction(session, account_id=account_id, transaction_id=callback.transaction_id, now=now)


def _record(session: Session, callback: Callback, word: str, now: datetime) -> None:
    audit.record(
        session,
        chain=callback.customer_id or callback.reference,
        actor="customer",
        action=f"{callback.purpose}_{word}",
        subject=callback.transaction_id or callback.reference,
        reason="key",
        channel="voice",
        now=now,
    )
