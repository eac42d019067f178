"""The tries at a call that we owe, what each came to, and how it ends.

    requested → calling → connected → completed      the customer pressed 1, then spoke with somebody
                calling → requested                  nobody answered: again after a pause, three tries in all
                calling → not_requested              pressed 9: blocked for 24 hours, a fraud ticket
                calling → completed                  the key that answers a confirmation: see `confirmations`
                calling → failed                     all tries used
    requested, calling → expired                     the window passed

Names in `callbacks`; import them from there.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import contacts
from wallet_core.callback_claims import AttemptView, attempt_view, held_callback, locked_callback, open_attempt
from wallet_core.callback_endings import AttemptOutcome, CallOutcome, block, complete, give_up, tie
from wallet_core.callback_records import (
    CallbackView,
    asked_by_known,
    blocked_until,
    close,
    must_not_ring,
    record,
    view_of,
)
from wallet_core.errors import LimitReached, NotFound, RequestConflict, WrongState
from wallet_core.ids import new_id
from wallet_core.models import Callback, CallbackAttempt, CallbackStatus, CallPurpose, ContactMedium, Ticket
from wallet_core.ports import Random
from wallet_core.routing import Routing

# After the first try five minutes, after the second twenty; there is no fourth.
PAUSES = (timedelta(minutes=5), timedelta(minutes=20))
TRIES = len(PAUSES) + 1
LATER = timedelta(minutes=30)


class CallbackCase(BaseModel, frozen=True):
    """What a callback is about, for whoever takes the call.

    `about` are the requester's words; only where `asked_by_known` they are surely the customer's.
    """

    id: str
    reference: str
    customer_id: str | None
    topic: str
    priority: int
    ticket_reference: str | None
    about: str | None
    asked_by_known: bool


_BY_KEY = frozenset({AttemptOutcome.CONNECTED, AttemptOutcome.NOT_REQUESTED, AttemptOutcome.LATER})


def start_attempt(
    session: Session, *, callback_id: str, holder: str, now: datetime, random: Random, sender: str | None = None
) -> AttemptView:
    """Write down that we are about to call; commit before calling. The attempt's id names the call from then on.

    Args:
        sender: our number, from which the call will come: with it the call stands in the log of our calls from here on.

    Raises:
        NotFound: no such callback.
        WrongState: `lease_lost`; `attempt_open`, an earlier try has no outcome yet; `expired`, the window has passed.
        LimitReached: `callback_blocked`, its person pressed 9 meanwhile.
        WrongState: `must_not_ring`, what it would ask about is settled, or its number is not safe any more.
    """
    callback = held_callback(session, callback_id=callback_id, holder=holder, now=now)
    if open_attempt(session, callback) is not None:
        raise WrongState(state="attempt_open", wanted="attempt_ended")
    if callback.window_end <= now:
        raise WrongState(state=CallbackStatus.EXPIRED, wanted=CallbackStatus.CALLING)
    if session.scalar(select(Callback.id).where(Callback.id == callback.id, must_not_ring(now))) is not None:
        blocked = blocked_until(session, number=callback.number or "", now=now)
        if callback.purpose is CallPurpose.CALLBACK and blocked:
            raise LimitReached(limit="callback_blocked", until=blocked)
        raise WrongState(state="must_not_ring", wanted=CallbackStatus.CALLING)
    callback.attempts_count += 1
    attempt = CallbackAttempt(
        id=new_id(random),
        callback_id=callback.id,
        number=callback.attempts_count,
        holder=holder,
        started_at=now,
    )
    if sender is not None:
        attempt.contact_id = contacts.log_contact(
            session,
            customer_id=callback.customer_id,
            kind=ContactMedium.CALL,
            sender=sender,
            destination=callback.number or "",
            purpose="callback" if callback.purpose is CallPurpose.CALLBACK else "confirmation",
            now=now,
        )
    session.add(attempt)
    session.flush()
    record(session, callback, actor="system", action="attempt", reason="", channel="voice", now=now)
    return attempt_view(callback, attempt)


def note_call(session: Session, *, attempt_id: str, call_sid: str) -> None:
    """Keep the provider's number of the call.

    Raises:
        NotFound: no such attempt.
        RequestConflict: the attempt has another one.
    """
    _, attempt = locked_attempt(session, attempt_id)
    if attempt.call_sid not in (None, call_sid):
        raise RequestConflict()
    attempt.call_sid = call_sid
    session.flush()


def attempt_by_id(session: Session, *, attempt_id: str) -> AttemptView:
    """Raises: NotFound."""
    attempt = session.get(CallbackAttempt, attempt_id)
    callback = session.get(Callback, attempt.callback_id) if attempt else None
    if attempt is None or callback is None:
        raise NotFound()
    return attempt_view(callback, attempt)


def case_of(session: Session, *, callback_id: str) -> CallbackCase:
    """Raises: NotFound."""
    callback = session.get(Callback, callback_id, populate_existing=True)
    if callback is None:
        raise NotFound()
    ticket = session.get(Ticket, callback.ticket_id) if callback.ticket_id is not None else None
    return CallbackCase(
        id=callback.id,
        reference=callback.reference,
        customer_id=callback.customer_id,
        topic=callback.topic,
        priority=callback.priority,
        ticket_reference=ticket.reference if ticket else None,
        about=callback.about,
        asked_by_known=asked_by_known(callback),
    )


def case_of_call(session: Session, *, call_sid: str) -> CallbackCase | None:
    """The case of the callback that this call of ours is for; None where it is for none."""
    callback_id = session.scalar(select(CallbackAttempt.callback_id).where(CallbackAttempt.call_sid == call_sid))
    return case_of(session, callback_id=callback_id) if callback_id is not None else None


def tie_ticket(session: Session, *, callback_id: str, ticket_reference: str, now: datetime) -> None:
    """Have the callback's outcome noted on this ticket, where it has none yet; what it is about is noted at once.

    Raises:
        NotFound: no such callback.
    """
    callback = locked_callback(session, callback_id)
    if callback.ticket_id is None:
        tie(session, callback, ticket_reference, now=now)


def id_of(session: Session, *, reference: str) -> str | None:
    """The id of the callback with this reference, as a receipt has it."""
    return session.scalar(select(Callback.id).where(Callback.reference == reference))


def known_calls(session: Session, *, call_sids: Collection[str]) -> set[str]:
    """Which of the provider's calls are those of tries that we know."""
    return set(session.scalars(select(CallbackAttempt.call_sid).where(CallbackAttempt.call_sid.in_(call_sids))))


def phrase_for_call(session: Session, *, attempt_id: str, machine: bool) -> str | None:
    """The words to say first; None for a machine, after a key was pressed, after the call, and where none was given.

    Raises:
        NotFound: no such attempt.
    """
    attempt = session.get(CallbackAttempt, attempt_id, populate_existing=True)
    callback = session.get(Callback, attempt.callback_id, populate_existing=True) if attempt else None
    if attempt is None or callback is None:
        raise NotFound()
    if machine or attempt.ended_at is not None or callback.phrase_used_at is not None:
        return None
    return callback.phrase


def record_outcome(
    session: Session,
    *,
    attempt_id: str,
    outcome: AttemptOutcome,
    routing: Routing,
    now: datetime,
    random: Random,
    holder: str | None = None,
) -> CallbackView:
    """Write down what a try came to, and what follows from it. A try ends once; the same outcome again changes nothing.

    Args:
        holder: who reports; None for what came from the phone network, to which the attempt's id is known.

    Whoever was spoken to has to be told by the status that is given back: `requested`, then it is called again at
    `due_at`; else nobody calls any more, and who said "not now" is told so by nothing else.

    Raises:
        NotFound: no such attempt.
        WrongState: `lease_lost`, the holder has the callback no more.
        RequestConflict: the try has ended otherwise.
    """
    callback, attempt = locked_attempt(session, attempt_id)
    if attempt.ended_at is not None:
        if attempt.outcome != outcome:
            raise RequestConflict()
        return view_of(session, callback, known=True)
    if holder is not None:
        held_callback(session, callback_id=callback.id, holder=holder, now=now)
    attempt.ended_at, attempt.outcome = now, outcome
    if attempt.contact_id is not None and outcome is not AttemptOutcome.CONNECTED:
        contacts.end_contact(session, contact_id=attempt.contact_id, now=now)
    callback.outcome = outcome
    if outcome in _BY_KEY and callback.phrase is not None:
        callback.phrase_used_at = now
    session.flush()
    record(session, callback, actor="system", action="outcome", reason=outcome, channel="voice", now=now)
    match outcome:
        case AttemptOutcome.CONNECTED:
            callback.status = CallbackStatus.CONNECTED
            callback.holder = callback.held_until = None
        case AttemptOutcome.CONFIRMED | AttemptOutcome.REJECTED:
            close(callback, CallbackStatus.COMPLETED, outcome=outcome, now=now)
        case AttemptOutcome.NOT_REQUESTED:
            block(session, callback, routing=routing, now=now, random=random)
        case _:
            _try_again(session, callback, outcome, routing=routing, now=now, random=random)
    session.flush()
    return view_of(session, callback, known=True)


def next_try(callback: Callback, outcome: AttemptOutcome, *, now: datetime) -> datetime | None:
    """When it is called again after a try that came to this; None where it is not any more."""
    if callback.attempts_count >= TRIES or outcome is AttemptOutcome.NOT_CALLABLE:
        return None
    pause = LATER if outcome is AttemptOutcome.LATER else PAUSES[callback.attempts_count - 1]
    due = max(now + pause, callback.window_start)
    return due if due < callback.window_end else None


def finish_callback(
    session: Session,
    *,
    callback_id: str,
    outcome: CallOutcome,
    actor: str,
    routing: Routing,
    now: datetime,
    random: Random,
) -> CallbackView:
    """A connected callback is over; the outcome is noted on its ticket. The same again changes nothing.

    Where nobody was free and there is no ticket, one is opened.

    Raises:
        NotFound: no such callback.
        WrongState: it was never connected.
        RequestConflict: it ended otherwise.
    """
    callback = locked_callback(session, callback_id)
    if callback.status is CallbackStatus.COMPLETED and callback.outcome == outcome:
        return view_of(session, callback, known=True)
    if callback.status is CallbackStatus.COMPLETED:
        raise RequestConflict()
    if callback.status is not CallbackStatus.CONNECTED:
        raise WrongState(state=callback.status, wanted=CallbackStatus.CONNECTED)
    complete(session, callback, outcome, actor=actor, routing=routing, now=now, random=random)
    return view_of(session, callback, known=True)


def locked_attempt(session: Session, attempt_id: str) -> tuple[Callback, CallbackAttempt]:
    """The callback's row is locked before its attempts are looked at, so that two reports have one order."""
    callback_id = session.scalar(select(CallbackAttempt.callback_id).where(CallbackAttempt.id == attempt_id))
    if callback_id is None:
        raise NotFound()
    callback = locked_callback(session, callback_id)
    attempt = session.get_one(CallbackAttempt, attempt_id, populate_existing=True)
    return callback, attempt


def _try_again(
    session: Session, callback: Callback, outcome: AttemptOutcome, *, routing: Routing, now: datetime, random: Random
) -> None:
    due = next_try(callback, outcome, now=now)
    if due is None:
        no_more = callback.attempts_count >= TRIES or outcome is AttemptOutcome.NOT_CALLABLE
        status = CallbackStatus.FAILED if no_more else CallbackStatus.EXPIRED
        told = outcome is AttemptOutcome.LATER
        give_up(session, callback, status, told=told, routing=routing, now=now, random=random)
        return
    callback.status, callback.due_at = CallbackStatus.REQUESTED, due
    callback.holder = callback.held_until = None
