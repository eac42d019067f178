"""The calls of a callback: tries, what each came to, and how the callback ends.

    requested → calling → connected → completed      the customer pressed 1, then spoke with somebody
                calling → requested                  nobody answered: again after a pause, three tries in all
                calling → not_requested              pressed 9: blocked for 24 hours, a fraud ticket
                calling → failed                     all tries used
    requested, calling → expired                     the window passed

Names in `callbacks`; import them from there.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import contacts
from wallet_core.callback_claims import AttemptView, attempt_view, held_callback, locked_callback, open_attempt
from wallet_core.callback_endings import block, call_off_blocked, close_with_note, text_customer
from wallet_core.callback_records import CallbackView, blocked_until, close, is_blocked, record, view_of
from wallet_core.errors import LimitReached, NotFound, RequestConflict, WrongState
from wallet_core.models import Callback, CallbackAttempt, CallbackStatus, ContactMedium, Ticket
from wallet_core.ports import Random
from wallet_core.routing import Routing

# After the first try five minutes, after the second twenty; there is no fourth.
PAUSES = (timedelta(minutes=5), timedelta(minutes=20))
TRIES = len(PAUSES) + 1
LATER = timedelta(minutes=30)
# Longer than any call: what is still connected then was never told to have ended.
LONGEST_CALL = timedelta(hours=4)

_ID_CHARACTERS = "0123456789abcdefghjkmnpqrstvwxyz"


class AttemptOutcome(StrEnum):
    """What a try came to."""

    CONNECTED = "connected"  # pressed 1
    NOT_REQUESTED = "not_requested"  # pressed 9: it was not them
    LATER = "later"  # pressed 0: not now
    NO_KEY = "no_key"  # somebody answered and pressed nothing
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"  # voicemail: told nothing
    UNREACHABLE = "unreachable"  # the call could not be placed
    UNKNOWN = "unknown"  # its holder was lost, and nobody can tell


class CallbackCase(BaseModel, frozen=True):
    """What a callback is about, for whoever takes the call."""

    id: str
    reference: str
    customer_id: str | None
    topic: str
    priority: int
    ticket_reference: str | None


class CallOutcome(StrEnum):
    """How a connected callback ended."""

    TALKED = "talked"
    HUNG_UP = "hung_up"  # before anybody took the call
    NOBODY_FREE = "nobody_free"
    UNKNOWN = "unknown"  # nobody told us in four hours


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
    """
    callback = held_callback(session, callback_id=callback_id, holder=holder, now=now)
    if open_attempt(session, callback) is not None:
        raise WrongState(state="attempt_open", wanted="attempt_ended")
    if callback.window_end <= now:
        raise WrongState(state=CallbackStatus.EXPIRED, wanted=CallbackStatus.CALLING)
    blocked = blocked_until(session, number=callback.number or "", now=now)
    if blocked:
        raise LimitReached(limit="callback_blocked", until=blocked)
    callback.attempts_count += 1
    attempt = CallbackAttempt(
        id="".join(random.choice(_ID_CHARACTERS) for _ in range(26)),
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
            purpose="callback",
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
    _, attempt = _locked_attempt(session, attempt_id)
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
    )


def case_of_call(session: Session, *, call_sid: str) -> CallbackCase | None:
    """The case of the callback that this call of ours is for; None where it is for none."""
    callback_id = session.scalar(select(CallbackAttempt.callback_id).where(CallbackAttempt.call_sid == call_sid))
    return case_of(session, callback_id=callback_id) if callback_id is not None else None


def tie_ticket(session: Session, *, callback_id: str, ticket_reference: str) -> None:
    """Have the callback's outcome noted on this ticket, where it has none yet.

    Raises:
        NotFound: no such callback.
    """
    callback = locked_callback(session, callback_id)
    if callback.ticket_id is None:
        callback.ticket_id = session.scalar(select(Ticket.id).where(Ticket.reference == ticket_reference))
        session.flush()


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

    Raises:
        NotFound: no such attempt.
        WrongState: `lease_lost`, the holder has the callback no more.
        RequestConflict: the try has ended otherwise.
    """
    callback, attempt = _locked_attempt(session, attempt_id)
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
        case AttemptOutcome.NOT_REQUESTED:
            block(session, callback, routing=routing, now=now, random=random)
        case _:
            _try_again(session, callback, outcome, routing=routing, now=now, random=random)
    session.flush()
    return view_of(session, callback, known=True)


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
    _complete(session, callback, outcome, actor=actor, routing=routing, now=now, random=random)
    return view_of(session, callback, known=True)


def expire_overdue(session: Session, *, routing: Routing, now: datetime, random: Random, limit: int = 100) -> list[str]:
    """End what nobody will call any more: windows passed, calls of which nobody told us the end, blocked numbers.

    Gives the references. A customer whom we did not reach, and who did not block us, gets a text, and a note on the
    ticket. Several may run at once.
    """
    left = (Callback.status == CallbackStatus.CALLING) & (Callback.held_until <= now)
    begun = select(CallbackAttempt.id).where(
        CallbackAttempt.callback_id == Callback.id, CallbackAttempt.ended_at.is_(None)
    )
    uncalled = (Callback.status == CallbackStatus.REQUESTED) | (left & ~begun.exists())
    connected = select(CallbackAttempt.id).where(
        CallbackAttempt.callback_id == Callback.id, CallbackAttempt.ended_at <= now - LONGEST_CALL
    )
    stale = (Callback.status == CallbackStatus.CONNECTED) & connected.exists()
    rows = session.scalars(
        select(Callback)
        .where((uncalled & ((Callback.window_end <= now) | is_blocked(now))) | stale)
        .order_by(Callback.window_end, Callback.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Callback)
        .execution_options(populate_existing=True)
    ).all()
    for callback in rows:
        if callback.status is CallbackStatus.CONNECTED:
            _complete(session, callback, CallOutcome.UNKNOWN, actor="system", routing=routing, now=now, random=random)
        elif blocked_until(session, number=callback.number or "", now=now):
            call_off_blocked(session, callback, now=now)
        else:
            _give_up(session, callback, CallbackStatus.EXPIRED, routing=routing, now=now, random=random)
    session.flush()
    return [callback.reference for callback in rows]


def _locked_attempt(session: Session, attempt_id: str) -> tuple[Callback, CallbackAttempt]:
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
    if callback.attempts_count >= TRIES:
        _give_up(session, callback, CallbackStatus.FAILED, routing=routing, now=now, random=random)
        return
    pause = LATER if outcome is AttemptOutcome.LATER else PAUSES[callback.attempts_count - 1]
    due = max(now + pause, callback.window_start)
    if due >= callback.window_end:
        _give_up(session, callback, CallbackStatus.EXPIRED, routing=routing, now=now, random=random)
        return
    callback.status, callback.due_at = CallbackStatus.REQUESTED, due
    callback.holder = callback.held_until = None


def _give_up(
    session: Session, callback: Callback, status: CallbackStatus, *, routing: Routing, now: datetime, random: Random
) -> None:
    outcome = callback.outcome or status
    if callback.customer_id is None:
        close(callback, status, outcome=outcome, now=now)  # nobody to call, nobody to tell
    else:
        ticket = close_with_note(session, callback, status, outcome=outcome, routing=routing, now=now, random=random)
        text_customer(session, callback, name="utter_notice_callback_missed", ticket=ticket, now=now)
    record(session, callback, actor="system", action=status, reason=outcome, channel="system", now=now)


def _complete(
    session: Session,
    callback: Callback,
    outcome: CallOutcome,
    *,
    actor: str,
    routing: Routing,
    now: datetime,
    random: Random,
) -> None:
    if callback.ticket_id is not None or outcome is CallOutcome.NOBODY_FREE:
        close_with_note(
            session, callback, CallbackStatus.COMPLETED, outcome=outcome, routing=routing, now=now, random=random
        )
    else:
        close(callback, CallbackStatus.COMPLETED, outcome=outcome, now=now)
    for contact_id in session.scalars(
        select(CallbackAttempt.contact_id).where(
            CallbackAttempt.callback_id == callback.id, CallbackAttempt.contact_id.is_not(None)
        )
    ):
        contacts.end_contact(session, contact_id=contact_id or 0, now=now)
    session.flush()
    record(session, callback, actor=actor, action="complete", reason=outcome, channel="voice", now=now)
