"""Finds the answer to one message: from Rasa, or without it where it does not answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from bot.gateway import guard
from bot.gateway.challenges import CHALLENGE_ANSWER, Challenges, Judged
from bot.gateway.challenges import Outcome as ChallengeOutcome
from bot.gateway.crisis import CrisisFinder
from bot.gateway.direct import Direct
from bot.gateway.emergency import Emergency
from bot.gateway.faults import where_it_broke
from bot.gateway.handovers import Handovers
from bot.gateway.metrics import Metrics
from bot.gateway.rasa import AssistantUnavailable, Rasa, RasaAnswer
from bot.gateway.replies import Replies
from wallet_core.conversations import ConversationView
from wallet_core.models import Channel, Language, Owner
from wallet_core.policy import Action
from wallet_core.transcripts import MessageView, Reply

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """`replies` are made in the transaction that stores them, which may do what they tell of.

    `language` is the one that the answer changed to, `kind` is for the metrics.
    """

    kind: str
    replies: Callable[[Session, datetime], Sequence[Reply]]
    language: Language | None = None


class Answering:
    def __init__(
        self,
        *,
        rasa: Rasa,
        replies: Replies,
        direct: Direct,
        emergency: Emergency,
        handovers: Handovers,
        challenges: Challenges,
        crisis: CrisisFinder,
        metrics: Metrics,
    ) -> None:
        self._rasa = rasa
        self._replies = replies
        self._direct = direct
        self._emergency = emergency
        self._handovers = handovers
        self._challenges = challenges
        self._crisis = crisis
        self._metrics = metrics

    async def answer(self, conversation: ConversationView, message: MessageView) -> Outcome:
        """What to answer. There always is something, whatever is broken."""
        if conversation.owner is not Owner.AGENT and self._speaks_of_crisis(message):
            return self._comfort(conversation, message)  # in a queue, too: nobody reads yet
        judged: Judged | None = None
        try:
            # Freezing waits for nobody, whoever has the conversation.
            if message.name == CHALLENGE_ANSWER and await self._challenges.in_emergency(conversation, message):
                return self._in_emergency(conversation, message, await self._judge(conversation, message))
            left = None if conversation.owner is Owner.BOT else self._left_to_people(conversation, message)
            if left is not None:
                return left
            if message.name == CHALLENGE_ANSWER:
                judged = await self._judge(conversation, message)
            return self._understood(conversation, message, await self._ask(conversation, message, judged))
        except AssistantUnavailable as failure:
            reason: str = failure.reason
        except Exception as fault:  # noqa: BLE001 - a message that we stumble over must not be stumbled over for ever
            reason = "fault"
            log.error("turn.answering_failed", fault=type(fault).__name__, where=where_it_broke(fault))
        self._metrics.rasa_failures.labels(reason).inc()
        log.warning("turn.assistant_unavailable", reason=reason, message=message.id)
        return self._without_rasa(conversation, message, judged)

    async def _judge(self, conversation: ConversationView, message: MessageView) -> Judged:
        judged = await self._challenges.judge(conversation, message)
        self._metrics.challenges.labels(judged.outcome).inc()
        return judged

    def _left_to_people(self, conversation: ConversationView, message: MessageView) -> Outcome | None:
        """What is said where people answer: nothing, or in the queue that it was noted. Freezing does not wait for them.

        Who is not signed in has to prove something first, which the assistant asks for, unless an agent is there.
        """
        if guard.asks_for_freeze(message.text) and conversation.signed_in:
            return self._frozen(conversation, message)
        if conversation.owner is Owner.AGENT:
            return Outcome("left_to_agent", lambda session, now: [])
        if guard.asks_for_freeze(message.text):
            return None
        return Outcome(
            "waits_for_agent",
            lambda session, now: self._handovers.while_waiting(
                session, conversation=conversation, text=message.text, language=message.language, now=now
            ),
        )

    def _speaks_of_crisis(self, message: MessageView) -> bool:
        written = not message.buttons and message.name != CHALLENGE_ANSWER
        return written and self._crisis.speaks_of_it(message.text)

    def _comfort(self, conversation: ConversationView, message: MessageView) -> Outcome:
        return Outcome(
            "crisis",
            lambda session, now: self._direct.comfort(
                session,
                conversation=conversation,
                said=message.text,
                request_key=f"{conversation.id}:{message.id}",
                language=message.language,
                now=now,
            ),
        )

    async def _ask(self, conversation: ConversationView, message: MessageView, judged: Judged | None) -> RasaAnswer:
        # Only what a button means may be a command, or what we say ourselves; a button may mean plain words, too.
        meant = message.buttons[0].payload if message.buttons else message.text
        command = bool(message.buttons) and meant.startswith("/")
        if judged is not None:
            meant, command = judged.payload, True
        return await self._rasa.turn(
            sender=conversation.id,
            message=meant if command else guard.neutralise(meant),
            payload=command,
            language=message.language,
            channel=conversation.channel.value,
            message_id=f"{conversation.id}:{message.id}",
            signed_in=conversation.signed_in,
            challenge=judged.outcome.value if judged is not None else None,
        )

    def _in_emergency(self, conversation: ConversationView, message: MessageView, judged: Judged) -> Outcome:
        return Outcome(
            "emergency",
            lambda session, now: self._emergency.after(
                session, conversation=conversation, judged=judged, language=message.language, now=now
            ),
        )

    def _understood(self, conversation: ConversationView, message: MessageView, answer: RasaAnswer) -> Outcome:
        spoken = Language(answer.language) if answer.language in tuple(Language) else message.language
        replies = self._replies.of_rasa(answer, language=spoken, signed_in=conversation.signed_in)
        # Only a change is told: the customer may have written on in another language meanwhile.
        changed = spoken if spoken is not message.language else None
        return Outcome("answered", lambda session, now: replies, changed)

    def _without_rasa(self, conversation: ConversationView, message: MessageView, judged: Judged | None) -> Outcome:
        word_said = conversation.signed_in and not message.buttons and guard.asks_for_freeze(message.text)
        if word_said or judged == Judged(ChallengeOutcome.PASSED, Action.FREEZE):
            return self._frozen(conversation, message)
        wants_freeze = conversation.channel is Channel.SMS and guard.asks_for_freeze(message.text)
        reply = self._replies.own(
            "utter_freeze_by_hotline" if wants_freeze else "utter_error_assistant_unavailable",
            language=message.language,
            channel=conversation.channel,
            signed_in=conversation.signed_in,
        )
        return Outcome("unavailable", lambda session, now: [reply])

    def _frozen(self, conversation: ConversationView, message: MessageView) -> Outcome:
        return Outcome(
            "frozen_without_rasa",
            lambda session, now: self._direct.freeze(
                session, conversation=conversation, language=message.language, now=now
            ),
        )
