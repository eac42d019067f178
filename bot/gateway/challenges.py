"""One-time codes and owner facts: taken out of a message before anything stores, logs or forwards it, and judged.

While the core has a challenge open, the answer to it is kept in this process's memory alone until the message's turn
comes; the transcript gets dots, Rasa only the outcome. Where the process dies in between, the customer is asked again.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy.orm import Session

from bot.gateway.challenge_answers import UNREADABLE, find_answer
from wallet_core import transcripts, verification
from wallet_core.conversations import ConversationView
from wallet_core.database import Database
from wallet_core.errors import ChallengeFailed, ServiceUnavailable, StorageUnavailable, TooManyAttempts
from wallet_core.models import ChallengeKind, ChallengeStatus, Role
from wallet_core.policy import Action
from wallet_core.ports import Clock, CodeSender
from wallet_core.transcripts import MessageView
from wallet_core.verification import Ways

log = structlog.get_logger(__name__)

# The name that a customer's message has in the transcript where it was such an answer.
CHALLENGE_ANSWER = "challenge_answer"

# Asks for the owner fact where no form of Rasa's does.
EMERGENCY_QUESTION = "utter_ask_emergency_owner_fact"

# Our replies that ask for an answer: what comes right after them is looked at more closely.
_ASKING = {
    ChallengeKind.CODE: frozenset({"utter_ask_one_time_code", "utter_ask_new_number_code"}),
    ChallengeKind.OWNER_FACT: frozenset({"utter_ask_owner_fact", EMERGENCY_QUESTION}),
}
# Said when the tries are used up: one more of them may follow.
_USED_UP = frozenset({"utter_error_too_many_attempts", "utter_freeze_by_hotline", "utter_answer_late"})
_QUESTION = ("utter_ask_", "utter_resume_")
_LATE_FOR = timedelta(minutes=10)
_KEPT_FOR = timedelta(minutes=5)


class Outcome(StrEnum):
    """What came of an answer."""

    PASSED = "passed"
    WRONG = "wrong"
    CLOSED = "closed"  # too many wrong ones: the way is closed for a while
    UNREADABLE = "unreadable"  # nobody can judge it; it did not count
    UNCHECKED = "unchecked"  # the sender of codes, or the database, did not answer; it did not count
    LOST = "lost"  # it was gone before it could be judged
    LATE = "late"  # nothing asks for it any more


@dataclass(frozen=True)
class Judged:
    outcome: Outcome
    action: Action | None = None  # what was proven for

    @property
    def payload(self) -> str:
        """What Rasa is told. No customer can say it: it is no text, and never a button."""
        return "/challenge_passed" if self.outcome is Outcome.PASSED else "/challenge_failed"


@dataclass(frozen=True)
class Held:
    """An answer in memory, and from where it came."""

    answer: str | None  # None: too late to be judged
    address: str | None
    at: datetime
    number: str | None = None


def own_address(address: str | None) -> str | None:
    """The address, where it may be a customer's own: not that of this machine, of a proxy or of a network inside."""
    try:
        return address if ipaddress.ip_address(address or "").is_global else None
    except ValueError:
        return None


class Challenges:
    def __init__(self, *, database: Database, code_sender: CodeSender, secret_key: str, clock: Clock) -> None:
        self._database = database
        self._code_sender = code_sender
        self._secret_key = secret_key
        self._clock = clock
        self._held: dict[tuple[str, int], Held] = {}

    def answer_in(
        self,
        session: Session,
        *,
        conversation: ConversationView,
        text: str,
        address: str | None,
        now: datetime,
        number: str | None = None,
    ) -> Held | None:
        """The answer to the conversation's challenge, where the text is one; to be held when the message is stored."""
        if conversation.ended_at is not None:
            return None
        current = verification.current_challenge(session, conversation_id=conversation.id, now=now)
        if current is not None:
            asked = self._said_last(session, conversation.id) in _ASKING[current.kind]
            answer = find_answer(current.kind, text, asked=asked, today=now.date())
            return None if answer is None else Held(answer, own_address(address), now, number)
        ended = verification.last_ended(session, conversation_id=conversation.id)
        if ended is None or now - ended.closed_at > _LATE_FOR:
            return None
        last = self._said_last(session, conversation.id) or ""
        if ended.status is ChallengeStatus.PASSED and last.startswith(_QUESTION):
            return None  # what was asked for was had; something else is asked now
        late = find_answer(ended.kind, text, asked=last in _USED_UP, today=now.date())
        return None if late is None else Held(None, None, now)

    def hold(self, conversation: ConversationView, message: MessageView, held: Held) -> None:
        """Keep the answer until the message's turn."""
        for key in [key for key, old in self._held.items() if held.at - old.at > _KEPT_FOR]:
            del self._held[key]
        self._held[conversation.id, message.id] = held

    async def in_emergency(self, conversation: ConversationView, message: MessageView) -> bool:
        """Whether it is the emergency freeze that asked for this answer, and no form of Rasa's has asked since."""

        def look() -> bool:
            with self._database.reading() as session:
                asked = transcripts.latest_of(
                    session,
                    conversation_id=conversation.id,
                    names=frozenset().union(*_ASKING.values()),
                    before=message.id,
                )
            return asked == EMERGENCY_QUESTION

        return await asyncio.to_thread(look)

    async def judge(self, conversation: ConversationView, message: MessageView) -> Judged:
        """Whether the answer that the message was is right; the core counts and remembers it."""
        held = self._held.pop((conversation.id, message.id), None)
        if held is None:
            return await asyncio.to_thread(self._what_became, conversation, message)
        if held.answer is None:
            return Judged(Outcome.LATE)
        if held.answer == UNREADABLE:
            return Judged(Outcome.UNREADABLE)
        ways = Ways(conversation_id=conversation.id, address=held.address, number=held.number)
        return await asyncio.to_thread(self._check, ways, held.answer)

    def _check(self, ways: Ways, answer: str) -> Judged:
        try:
            judged = verification.answer_challenge(
                self._database,
                self._code_sender,
                ways=ways,
                answer=answer,
                secret_key=self._secret_key,
                now=self._clock.now(),
            )
        except ChallengeFailed:
            return Judged(Outcome.WRONG)
        except TooManyAttempts:
            return Judged(Outcome.CLOSED)
        except (ServiceUnavailable, StorageUnavailable) as failure:
            log.warning("challenge.unchecked", code=failure.code)
            return Judged(Outcome.UNCHECKED)
        return Judged(Outcome.PASSED, judged.action)

    def _said_last(self, session: Session, conversation_id: str) -> str | None:
        """The name of our last reply since the customer's last message."""
        last = transcripts.last_from_customer(session, conversation_id=conversation_id)
        said = transcripts.messages_after(session, conversation_id=conversation_id, after=last)
        names = [line.name for line in said if line.role is Role.BOT]
        return names[-1] if names else None

    def _what_became(self, conversation: ConversationView, message: MessageView) -> Judged:
        """Another process took the answer and died: the core knows whether it was judged."""
        with self._database.reading() as session:
            ended = verification.last_ended(session, conversation_id=conversation.id)
        if ended is not None and ended.status is ChallengeStatus.PASSED and ended.closed_at >= message.at:
            return Judged(Outcome.PASSED, ended.action)
        return Judged(Outcome.LOST)
