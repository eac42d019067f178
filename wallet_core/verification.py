"""How sure we are who is speaking: leave to act, and challenges in the order that keeps them safe.

What is asked is stored first; the sender of codes is called with no transaction open; then what it said is stored.
"""

from __future__ import annotations

from datetime import datetime

from wallet_core import contacts
from wallet_core.answers import Answer, answer_owner_fact, begin_code_check, record_code_result
from wallet_core.attempts import LIMITS, AttemptLimits, Ways
from wallet_core.authority import (
    PROVEN_FOR,
    authorise,
    authorise_agent,
    authorise_our_call,
    claim,
    raise_assurance,
)
from wallet_core.challenge_rows import EndedChallenge, last_ended, number_proven
from wallet_core.challenges import (
    ChallengeView,
    close_challenge,
    current_challenge,
    delivery,
    open_code_challenge,
    open_owner_fact_challenge,
    record_sent,
)
from wallet_core.claims import claim_by_name
from wallet_core.database import Database
from wallet_core.errors import InvalidNumber, LimitReached, ServiceUnavailable
from wallet_core.models import ChallengeKind, ContactKind
from wallet_core.owner_facts import OwnerFact, hash_owner_fact
from wallet_core.policy import Action
from wallet_core.ports import CodeSender, Random

__all__ = [
    "PROVEN_FOR",
    "Answer",
    "AttemptLimits",
    "ChallengeView",
    "EndedChallenge",
    "OwnerFact",
    "Ways",
    "answer_challenge",
    "answer_owner_fact",
    "authorise",
    "authorise_agent",
    "authorise_our_call",
    "begin_code_check",
    "check_code",
    "check_owner_fact",
    "claim",
    "claim_by_name",
    "close_challenge",
    "current_challenge",
    "deliver_code",
    "hash_owner_fact",
    "last_ended",
    "number_proven",
    "open_code_challenge",
    "open_owner_fact_challenge",
    "raise_assurance",
    "record_code_result",
    "record_sent",
    "send_code",
]


def send_code(
    database: Database,
    code_sender: CodeSender,
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
    """Open a code challenge and send its code: `open_code_challenge`, then `deliver_code`.

    Below SIGNED_IN, who answers the person first and calls `deliver_code` afterwards does not show by the time it
    takes whether anything was sent.

    Raises:
        What `open_code_challenge` and `deliver_code` raise.
    """
    with database.transaction() as session:
        challenge = open_code_challenge(
            session,
            ways=ways,
            action=action,
            secret_key=secret_key,
            now=now,
            random=random,
            contact_kind=contact_kind,
            new_number=new_number,
            limits=limits,
        )
    deliver_code(database, code_sender, challenge_id=challenge.id, now=now)
    return challenge


def deliver_code(database: Database, code_sender: CodeSender, *, challenge_id: str, now: datetime) -> None:
    """Send a challenge's code, once; nothing happens where there is nothing to send, or nobody to send it to.

    Raises:
        ServiceUnavailable, LimitReached, InvalidNumber: it could not be sent, and the challenge has ended. Not told
            below SIGNED_IN for a contact on file: the challenge stays, and cannot be passed.
    """
    with database.reading() as session:
        wanted = delivery(session, challenge_id=challenge_id, now=now)
    if wanted is None:
        return
    try:
        reference = code_sender.send(destination=wanted.destination, kind=wanted.kind, language=wanted.language)
    except (ServiceUnavailable, LimitReached, InvalidNumber):
        if wanted.quiet:
            return
        with database.transaction() as session:
            close_challenge(session, conversation_id=wanted.conversation_id, now=now)
        raise
    with database.transaction() as session:
        record_sent(session, challenge_id=challenge_id, provider_reference=reference)
        # Of nobody in particular: whose contact it is will know it.
        contacts.log_sent_for_us(
            session,
            customer_id=None,
            contact=wanted.kind,
            destination=wanted.destination,
            purpose=contacts.CODE,
            now=now,
        )


def check_code(
    database: Database,
    code_sender: CodeSender,
    *,
    ways: Ways,
    code: str,
    secret_key: str,
    now: datetime,
    limits: AttemptLimits = LIMITS,
) -> Answer:
    """Judge a code. A right one to a contact on file makes the conversation PROVEN for ten minutes.

    Raises:
        ChallengeFailed: wrong, unknown, expired, superseded, never sent: one answer for all.
        TooManyAttempts: five wrong answers have closed the way it came; a right code is refused too.
        ServiceUnavailable: the sender of codes did not answer; the attempt does not count.
        NotFound, ConversationEnded: see `authorise`.
    """
    with database.transaction() as session:
        check = begin_code_check(session, ways=ways, code=code, secret_key=secret_key, now=now, limits=limits)
    accepted: bool | None = None
    try:
        if check.closed_until is None:
            accepted = code_sender.check(reference=check.reference, destination=check.destination, code=check.code)
    finally:
        with database.transaction() as session:
            answer = record_code_result(session, check=check, accepted=accepted, now=now, limits=limits)
    return answer.require()


def check_owner_fact(
    database: Database, *, ways: Ways, answer: str, secret_key: str, now: datetime, limits: AttemptLimits = LIMITS
) -> Answer:
    """Judge an owner fact. A right one lets this conversation ask for the protective freeze, for ten minutes.

    Raises:
        ChallengeFailed, TooManyAttempts, NotFound, ConversationEnded: as `check_code`.
    """
    with database.transaction() as session:
        judged = answer_owner_fact(session, ways=ways, answer=answer, secret_key=secret_key, now=now, limits=limits)
    return judged.require()


def answer_challenge(
    database: Database,
    code_sender: CodeSender,
    *,
    ways: Ways,
    answer: str,
    secret_key: str,
    now: datetime,
    limits: AttemptLimits = LIMITS,
) -> Answer:
    """Judge an answer to whatever is open in the conversation; where nothing is, it fails like a wrong code.

    Raises:
        What `check_code` raises.
    """
    with database.reading() as session:
        current = current_challenge(session, conversation_id=ways.conversation_id, now=now)
    if current is not None and current.kind is ChallengeKind.OWNER_FACT:
        return check_owner_fact(database, ways=ways, answer=answer, secret_key=secret_key, now=now, limits=limits)
    return check_code(database, code_sender, ways=ways, code=answer, secret_key=secret_key, now=now, limits=limits)
