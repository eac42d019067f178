"""Judging answers to challenges.

A wrong answer is something to be committed, so these functions return what came of it; `Answer.require` raises, after
the commit. Wrong, unknown, expired, used up: all give the same `ChallengeFailed`, after the same work.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import attempts
from wallet_core.attempts import LIMITS, AttemptLimits, Ways
from wallet_core.authority import open_conversation, raise_assurance, settled_contacts
from wallet_core.challenge_rows import code_hashes, fact_hashes, open_row, record_challenge
from wallet_core.customers import owner_fact_hash
from wallet_core.errors import ChallengeFailed, TooManyAttempts
from wallet_core.keyed import same
from wallet_core.models import Challenge, ChallengeKind, ChallengeStatus, Conversation, Customer
from wallet_core.owner_facts import OwnerFact, read_owner_fact
from wallet_core.policy import Action

_NO_HASH = "0" * 64


class Answer(BaseModel, frozen=True):
    """What came of an answer; `closed_until` is set where the way it came is closed, and it was not looked at."""

    passed: bool
    closed_until: datetime | None = None
    kind: ChallengeKind | None = None
    action: Action | None = None  # what the challenge was for

    def require(self) -> Answer:
        """This answer, if it was right. To be asked after the commit, for a wrong one has been counted.

        Raises:
            TooManyAttempts: the way it came is closed.
            ChallengeFailed: it was not right, or there was nothing it could be right for.
        """
        if self.closed_until is not None:
            raise TooManyAttempts(until=self.closed_until)
        if not self.passed:
            raise ChallengeFailed()
        return self


@dataclass(frozen=True)
class CodeCheck:
    """What to ask the sender of codes. The attempt counts as wrong until it answers."""

    conversation_id: str
    challenge_id: str | None
    reference: str
    destination: str
    code: str
    counted: tuple[int, ...] = ()
    hopeless: bool = True  # whatever the sender says
    closed_until: datetime | None = None  # set: do not ask


def answer_owner_fact(
    session: Session,
    *,
    ways: Ways,
    answer: str,
    secret_key: str,
    now: datetime,
    limits: AttemptLimits = LIMITS,
) -> Answer:
    """Judge an answer to the conversation's owner fact challenge. Commit, then ask the result's `require`.

    Raises:
        NotFound, ConversationEnded: see `authority.authorise`.
    """
    conversation = open_conversation(session, ways.conversation_id, lock=True)
    hashes = fact_hashes(session, conversation, ways, secret_key)
    closed, customer_closed = _closed(session, hashes, limits, now)
    if closed is not None:
        return Answer(passed=False, closed_until=closed)
    challenge = _open_of_kind(session, conversation, ChallengeKind.OWNER_FACT)
    right = _is_right_fact(session, conversation.customer_id, answer, secret_key)
    if challenge is not None and right and _can_pass(challenge, conversation, now) and not customer_closed:
        return _pass(session, challenge, conversation, now)
    attempts.count_attempt(session, _countable(hashes, customer_closed), now=now)
    if challenge is not None:
        challenge.attempts += 1
        _close_used_up(session, challenge, conversation, limits, now)
    return Answer(passed=False)


def begin_code_check(
    session: Session,
    *,
    ways: Ways,
    code: str,
    secret_key: str,
    now: datetime,
    limits: AttemptLimits = LIMITS,
) -> CodeCheck:
    """Count an attempt before the sender of codes is asked, so that many at once count too.

    Commit; unless `closed_until` is set, ask the sender what is returned, whatever it is (so an unknown name takes as
    long as a known one); then `record_code_result`.

    Raises:
        NotFound, ConversationEnded: see `authority.authorise`.
    """
    conversation = open_conversation(session, ways.conversation_id, lock=True)
    challenge = _open_of_kind(session, conversation, ChallengeKind.CODE)
    new_number = challenge.destination if challenge is not None and not challenge.on_file else None
    hashes = code_hashes(conversation, ways, secret_key, now, new_number)
    closed, customer_closed = _closed(session, hashes, limits, now)
    sent = challenge.provider_reference if challenge is not None else None
    fits = challenge is not None and sent is not None and _can_pass(challenge, conversation, now)
    counted: tuple[int, ...] = ()
    if closed is None:
        counted = attempts.count_attempt(session, _countable(hashes, customer_closed), now=now)
        if challenge is not None:
            challenge.attempts += 1
            session.flush()
    return CodeCheck(
        conversation_id=conversation.id,
        challenge_id=challenge.id if challenge is not None else None,
        reference=sent or conversation.id,
        destination=(challenge.destination or "") if challenge is not None else "",
        code=re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", code))[:10] or "0",
        counted=counted,
        hopeless=customer_closed or not fits,
        closed_until=closed,
    )


def record_code_result(
    session: Session, *, check: CodeCheck, accepted: bool | None, now: datetime, limits: AttemptLimits = LIMITS
) -> Answer:
    """Note what the sender of codes said: right, wrong, or nothing (None; the attempt is forgiven).

    A right code to a contact on file makes the conversation PROVEN for ten minutes, if the contact is still settled.
    Commit, then ask the result's `require`.

    Raises:
        NotFound, ConversationEnded: see `authority.authorise`.
    """
    if check.closed_until is not None:
        return Answer(passed=False, closed_until=check.closed_until)
    conversation = open_conversation(session, check.conversation_id, lock=True)
    challenge = _open_of_kind(session, conversation, ChallengeKind.CODE)
    if challenge is not None and challenge.id != check.challenge_id:
        challenge = None  # a newer one took its place meanwhile
    if accepted is None:
        attempts.forgive_attempt(session, check.counted)
        asked = session.get(Challenge, check.challenge_id, with_for_update=True) if check.challenge_id else None
        if asked is not None:  # also where a newer one took its place: the tries that are left are counted over both
            asked.attempts -= 1
            session.flush()
        return Answer(passed=False)
    if challenge is None:
        return Answer(passed=False)
    if not accepted or check.hopeless or not _still_settled(session, challenge, conversation, now):
        _close_used_up(session, challenge, conversation, limits, now)
        return Answer(passed=False)
    attempts.forgive_attempt(session, check.counted)
    if challenge.on_file:
        raise_assurance(session, conversation_id=conversation.id, now=now)
    return _pass(session, challenge, conversation, now)


def _open_of_kind(session: Session, conversation: Conversation, kind: ChallengeKind) -> Challenge | None:
    challenge = open_row(session, conversation.id, lock=True)
    return challenge if challenge is not None and challenge.kind is kind else None


def _closed(
    session: Session, hashes: attempts.Hashes, limits: AttemptLimits, now: datetime
) -> tuple[datetime | None, bool]:
    """Until when the way is closed, which is told, and whether the lock over all ways is on, which is not."""
    attempts.hold_ways(session, hashes)
    told = {way: way_hash for way, way_hash in hashes.items() if way != attempts.CUSTOMER}
    untold = {way: way_hash for way, way_hash in hashes.items() if way == attempts.CUSTOMER}
    until = attempts.closed_until(session, told, limits=limits, now=now)
    return until, attempts.closed_until(session, untold, limits=limits, now=now) is not None


def _countable(hashes: attempts.Hashes, customer_closed: bool) -> attempts.Hashes:
    # While the lock over all ways is on nothing adds to it, else a stranger could keep it on for ever.
    return {way: way_hash for way, way_hash in hashes.items() if way != attempts.CUSTOMER or not customer_closed}


def _can_pass(challenge: Challenge, conversation: Conversation, now: datetime) -> bool:
    somebody = challenge.customer_id is not None or (challenge.kind is ChallengeKind.CODE and not challenge.on_file)
    return somebody and challenge.customer_id == conversation.customer_id and now < challenge.expires_at


def _is_right_fact(session: Session, customer_id: str | None, answer: str, secret_key: str) -> bool:
    facts = select(Customer.birth_date_hash, Customer.document_tail_hash).where(Customer.id == (customer_id or ""))
    birth_date, document_tail = session.execute(facts).one_or_none() or (None, None)
    kind, value = read_owner_fact(answer) or (OwnerFact.BIRTH_DATE, "")
    stored = birth_date if kind is OwnerFact.BIRTH_DATE else document_tail
    given = owner_fact_hash(secret_key=secret_key, customer_id=customer_id or "", fact=kind, value=value)
    return same(given, stored or _NO_HASH)


def _still_settled(session: Session, challenge: Challenge, conversation: Conversation, now: datetime) -> bool:
    if not challenge.on_file:
        return True
    settled = settled_contacts(session, customer_id=conversation.customer_id or "", now=now)
    return challenge.customer_id == conversation.customer_id and challenge.destination in {p.value for p in settled}


def _pass(session: Session, challenge: Challenge, conversation: Conversation, now: datetime) -> Answer:
    challenge.status = ChallengeStatus.PASSED
    challenge.closed_at = now
    session.flush()
    record_challenge(session, challenge, conversation, now)
    return Answer(passed=True, kind=challenge.kind, action=Action(challenge.purpose))


def _close_used_up(
    session: Session, challenge: Challenge, conversation: Conversation, limits: AttemptLimits, now: datetime
) -> None:
    if now >= challenge.expires_at:
        challenge.status = ChallengeStatus.EXPIRED
    elif challenge.attempts >= limits.attempts:
        challenge.status = ChallengeStatus.FAILED
    else:
        session.flush()
        return
    challenge.closed_at = now
    session.flush()
    record_challenge(session, challenge, conversation, now)
