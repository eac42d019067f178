"""Which number a callback may go to, and how often: what keeps callbacks from being turned against somebody.

Below SIGNED_IN nothing that is answered, and nothing that can be counted, may depend on whether the name exists.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.callback_records import (
    IS_CALLBACK,
    PENDING,
    blocked_until,
    channel_of,
    close,
    is_known,
    record,
    still_to_come,
)
from wallet_core.challenge_rows import number_proven
from wallet_core.errors import InvalidNumber, LimitReached, NotAllowed, NotFound
from wallet_core.models import Assurance, Callback, CallbackStatus, ContactKind, ContactPoint
from wallet_core.numbers import parse_number
from wallet_core.policy import Grant
from wallet_core.ticket_records import is_agent

DAY = timedelta(hours=24)
A_DAY_BELOW_SIGNED_IN = 2
A_DAY_SIGNED_IN = 5

_NOBODY = ""


def destination(
    session: Session, grant: Grant, *, number: str | None, countries: Collection[str] | None, now: datetime
) -> str | None:
    """The number to call; None where the request must not lead to a call and this must not be told.

    Raises:
        What `request_callback` raises for numbers and limits.
    """
    if not is_known(grant):
        _check_conversation_limits(session, grant, now)
        return _quiet_destination(session, grant, countries, now)
    if grant.customer_id is None:
        raise NotFound()
    on_file = _number_on_file(session, grant.customer_id)
    wanted = parse_number(number, countries=countries) if number is not None else on_file
    if wanted is None:
        raise InvalidNumber(reason="none_on_file")
    wanted = parse_number(wanted, countries=countries)
    if wanted != on_file and not (
        grant.conversation_id and number_proven(session, conversation_id=grant.conversation_id, number=wanted, now=now)
    ):
        raise NotAllowed(action=grant.action, needed=Assurance.PROVEN)
    blocked = blocked_until(session, number=wanted, now=now)
    if blocked:
        raise LimitReached(limit="callback_blocked", until=blocked)
    _check_customer_limits(session, grant, grant.customer_id, now)
    return wanted


def _quiet_destination(session: Session, grant: Grant, countries: Collection[str] | None, now: datetime) -> str | None:
    """Each question is asked whatever the answers before it, so that a known name takes as long as an unknown one."""
    customer_id = grant.customer_id or _NOBODY
    number = _number_on_file(session, customer_id)
    blocked = blocked_until(session, number=number or _NOBODY, now=now)
    pending = _pending_of(session, customer_id)
    today = len(_asked_since(session, customer_id, signed_in=False, since=now - DAY))
    try:
        callable_number = parse_number(number or _NOBODY, countries=countries)
    except InvalidNumber:
        return None
    return None if blocked or pending or today >= A_DAY_BELOW_SIGNED_IN else callable_number


def _check_conversation_limits(session: Session, grant: Grant, now: datetime) -> None:
    rows = session.execute(
        select(Callback.created_at, Callback.window_end)
        .where(
            Callback.conversation_id == (grant.conversation_id or _NOBODY),
            (Callback.created_at > now - DAY) | (Callback.window_end > now),
        )
        .order_by(Callback.created_at)
    ).all()
    # By the window alone: what became of the call would tell whether there was anybody to call.
    open_until = max((row.window_end for row in rows), default=now)
    if open_until > now:
        raise LimitReached(limit="callback_pending", until=open_until)
    today = [row.created_at for row in rows if row.created_at > now - DAY]
    if len(today) >= A_DAY_BELOW_SIGNED_IN:
        raise LimitReached(limit="callbacks_a_day", until=today[-A_DAY_BELOW_SIGNED_IN] + DAY)


def _check_customer_limits(session: Session, grant: Grant, customer_id: str, now: datetime) -> None:
    pending = _pending_of(session, customer_id)
    if pending is not None:
        if pending.phrase is not None or not still_to_come(session, pending):
            raise LimitReached(limit="callback_pending", until=pending.window_end)
        close(pending, CallbackStatus.CANCELLED, outcome="superseded", now=now)
        session.flush()
        record(
            session,
            pending,
            actor=grant.actor,
            action="cancel",
            reason="superseded",
            channel=channel_of(grant),
            now=now,
        )
    today = _asked_since(session, customer_id, signed_in=True, since=now - DAY)
    if len(today) >= A_DAY_SIGNED_IN and not is_agent(grant):
        raise LimitReached(limit="callbacks_a_day", until=today[-A_DAY_SIGNED_IN] + DAY)


def _pending_of(session: Session, customer_id: str) -> Callback | None:
    return session.scalar(
        select(Callback)
        .where(IS_CALLBACK, Callback.customer_id == customer_id, Callback.status.in_(PENDING))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _asked_since(session: Session, customer_id: str, *, signed_in: bool, since: datetime) -> list[datetime]:
    """When callbacks were asked for in this name, oldest first. Only who is signed in is given a phrase."""
    with_phrase = Callback.phrase.is_not(None) if signed_in else Callback.phrase.is_(None)
    query = select(Callback.created_at).where(
        IS_CALLBACK, Callback.customer_id == customer_id, Callback.created_at > since, with_phrase
    )
    return list(session.scalars(query.order_by(Callback.created_at)))


def _number_on_file(session: Session, customer_id: str) -> str | None:
    return session.scalar(
        select(ContactPoint.value).where(
            ContactPoint.customer_id == customer_id,
            ContactPoint.kind == ContactKind.PHONE,
            ContactPoint.ended_at.is_(None),
            ContactPoint.reported_lost_at.is_(None),
        )
    )
