"""Challenges: a one-time code sent to a contact, or an owner fact. The steps, each within one transaction.

`verification` has them in the right order: what is asked is stored, the code's sender is called with no transaction
open, what it said is stored. A wrong answer is something to be committed, so the steps return what came of it and
never raise it; `Answer.require` does, after the commit.

Below SIGNED_IN the person may be anybody. So nothing there tells whether the claimed name exists, has a contact on
file, or could be reached: a challenge for nobody looks the same, costs the same, and is never passed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import attempts, audit
from wallet_core.attempts import AttemptLimits, Ways
from wallet_core.authority import (
    CUSTOMER,
    PROVEN_FOR,
    authorise,
    effective_assurance,
    open_conversation,
    raise_assurance,
    settled_contacts,
)
from wallet_core.customers import mask, owner_fact_hash, standard_number
from wallet_core.errors import (
    AgentOnly,
    ChallengeFailed,
    InvalidNumber,
    LimitReached,
    NoSettledContact,
    NotAllowed,
    TooManyAttempts,
)
from wallet_core.keyed import same
from wallet_core.models import (
    Assurance,
    Challenge,
    ChallengeKind,
    ChallengeStatus,
    ContactKind,
    Conversation,
    Customer,
    Language,
)
from wallet_core.owner_facts import OwnerFact, read_owner_fact
from wallet_core.policy import POLICY, Action
from wallet_core.ports import Random

VALID_FOR = timedelta(minutes=10)
# For so long after its end an answer is still taken for one, and refused, so that a late secret goes nowhere else.
LATE_FOR = timedelta(minutes=10)
OPENED_PER_SPAN = 5

_ID_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NO_HASH = "0" * 64


class ChallengeView(BaseModel, frozen=True):
    """`masked` is where the code went, None where the person may be anybody; `attempts_left` counts this challenge."""

    id: str
    kind: ChallengeKind
    action: Action
    on_file: bool
    masked: str | None
    attempts_left: int
    expires_at: datetime


class Answer(BaseModel, frozen=True):
    """What came of an answer; `closed_until` is set where the way it came is closed, and it was not looked at."""

    passed: bool
    closed_until: datetime | None = None
    kind: ChallengeKind | None = None
    action: Action | None = None

    def require(self) -> Answer:
        """This answer, if it was right. To be asked after the commit, for a wrong one has been counted.

        Raises:
            TooManyAttempts: the way it came is closed.
            ChallengeFailed: wrong, unknown, expired, used, superseded: all the same.
        """
        if self.closed_until is not None:
            raise TooManyAttempts(until=self.closed_until)
        if not self.passed:
            raise ChallengeFailed()
        return self


class Delivery(BaseModel, frozen=True):
    """A code that is to be sent. `quiet`: whether it could be is not told to the person who asked."""

    challenge_id: str
    destination: str
    kind: ContactKind
    language: Language
    quiet: bool


@dataclass(frozen=True)
class CodeCheck:
    """An attempt that is counted as wrong until the code's sender says otherwise."""

    conversation_id: str
    challenge_id: str | None
    reference: str
    destination: str
    code: str
    counted: tuple[int, ...] = ()
    hopeless: bool = True  # whatever the sender says
    closed_until: datetime | None = None


def open_owner_fact_challenge(
    session: Session,
    *,
    conversation_id: str,
    ways: Ways,
    secret_key: str,
    now: datetime,
    random: Random,
    limits: AttemptLimits = AttemptLimits(),
) -> ChallengeView:
    """Ask for an owner fact, for the protective freeze. One that is open in the conversation ends.

    Raises:
        NotFound, ConversationEnded: see `authority.authorise`.
        NotAllowed: nobody has been claimed.
        TooManyAttempts: the way is closed.
    """
    conversation = open_conversation(session, conversation_id, lock=True)
    if effective_assurance(conversation, now=now) < Assurance.CLAIMED:
        raise NotAllowed(action=Action.FREEZE, needed=int(Assurance.CLAIMED))
    hashes = _fact_hashes(session, conversation, ways, secret_key)
    _refuse_closed(session, hashes, limits, now)
    challenge = _open(
        session, conversation, kind=ChallengeKind.OWNER_FACT, action=Action.FREEZE, destination=None, now=now, random=random
    )
    return _view(challenge, conversation, limits, now)


def answer_owner_fact(
    session: Session,
    *,
    conversation_id: str,
    answer: str,
    ways: Ways,
    secret_key: str,
    now: datetime,
    limits: AttemptLimits = AttemptLimits(),
) -> Answer:
    """Judge an answer to the conversation's owner fact challenge. Commit, then ask the result's `require`.

    The number on file is not closed by wrong answers from it, nor by the lock over all ways: numbers can be forged,
    and a stranger must not keep the owner from freezing.
    """
    conversation = open_conversation(session, conversation_id, lock=True)
    hashes = _fact_hashes(session, conversation, ways, secret_key)
    attempts.hold_ways(session, hashes)
    closed, customer_closed = _closed(session, hashes, limits, now)
    if closed:
        return Answer(passed=False, closed_until=closed)
    challenge = _current(session, conversation_id, ChallengeKind.OWNER_FACT)
    fits = _fits(challenge, conversation, limits, now)
    right = _is_right_fact(session, conversation.customer_id, answer, secret_key)
    if challenge is not None and right and fits and not customer_closed:
        _pass(session, challenge, conversation, now)
        return Answer(passed=True, kind=challenge.kind, action=Action(challenge.purpose))
    attempts.count_attempt(session, _countable(hashes, customer_closed), now=now)
    _count_on(session, challenge, conversation, limits, now)
    return Answer(passed=False)


def open_code_challenge(
    session: Session,
    *,
    conversation_id: str,
    action: Action,
    ways: Ways,
    secret_key: str,
    now: datetime,
    random: Random,
    contact_kind: ContactKind | None = None,
    new_number: str | None = None,
    limits: AttemptLimits = AttemptLimits(),
) -> ChallengeView:
    """Prepare a code to a contact on file, phone before e-mail, or to `new_number`; `action` is what it is for.

    A contact on file has to be unchanged for 72 hours and not reported lost; its code makes the conversation PROVEN.
    A new number's code proves that number and nothing else. At most five in ten minutes.

    Raises:
        NotFound, ConversationEnded: see `authority.authorise`.
        AgentOnly, NotAllowed: no code helps with this action; nobody has been claimed; for a new number, the
            conversation may not do the action.
        NoSettledContact: no contact on file will do; told from SIGNED_IN on.
        InvalidNumber: the new number is none.
        TooManyAttempts: the way is closed.
        LimitReached: `codes`.
    """
    conversation = open_conversation(session, conversation_id, lock=True)
    if new_number is not None:
        authorise(session, conversation_id=conversation_id, action=action, now=now)
        destination = standard_number(new_number)
        if destination is None:
            raise InvalidNumber()
    else:
        _check_code_helps(conversation, action, now)
        destination = _destination_on_file(session, conversation, contact_kind, now)
    _refuse_closed(session, _code_hashes(conversation, ways, secret_key, new_number), limits, now)
    _check_opened(session, conversation_id, now)
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
    return _view(challenge, conversation, limits, now)


def delivery(session: Session, *, challenge_id: str, now: datetime) -> Delivery | None:
    """What is to be sent for a code challenge; None where it has ended, was sent, or has nowhere to go."""
    challenge = session.get(Challenge, challenge_id)
    if challenge is None or challenge.status is not ChallengeStatus.OPEN or challenge.destination is None:
        return None
    if challenge.provider_reference is not None:
        return None
    conversation = open_conversation(session, challenge.conversation_id)
    return Delivery(
        challenge_id=challenge.id,
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


def begin_code_check(
    session: Session,
    *,
    conversation_id: str,
    code: str,
    ways: Ways,
    secret_key: str,
    now: datetime,
    limits: AttemptLimits = AttemptLimits(),
) -> CodeCheck:
    """Count an attempt at the conversation's code before the sender of codes is asked, so that many at once count too.

    Commit; unless `closed_until` is set, ask the sender with what is returned, whatever it is (then unknown names
    take as long as known ones); then `record_code_result`.
    """
    conversation = open_conversation(session, conversation_id, lock=True)
    challenge = _current(session, conversation_id, ChallengeKind.CODE)
    new_number = challenge.destination if challenge is not None and not challenge.on_file else None
    hashes = _code_hashes(conversation, ways, secret_key, new_number, now=now)
    attempts.hold_ways(session, hashes)
    closed, customer_closed = _closed(session, hashes, limits, now)
    if challenge is not None and challenge.provider_reference is not None:
        reference, destination = challenge.provider_reference, challenge.destination or ""
    else:
        reference, destination = conversation_id, ""
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", code))[:10] or "0"
    check = CodeCheck(
        conversation_id=conversation_id,
        challenge_id=challenge.id if challenge else None,
        reference=reference,
        destination=destination,
        code=digits,
        closed_until=closed,
    )
    if closed:
        return check
    fits = _fits(challenge, conversation, limits, now) and reference != conversation_id
    counted = attempts.count_attempt(session, _countable(hashes, customer_closed), now=now)
    _count_on(session, challenge, conversation, limits, now)
    return replace(check, counted=counted, hopeless=customer_closed or not fits)
