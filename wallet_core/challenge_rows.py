"""What the opening and the judging of challenges share: the open row, the ways it counts on, the written trace."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import attempts, audit
from wallet_core.attempts import Ways
from wallet_core.authority import CUSTOMER, effective_assurance
from wallet_core.customers import standard_number
from wallet_core.models import Assurance, Challenge, ChallengeStatus, ContactKind, ContactPoint, Conversation


def open_row(session: Session, conversation_id: str, *, lock: bool = False) -> Challenge | None:
    """The conversation's open challenge, read anew: there is at most one."""
    wanted = select(Challenge).where(
        Challenge.conversation_id == conversation_id, Challenge.status == ChallengeStatus.OPEN
    )
    wanted = wanted.execution_options(populate_existing=True)
    return session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def fact_hashes(session: Session, conversation: Conversation, ways: Ways, secret_key: str) -> attempts.Hashes:
    """The ways on which wrong owner facts count.

    For the claimed customer's number on file these are the conversation and the address alone. A caller's number can
    be forged, and a stranger must not keep the owner's phone from freezing.
    """
    hashes = attempts.hash_ways(ways, secret_key=secret_key, customer_id=conversation.customer_id)
    on_file = select(ContactPoint.value).where(
        ContactPoint.customer_id == (conversation.customer_id or ""),
        ContactPoint.kind == ContactKind.PHONE,
        ContactPoint.ended_at.is_(None),
        ContactPoint.reported_lost_at.is_(None),
    )
    number = session.scalars(on_file).one_or_none()
    if number is not None and ways.number is not None and standard_number(ways.number) == number:
        del hashes[attempts.NUMBER], hashes[attempts.CUSTOMER]
    return hashes


def code_hashes(
    conversation: Conversation, ways: Ways, secret_key: str, now: datetime, new_number: str | None
) -> attempts.Hashes:
    """The ways on which wrong codes count. The lock over all ways is not for signed-in customers, who did not guess."""
    anybody = new_number is None and effective_assurance(conversation, now=now) < Assurance.SIGNED_IN
    customer_id = conversation.customer_id if anybody else None
    return attempts.hash_ways(ways, secret_key=secret_key, number=new_number, customer_id=customer_id)


def record_challenge(session: Session, challenge: Challenge, conversation: Conversation, now: datetime) -> None:
    """Write down what became of a challenge."""
    audit.record(
        session,
        chain=challenge.customer_id or conversation.id,
        actor=CUSTOMER,
        action=f"challenge_{challenge.status}",
        subject=challenge.id,
        reason=challenge.kind,
        channel=conversation.channel,
        now=now,
    )


def supersede(session: Session, conversation_id: str, now: datetime) -> bool:
    """End what is open in the conversation in favour of something newer, or of nothing; False if nothing is."""
    standing = open_row(session, conversation_id, lock=True)
    if standing is None:
        return False
    standing.status = ChallengeStatus.SUPERSEDED
    standing.closed_at = now
    session.flush()
    return True
