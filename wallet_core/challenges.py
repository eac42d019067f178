"""Challenges: a one-time code sent to a contact, or an owner fact. How they are opened, sent and ended.

These are steps, each within one transaction; `answers` judges what the customer says, and `verification` has all of it
in the right order: what is asked is stored, the sender of codes is called with no transaction open, what it said is
stored.

Below SIGNED_IN the person may be anybody. So nothing there tells whether the claimed name exists, has a contact on
file, or could be reached: a challenge for nobody looks the same and can never be passed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import attempts
from wallet_core.attempts import LIMITS, AttemptLimits, Ways
from wallet_core.authority import authorise, effective_assurance, open_conversation, settled_contacts
from wallet_core.challenge_rows import code_hashes, fact_hashes, open_row, supersede, wrong_answers_since
from wallet_core.customers import mask, standard_number
from wallet_core.errors import AgentOnly, InvalidNumber, LimitReached, NoSettledContact, NotAllowed, TooManyAttempts
from wallet_core.ids import new_id
from wallet_core.models import (
    Assurance,
    Challenge,
    ChallengeKind,
    ChallengeStatus,
    ContactKind,
    Conversation,
    Language,
)
from wallet_core.policy import POLICY, Action
from wallet_core.ports import Random

VALID_FOR = timedelta(minutes=10)
# For so long after its end an answer is still taken for one, and refused, so that a late secret goes nowhere else.
LATE_FOR = timedelta(minutes=10)
OPENED_PER_SPAN = 5


class ChallengeView(BaseModel, frozen=True):
    """`masked` is where the code goes, None where the person may be anybody.

    `attempts_left` is what is left to the conversation: asking for a new code gives no new attempts.
    """

    id: str
    kind: ChallengeKind
    action: Action
    on_file: bool
    masked: str | None
    attempts_left: int
    expires_at: datetime


class Delivery(BaseModel, frozen=True):
    """A code that is to be sent. `quiet`: whether it could be is not told to the person who asked."""

    challenge_id: str
    conversation_id: str
    destination: str
    kind: ContactKind
    language: Language
    quiet: bool


def open_owner_fact_challenge(
    session: Session,
    *,
    ways: Ways,
    secret_key: str,
    now: datetime,
    random: Random,
    limits: AttemptLimits = LIMITS,
) -> ChallengeView:
    """Ask for an owner fact, for the protective freeze. What was open in the conversation ends.

    Raises:
        NotFound, ConversationEnded: see `authority.authorise`.
        NotAllowed: nobody has been claimed.
        TooManyAttempts: the way is closed.
    """
    conversation = open_conversation(session, ways.conversation_id, lock=True)
    if effective_assurance(conversation, now=now) < Assurance.CLAIMED:
        raise NotAllowed(action=Action.FREEZE, needed=int(Assurance.CLAIMED))
    _refuse_closed(session, fact_hashes(session, conversation, ways, secret_key), limits, now)
    challenge = _open(
        session,
        conversation,
        kind=ChallengeKind.OWNER_FACT,
        action=Action.FREEZE,
        destination=None,
        on_file=False,
        now=now,
        random=random,
    )
    return _view(session, challenge, conversation, limits, now)


def open_code_challenge(
    session: Session,
    *,
    ways: Ways,
    action: Action,
    secret_key: str,
    now: datetime,
    random: Random,
    contact_kind: ContactKind | None = None,
    new_number: str | None = None,
    limits: AttemptLimits = LIMITS,
) -> ChallengeView:
    """Prepare a code to a contact on file, phone before e-mail, or to `new_number`; `action` is what it is for.

    A contact on file has to be unchanged for 72 hours and not reported lost; its code makes the conversation PROVEN.
    A new number's code proves that number and nothing else. At most five are opened in ten minutes.

    Raises:
        NotFound, ConversationEnded: see `authority.authorise`.
        AgentOnly, NotAllowed: no code helps with this action, or nobody has been claimed; for a new number, the
            conversation may not do the action.
        NoSettledContact: no contact on file will do. Told from SIGNED_IN on.
        InvalidNumber: the new number is none.
        TooManyAttempts: the way is closed.
        LimitReached: `codes`.
    """
    conversation = open_conversation(session, ways.conversation_id, lock=True)
    if new_number is not None:
        authorise(session, conversation_id=conversation.id, action=action, now=now)
        destination = standard_number(new_number)
        if destination is None:
            raise InvalidNumber()
    else:
        _check_code_helps(conversation, action, now)
        destination = _destination_on_file(session, conversation, contact_kind, now)
    _refuse_closed(session, code_hashes(conversation, ways, secret_key, now, new_number), limits, now)
    _check_number_opened(session, conversation.id, now)
    challenge = _open(
        session,
        conversation,
        kind=ChallengeKind.CODE,
        action=action,
        destination=destination,
        on_file=new_number is None,
        now=now,
        random=random,
    )
    return _view(session, challenge, conversation, limits, now)


def delivery(session: Session, *, challenge_id: str, now: datetime) -> Delivery | None:
    """What is to be sent for a code challenge; None where it has ended, was sent, or has nowhere to go."""
    challenge = session.get(Challenge, challenge_id)
    if challenge is None or challenge.status is not ChallengeStatus.OPEN or challenge.destination is None:
        return None
    if challenge.provider_reference is not None or challenge.expires_at <= now:
        return None
    conversation = open_conversation(session, challenge.conversation_id)
    return Delivery(
        challenge_id=challenge.id,
        conversation_id=conversation.id,
        destination=challenge.destination,
        kind=_kind_of(challenge.destination),
        language=conversation.language,
        quiet=challenge.on_file and effective_assurance(conversation, now=now) < Assurance.SIGNED_IN,
    )


def record_sent(session: Session, *, challenge_id: str, provider_reference: str) -> None:
    """Note under which reference the sender of codes knows the challenge's code."""
    challenge = session.get_one(Challenge, challenge_id, with_for_update=True)
    challenge.provider_reference = provider_reference
    session.flush()


def close_challenge(session: Session, *, conversation_id: str, now: datetime) -> bool:
    """End what is open in the conversation, because the customer stopped or nothing could be sent; False if nothing."""
    open_conversation(session, conversation_id, lock=True)
    return supersede(session, conversation_id, now)


def current_challenge(
    session: Session, *, conversation_id: str, now: datetime, limits: AttemptLimits = LIMITS
) -> ChallengeView | None:
    """What the conversation's next message has to be taken for an answer to, before anything else sees it.

    A challenge that ran out within the last ten minutes counts: its answer is refused, and is a secret all the same.
    """
    conversation = open_conversation(session, conversation_id)
    challenge = open_row(session, conversation_id)
    if challenge is None or challenge.expires_at + LATE_FOR <= now:
        return None
    return _view(session, challenge, conversation, limits, now)


def _refuse_closed(session: Session, hashes: attempts.Hashes, limits: AttemptLimits, now: datetime) -> None:
    told = {way: way_hash for way, way_hash in hashes.items() if way != attempts.CUSTOMER}
    until = attempts.closed_until(session, told, limits=limits, now=now)
    if until is not None:
        raise TooManyAttempts(until=until)


def _check_code_helps(conversation: Conversation, action: Action, now: datetime) -> None:
    requirement = POLICY[action]
    if requirement.agent_only:
        raise AgentOnly(action=action)
    if requirement.our_call or effective_assurance(conversation, now=now) < Assurance.CLAIMED:
        raise NotAllowed(action=action, needed=int(requirement.assurance))


def _destination_on_file(
    session: Session, conversation: Conversation, kind: ContactKind | None, now: datetime
) -> str | None:
    settled = settled_contacts(session, customer_id=conversation.customer_id or "", now=now)
    values = [point.value for point in settled if kind is None or point.kind is kind]
    if not values and effective_assurance(conversation, now=now) >= Assurance.SIGNED_IN:
        raise NoSettledContact()
    return values[0] if values else None


def _check_number_opened(session: Session, conversation_id: str, now: datetime) -> None:
    newest = (
        select(Challenge.created_at)
        .where(
            Challenge.conversation_id == conversation_id,
            Challenge.kind == ChallengeKind.CODE,
            Challenge.created_at > now - VALID_FOR,
        )
        .order_by(Challenge.created_at.desc())
        .limit(OPENED_PER_SPAN)
    )
    times = list(session.scalars(newest))
    if len(times) == OPENED_PER_SPAN:
        raise LimitReached(limit="codes", until=times[-1] + VALID_FOR)


def _open(
    session: Session,
    conversation: Conversation,
    *,
    kind: ChallengeKind,
    action: Action,
    destination: str | None,
    on_file: bool,
    now: datetime,
    random: Random,
) -> Challenge:
    supersede(session, conversation.id, now)
    challenge = Challenge(
        id=new_id(random),
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        kind=kind,
        purpose=action,
        destination=destination,
        on_file=on_file,
        provider_reference=None,
        attempts=0,
        status=ChallengeStatus.OPEN,
        created_at=now,
        expires_at=now + VALID_FOR,
        closed_at=None,
    )
    session.add(challenge)
    session.flush()
    return challenge


def _kind_of(destination: str) -> ContactKind:
    return ContactKind.EMAIL if "@" in destination else ContactKind.PHONE


def _view(
    session: Session, challenge: Challenge, conversation: Conversation, limits: AttemptLimits, now: datetime
) -> ChallengeView:
    wrong = wrong_answers_since(session, conversation_id=conversation.id, since=now - limits.closed_for)
    known = not challenge.on_file or effective_assurance(conversation, now=now) >= Assurance.SIGNED_IN
    masked = mask(_kind_of(challenge.destination), challenge.destination) if challenge.destination and known else None
    return ChallengeView(
        id=challenge.id,
        kind=challenge.kind,
        action=Action(challenge.purpose),
        on_file=challenge.on_file,
        masked=masked,
        attempts_left=max(limits.attempts - wrong, 0),
        expires_at=challenge.expires_at,
    )
