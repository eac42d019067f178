"""The emergency freeze without Rasa for who is not signed in: one owner fact is asked for, and then the wallet is frozen.

For channels on which somebody may say one word and no more: FREEZE by text. The question has a name of its own, so that
its answer comes back here, whatever Rasa is in the middle of.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.gateway.challenges import EMERGENCY_QUESTION, Judged, Outcome
from bot.gateway.direct import Direct
from bot.gateway.replies import Replies
from wallet_core import verification
from wallet_core.conversations import ConversationView
from wallet_core.errors import NotAllowed, WalletError
from wallet_core.models import Assurance, ChallengeKind, ChallengeStatus, Language
from wallet_core.policy import Action
from wallet_core.ports import Random
from wallet_core.transcripts import Reply
from wallet_core.verification import Ways

_SAID = {
    Outcome.UNREADABLE: "utter_owner_fact_unreadable",
    Outcome.UNCHECKED: "utter_answer_unchecked",
    Outcome.LOST: "utter_answer_lost",
}


class Emergency:
    """Each acts within a transaction of the caller's and gives the replies that this transaction makes true."""

    def __init__(self, *, replies: Replies, direct: Direct, secret_key: str, random: Random) -> None:
        self._replies = replies
        self._direct = direct
        self._secret_key = secret_key
        self._random = random

    @staticmethod
    def serves(conversation: ConversationView) -> bool:
        """Whether it can be done here: somebody has to be claimed at least."""
        return conversation.assurance >= Assurance.CLAIMED

    def begin(
        self, session: Session, *, conversation: ConversationView, language: Language, now: datetime
    ) -> list[Reply]:
        """Freeze at once where the conversation may, else ask for the owner fact.

        That is asked of whoever claims the wallet, also where it is frozen: nobody learns that from a claim.
        """
        try:
            verification.authorise(session, conversation_id=conversation.id, action=Action.FREEZE, now=now)
        except NotAllowed:
            return self._ask(session, conversation, language, now)
        return self._freeze(session, conversation, language, now)

    def after(
        self, session: Session, *, conversation: ConversationView, judged: Judged, language: Language, now: datetime
    ) -> list[Reply]:
        """What comes of the answer to the question: the receipt first; or why not, and the question again."""
        if judged.outcome is Outcome.PASSED:
            return self._freeze(session, conversation, language, now)
        if judged.outcome is Outcome.LATE:
            return [self._say("utter_answer_late", conversation, language)]
        left = self._tries_left(session, conversation, now)
        if judged.outcome is Outcome.CLOSED or left == 0:
            return self._by_hotline("utter_error_too_many_attempts", conversation, language)
        if judged.outcome is Outcome.WRONG and left is not None:
            said = self._say("utter_owner_fact_wrong", conversation, language, left=left)
        else:
            said = self._say(_SAID.get(judged.outcome, "utter_answer_lost"), conversation, language)
        return [said, *self._ask(session, conversation, language, now)]

    def _freeze(
        self, session: Session, conversation: ConversationView, language: Language, now: datetime
    ) -> list[Reply]:
        replies = self._direct.freeze(session, conversation=conversation, language=language, now=now)
        frozen = any(reply.receipts for reply in replies)
        after = "utter_emergency_next" if frozen else "utter_freeze_by_hotline"
        return [*replies, self._say(after, conversation, language)]

    def _ask(self, session: Session, conversation: ConversationView, language: Language, now: datetime) -> list[Reply]:
        current = verification.current_challenge(session, conversation_id=conversation.id, now=now)
        if current is None or current.kind is not ChallengeKind.OWNER_FACT or current.expires_at <= now:
            try:
                with session.begin_nested():
                    verification.open_owner_fact_challenge(
                        session,
                        ways=Ways(conversation_id=conversation.id),
                        secret_key=self._secret_key,
                        now=now,
                        random=self._random,
                    )
            except WalletError as refusal:
                if refusal.retryable:
                    raise
                return self._by_hotline(f"utter_error_{refusal.code}", conversation, language)
        return [self._say(EMERGENCY_QUESTION, conversation, language)]

    def _tries_left(self, session: Session, conversation: ConversationView, now: datetime) -> int | None:
        """0 where they are used up, None where the question ran out of time."""
        current = verification.current_challenge(session, conversation_id=conversation.id, now=now)
        if current is not None:
            return current.attempts_left if current.expires_at > now else None
        ended = verification.last_ended(session, conversation_id=conversation.id)
        return 0 if ended is not None and ended.status is ChallengeStatus.FAILED else None

    def _by_hotline(self, name: str, conversation: ConversationView, language: Language) -> list[Reply]:
        return [self._say(said, conversation, language) for said in (name, "utter_freeze_by_hotline")]

    def _say(self, name: str, conversation: ConversationView, language: Language, **facts: Any) -> Reply:
        return self._replies.own(
            name, language=language, channel=conversation.channel, signed_in=conversation.signed_in, **facts
        )
