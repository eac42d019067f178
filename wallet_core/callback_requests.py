"""Asking for a callback, and changing one's mind about it.

Below SIGNED_IN anybody may ask in anybody's name. So the answer is always the same, and a request that must not lead to
a call (an unknown name, a limit, a block) is stored all the same, without customer and number: nobody ever calls it.

Names in `callbacks`; import them from there.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.callback_limits import destination
from wallet_core.callback_records import (
    PENDING,
    CallbackView,
    channel_of,
    close,
    find_callback,
    is_known,
    record,
    still_to_come,
    store,
    view_of,
    visible_to,
)
from wallet_core.callback_windows import Window, settle_window
from wallet_core.errors import RequestConflict, WrongState
from wallet_core.models import Callback, CallbackStatus, Conversation, Customer, Language
from wallet_core.numbers import mask, parse_number
from wallet_core.phrases import Phrases, draw_phrase
from wallet_core.policy import Action, Grant
from wallet_core.ports import Random
from wallet_core.routing import Route, Routing, route
from wallet_core.ticket_records import SUMMARY_LIMIT, clean, find_ticket, is_agent

_NOBODY = ""


class CallbackReceipt(BaseModel, frozen=True):
    """What the requester is told. `phrase` is to be shown to them now, and nowhere else ever.

    Both `phrase` and `masked_number` are None to a requester below SIGNED_IN.
    """

    reference: str
    window_start: datetime
    window_end: datetime
    phrase: str | None
    masked_number: str | None


def request_callback(
    session: Session,
    *,
    grant: Grant,
    topic: str,
    language: Language,
    routing: Routing,
    phrases: Phrases,
    now: datetime,
    random: Random,
    start: datetime | None = None,
    end: datetime | None = None,
    number: str | None = None,
    countries: Collection[str] | None = None,
    ticket_reference: str | None = None,
    about: str | None = None,
    request_key: str | None = None,
) -> CallbackReceipt:
    """Have us call, on the number on file, or on a new one that was proven by a code in this conversation.

    A customer has one pending callback at most. Signed in, five a day may be asked for, and one that somebody below
    SIGNED_IN asked for in the customer's name gives way. Below SIGNED_IN two a day lead to calls, and one conversation
    may ask for two a day, one at a time; the answer tells nothing about the name.

    Args:
        start, end: the window, see `callback_windows.settle_window`; without `start` as soon as possible.
        number: a new number, however written, with its country; needs a grant for CALLBACK_NEW_NUMBER.
        countries: the countries to which we call; all where None.
        ticket_reference: the ticket that it is about; its outcome is noted there.
        about: what it is about in the requester's words, masked already; for agents alone.
        request_key: asked again with the same key and content, the first receipt is given back.

    Raises:
        InvalidTime: see `settle_window`.
        NotFound: no such ticket, or not one that the grant may see.
        InvalidNumber: the number cannot or may not be called; told from SIGNED_IN on.
        NotAllowed: the new number was not proven in this conversation within the last ten minutes.
        LimitReached: `callback_pending`, `callbacks_a_day`, or (from SIGNED_IN on) `callback_blocked`, with `until`.
        RequestConflict: the key came before with other content.
    """
    grant.for_action(Action.CALLBACK_ON_FILE, Action.CALLBACK_NEW_NUMBER)
    if number is not None:
        grant.for_action(Action.CALLBACK_NEW_NUMBER)
    known = is_known(grant)
    _lock_requester(session, grant)
    words = clean(about, SUMMARY_LIMIT) if about is not None else None
    earlier = _earlier(
        session,
        grant,
        request_key,
        topic=topic,
        about=words,
        language=language,
        start=start,
        end=end,
        number=number,
    )
    if earlier is not None:
        return _receipt(earlier, known=known)
    way = route(routing, topic=topic, language=language, now=now, assurance=grant.assurance)
    window = settle_window(start=start, end=end, hours=routing.hours_of(way.queue), now=now)
    ticket = find_ticket(session, grant=grant, reference=ticket_reference) if ticket_reference else None
    target = destination(session, grant, number=number, countries=countries, now=now)
    phrase = draw_phrase(phrases, language=language, random=random)
    callback = _store(
        session,
        grant,
        topic=topic,
        about=words,
        language=language,
        way=way,
        window=window,
        ticket_id=ticket.id if ticket else None,
        number=target,
        phrase=phrase if known and not is_agent(grant) else None,
        reminder_owed_since=now if start is not None and window.start > now else None,
        request_key=request_key,
        now=now,
        random=random,
    )
    return _receipt(callback, known=known)


def callback_by_reference(session: Session, *, grant: Grant, reference: str) -> CallbackView:
    """The callback of that reference, however it is written.

    Raises:
        NotFound: no such callback, or not one that the grant may see.
    """
    return view_of(session, find_callback(session, grant=grant, reference=reference), known=is_known(grant))


def callbacks_of(session: Session, *, grant: Grant, limit: int = 5) -> list[CallbackView]:
    """The newest callbacks that the grant may see, newest first."""
    query = select(Callback).where(visible_to(grant)).order_by(Callback.created_at.desc(), Callback.id).limit(limit)
    return [view_of(session, callback, known=is_known(grant)) for callback in session.scalars(query)]


def pending_callback(session: Session, *, grant: Grant, now: datetime) -> CallbackView | None:
    """The one that is still to come, or going on; below SIGNED_IN, this conversation's while its window lasts."""
    known = is_known(grant)
    query = select(Callback).where(
        visible_to(grant), Callback.status.in_(PENDING) if known else Callback.window_end > now
    )
    callback = session.scalars(query.order_by(Callback.created_at.desc()).limit(1)).first()
    return view_of(session, callback, known=known) if callback else None


def cancel_callback(session: Session, *, grant: Grant, reference: str, now: datetime) -> CallbackView:
    """Call it off. Below SIGNED_IN the answer is the same whatever has become of it.

    Raises:
        NotFound: no such callback, or not one that the grant may see.
        WrongState: it rings, or is over (told from SIGNED_IN on).
    """
    callback = find_callback(session, grant=grant, reference=reference, lock=True)
    known = is_known(grant)
    if still_to_come(session, callback):
        close(callback, CallbackStatus.CANCELLED, outcome="cancelled", now=now)
        record(session, callback, actor=grant.actor, action="cancel", reason="", channel=channel_of(grant), now=now)
    elif known:
        raise WrongState(state=callback.status, wanted=CallbackStatus.REQUESTED)
    if not known:
        callback.window_end = min(callback.window_end, now)  # all that the requester sees of it
    session.flush()
    return view_of(session, callback, known=known)


def change_window(
    session: Session,
    *,
    grant: Grant,
    reference: str,
    routing: Routing,
    now: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
) -> CallbackView:
    """Another time for it; the tries it had still count. Below SIGNED_IN the answer is the same whatever became of it.

    Raises:
        NotFound: no such callback, or not one that the grant may see.
        InvalidTime: see `settle_window`.
        WrongState: it rings, or is over (told from SIGNED_IN on).
    """
    callback = find_callback(session, grant=grant, reference=reference, lock=True)
    known = is_known(grant)
    to_come = still_to_come(session, callback)
    if known and not to_come:
        raise WrongState(state=callback.status, wanted=CallbackStatus.REQUESTED)
    way = route(routing, topic=callback.topic, language=callback.language, now=now, assurance=grant.assurance)
    window = settle_window(start=start, end=end, hours=routing.hours_of(way.queue), now=now)
    callback.window_start, callback.window_end = window.start, window.end
    callback.reminder_owed_since = now if start is not None and window.start > now else None
    if to_come:
        callback.status, callback.due_at = CallbackStatus.REQUESTED, window.start
        callback.holder = callback.held_until = None
        record(session, callback, actor=grant.actor, action="change", reason="", channel=channel_of(grant), now=now)
    session.flush()
    return view_of(session, callback, known=known)


def _lock_requester(session: Session, grant: Grant) -> None:
    """Requests of one conversation, and in one customer's name, come one after the other."""
    for table, id_ in ((Conversation, grant.conversation_id), (Customer, grant.customer_id)):
        session.scalar(select(table.id).where(table.id == (id_ or _NOBODY)).with_for_update(key_share=True))


def _store(
    session: Session,
    grant: Grant,
    *,
    topic: str,
    about: str | None,
    language: Language,
    way: Route,
    window: Window,
    ticket_id: int | None,
    number: str | None,
    phrase: str | None,
    reminder_owed_since: datetime | None,
    request_key: str | None,
    now: datetime,
    random: Random,
) -> Callback:
    callback = store(
        session,
        random=random,
        customer_id=grant.customer_id if number else None,
        conversation_id=grant.conversation_id,
        ticket_id=ticket_id,
        number=number,
        topic=topic,
        about=about,
        language=language,
        priority=way.priority,
        window_start=window.start,
        window_end=window.end,
        phrase=phrase,
        reminder_owed_since=reminder_owed_since,
        request_key=request_key,
        created_at=now,
    )
    record(session, callback, actor=grant.actor, action="request", reason=topic, channel=channel_of(grant), now=now)
    return callback


def _earlier(
    session: Session,
    grant: Grant,
    request_key: str | None,
    *,
    topic: str,
    about: str | None,
    language: Language,
    start: datetime | None,
    end: datetime | None,
    number: str | None,
) -> Callback | None:
    """The request with this key. The requester's lock makes a second one at the same time wait until it is there."""
    row = session.scalar(select(Callback).where(Callback.request_key == request_key)) if request_key else None
    if row is None:
        return None
    same = (
        row.conversation_id == grant.conversation_id
        and row.customer_id in (None, grant.customer_id)
        and (row.topic, row.about, row.language) == (topic, about, language)
        and (start is None or row.window_start == max(start, row.created_at))
        and (end is None or row.window_end == end)
        and (number is None or row.number == parse_number(number))
    )
    if not same:
        raise RequestConflict()
    return row


def _receipt(callback: Callback, *, known: bool) -> CallbackReceipt:
    return CallbackReceipt(
        reference=callback.reference,
        window_start=callback.window_start,
        window_end=callback.window_end,
        phrase=callback.phrase if known and callback.phrase_used_at is None else None,
        masked_number=mask(callback.number) if known and callback.number else None,
    )
