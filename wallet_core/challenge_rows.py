"""What the opening and the judging of challenges share: the open row, the ways it counts on, the written trace."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from wallet_core import attempts, audit
from wallet_core.attempts import Ways
from wallet_core.authority import CUSTOMER, PROVEN_FOR, effective_assurance
from wallet_core.customers import standard_number
from wallet_core.models import (
    Assurance,
    Challenge,
    ChallengeKind,
    ChallengeStatus,
    ContactKind,
    ContactPoint,
    Conversation,
)
from wallet_core.policy import Action

# Written once: every message of a customer asks these, and to put a query together takes as long as to run it.
_OF_CONVERSATION = Challenge.conversation_id == bindparam("conversation_id")
_OPEN = (
    select(Challenge)
    .where(_OF_CONVERSATION, Challenge.status == ChallengeStatus.OPEN)
    .execution_options(populate_existing=True)
)
_ENDED_LAST = (
    select(Challenge)
    .where(_OF_CONVERSATION, Challenge.closed_at.is_not(None))
    .order_by(Challenge.closed_at.desc(), Challenge.created_at.desc())
    .limit(1)
)


class EndedChallenge(BaseModel, frozen=True):
    """A challenge that is over, and how it ended."""

    kind: ChallengeKind
    action: Action
    status: ChallengeStatus
    closed_at: datetime


def open_row(session: Session, conversation_id: str, *, lock: bool = False) -> Challenge | None:
    """The conversation's open challenge, read anew: there is at most one."""
    wanted = _OPEN.with_for_update() if lock else _OPEN
    return session.scalars(wanted, {"conversation_id": conversation_id}).one_or_none()


def last_ended(session: Session, *, conversation_id: str) -> EndedChallenge | None:
    """The conversation's challenge that ended last, however it did.

    What looks like an answer to one that was not passed may still be a secret, though nothing asks for it any more.
    """
    ended = session.scalars(_ENDED_LAST, {"conversation_id": conversation_id}).first()
    if ended is None or ended.closed_at is None:
        return None
    return EndedChallenge(kind=ended.kind, action=Action(ended.purpose), status=ended.status, closed_at=ended.closed_at)


def wrong_answers_since(session: Session, *, conversation_id: str, since: datetime) -> int:
    """How many wrong answers the conversation's challenges that were opened since then have had."""
    # The attempts of a code count the right one too.
    passed_code = (Challenge.status == ChallengeStatus.PASSED) & (Challenge.kind == ChallengeKind.CODE)
    counted = select(func.sum(Challenge.attempts - case((passed_code, 1), else_=0))).where(
        Challenge.conversation_id == conversation_id, Challenge.created_at >= since
    )
    return int(session.scalar(counted) or 0)


def number_proven(session: Session, *, conversation_id: str, number: str, now: datetime) -> bool:
    """Whether a code sent to this new number was right in this conversation within the last ten minutes."""
    passed = select(Challenge.id).where(
        Challenge.conversation_id == conversation_id,
        Challenge.kind == ChallengeKind.CODE,
        Challenge.on_file.is_(False),
        Challenge.destination == standard_number(number),
        Challenge.status == ChallengeStatus.PASSED,
        Challenge.closed_at > now - PROVEN_FOR,
    )
    return session.scalars(passed.limit(1)).first() is not None


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
