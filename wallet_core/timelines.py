"""What happened around a customer, in order: from the audit trail, the log of our own calls, and what we sent.

It is what is handed to a customer, or an auditor, who asks what was done when: references and times, no wording.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from itertools import islice

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.models import AuditEntry, ContactKind, ContactLogEntry, ContactMedium, Notice, NoticeStatus
from wallet_core.policy import Action, Grant


class TimelineKind(StrEnum):
    """What sort of thing happened."""

    REPORTED = "reported"  # the customer told us
    FROZEN = "frozen"  # or lifted
    CONFIRMED = "confirmed"  # who they are, or a payment
    MONEY = "money"  # a transaction
    CALLED = "called"  # a call, or a callback
    TEXTED = "texted"  # a text or an e-mail of ours
    TALKED = "talked"  # a conversation, with the assistant or an agent
    LOOKED = "looked"  # an agent opened something of theirs
    OTHER = "other"


class TimelineEntry(BaseModel, frozen=True):
    """`what` is a stable word such as `freeze_full` or `notice`; `subject` a reference or an id."""

    at: datetime
    kind: TimelineKind
    what: str
    subject: str
    actor: str
    channel: str
    reason: str


# By how the name of what was done begins; the first that fits.
_KINDS = {
    "ticket.": TimelineKind.REPORTED,
    "contact_reported_": TimelineKind.REPORTED,
    "freeze_": TimelineKind.FROZEN,
    "account_": TimelineKind.FROZEN,
    "callback.": TimelineKind.CALLED,
    "confirmation_call.": TimelineKind.CALLED,
    "handover.": TimelineKind.TALKED,
    "conversation_": TimelineKind.TALKED,
    "desk_": TimelineKind.LOOKED,
    "assurance_": TimelineKind.CONFIRMED,
    "challenge_": TimelineKind.CONFIRMED,
    "payment_": TimelineKind.MONEY,
    "transfer_": TimelineKind.MONEY,
    "withdrawal_": TimelineKind.MONEY,
    "top_up_": TimelineKind.MONEY,
    "refund_": TimelineKind.MONEY,
    "reversal_": TimelineKind.MONEY,
}


def timeline(session: Session, *, grant: Grant, limit: int = 200) -> list[TimelineEntry]:
    """The newest entries about the grant's customer, oldest first."""
    grant.for_action(Action.VIEW)
    entries = sorted(
        [
            *_audited(session, grant.customer_id, limit),
            *_contacted(session, grant.customer_id, limit),
            *_sent(session, grant.customer_id, limit),
        ],
        key=lambda entry: entry.at,
        reverse=True,
    )
    return list(islice(entries, limit))[::-1]


def _audited(session: Session, customer_id: str | None, limit: int) -> list[TimelineEntry]:
    newest = select(AuditEntry).where(AuditEntry.chain == customer_id).order_by(AuditEntry.position.desc()).limit(limit)
    return [
        TimelineEntry(
            at=row.at,
            kind=_kind(row.action),
            what=row.action,
            subject=row.subject,
            actor=row.actor,
            channel=row.channel,
            reason=row.reason,
        )
        for row in session.scalars(newest)
    ]


def _contacted(session: Session, customer_id: str | None, limit: int) -> list[TimelineEntry]:
    newest = (
        select(ContactLogEntry)
        .where(ContactLogEntry.customer_id == customer_id)
        .order_by(ContactLogEntry.started_at.desc())
        .limit(limit)
    )
    return [
        TimelineEntry(
            at=row.started_at,
            kind=TimelineKind.CALLED if row.kind is ContactMedium.CALL else TimelineKind.TEXTED,
            what=f"contact_{row.kind}",
            subject=row.purpose,
            actor="system",
            channel=row.kind,
            reason="",
        )
        for row in session.scalars(newest)
    ]


def _sent(session: Session, customer_id: str | None, limit: int) -> list[TimelineEntry]:
    if customer_id is None:
        return []  # not what strangers were sent
    newest = (
        select(Notice)
        .where(Notice.customer_id == customer_id, Notice.status == NoticeStatus.SENT)
        .order_by(Notice.created_at.desc())
        .limit(limit)
    )
    return [
        TimelineEntry(
            at=row.created_at,
            kind=TimelineKind.TEXTED,
            what="notice",
            subject=str(row.facts.get("reference", "")),
            actor="system",
            channel="sms" if row.contact_kind is ContactKind.PHONE else "email",
            reason=row.name.removeprefix("utter_notice_"),
        )
        for row in session.scalars(newest)
    ]


def _kind(action: str) -> TimelineKind:
    if action in ("payment_confirmed", "payment_rejected", "registration_confirmed", "registration_rejected"):
        return TimelineKind.CONFIRMED
    return next((kind for beginning, kind in _KINDS.items() if action.startswith(beginning)), TimelineKind.OTHER)
