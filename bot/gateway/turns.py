"""The turn: a message is stored, then answered, each conversation's in order, across processes.

Whoever stores a message takes the conversation's lease if it is free and then answers everything that waits in it, in
the background. The sender waits for its answer until the deadline and is then told that it takes longer; the late
answer is added to the transcript and pushed. What a dead process left behind is found by the sweep.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy.orm import Session

from bot.gateway.answering import Answering, Outcome
from bot.gateway.faults import where_it_broke
from bot.gateway.hub import Answer, Hub, News
from bot.gateway.inbound import Inbound, Inbox
from bot.gateway.limits import Limits
from bot.gateway.metrics import Metrics
from bot.gateway.problems import Problem, in_language
from bot.gateway.replies import Replies
from bot.gateway.sessions import Sessions
from bot.gateway.storage import Storage
from bot.settings import Settings
from wallet_core import conversations, turns
from wallet_core.conversations import ConversationView
from wallet_core.errors import StorageUnavailable, TurnLost, WalletError
from wallet_core.models import Owner
from wallet_core.ports import Clock
from wallet_core.transcripts import MessageView

log = structlog.get_logger(__name__)

_SHORTEST_LOOK = 0.02
_LONGEST_LOOK = 0.25
_CLOSING_SECONDS = 2.0


@dataclass(frozen=True)
class Work:
    """A message to be answered under a lease."""

    holder: str
    conversation: ConversationView
    message: MessageView


@dataclass(frozen=True)
class Stored:
    """A message as it was stored; `answer`, where there is one already."""

    conversation_id: str
    message_id: int
    answer: Answer | None
    work: Work | None


class Turns:
    def __init__(
        self,
        *,
        settings: Settings,
        storage: Storage,
        sessions: Sessions,
        inbox: Inbox,
        answering: Answering,
        replies: Replies,
        hub: Hub,
        limits: Limits,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._sessions = sessions
        self._inbox = inbox
        self._answering = answering
        self._replies = replies
        self._hub = hub
        self._limits = limits
        self._metrics = metrics
        self._clock = clock
        self._lease = timedelta(seconds=settings.turn_lease_seconds)
        self._working: dict[str, asyncio.Task[None]] = {}

    async def exchange(self, *, session_id: str, token: str | None, inbound: Inbound) -> Answer:
        """Store a message and wait for what its sender is to be told.

        Raises:
            Problem: the token does not open the session; too many messages.
            WalletError: the message was refused, or the database is away.
        """
        end = self._deadline()
        with self._hub.listen(session_id) as news:
            stored = await self.receive(session_id=session_id, token=token, inbound=inbound, news=news)
            return stored.answer or await self._attend(stored, news, end)

    async def receive(
        self, *, session_id: str, token: str | None, inbound: Inbound, news: News | None = None
    ) -> Stored:
        """Store a message and see to it that it is answered; raises as `exchange` does."""

        def store(session: Session) -> Stored:
            conversation = self._sessions.enter(session, session_id=session_id, token=token, now=self._clock.now())
            return self._store(session, conversation, inbound)

        return self._received(await self._storage.write(store), news)

    async def receive_from_channel(self, *, conversation_id: str, inbound: Inbound) -> Stored:
        """Store a message and see to it that it is answered, where the channel itself knows whose conversation it is.

        Raises:
            Problem: too many messages.
            WalletError: the message was refused, or the database is away.
        """

        def store(session: Session) -> Stored:
            conversation = conversations.get_conversation(session, conversation_id=conversation_id)
            return self._store(session, conversation, inbound)

        return self._received(await self._storage.write(store), None)

    async def answered(self, *, conversation_id: str, message_id: int, seconds: float) -> bool:
        """Whether a stored message has its answer, or gets it within that time. Nobody is told that it takes longer."""
        end = asyncio.get_running_loop().time() + seconds
        with self._hub.listen(conversation_id) as news:
            news.ring()  # the answer may have come before we listened
            return await self._answer_by(conversation_id, message_id, news, end) is not None

    async def attend(self, stored: Stored) -> Answer:
        """What the sender of a stored message is told, by the deadline."""
        end = self._deadline()
        with self._hub.listen(stored.conversation_id) as news:
            news.ring()  # the answer may have come before we listened
            return stored.answer or await self._attend(stored, news, end)

    async def sweep(self) -> None:
        """Go on, again and again, with what nobody works on any more."""
        while True:
            try:
                for conversation_id in await self._storage.read(
                    lambda session: turns.waiting_conversations(session, now=self._clock.now())
                ):
                    work = await self._storage.write(partial(self._take, conversation_id=conversation_id))
                    if work is not None:
                        log.info("turn.taken_over", conversation=conversation_id)
                        self._metrics.taken_over.inc()
                        self._begin(work)
            except StorageUnavailable:
                log.warning("sweep.storage_unavailable")
            await asyncio.sleep(self._settings.sweep_seconds)

    async def close(self) -> None:
        """Let the turns at hand end for a moment; what does not is left to another process."""
        if self._working:
            _, pending = await asyncio.wait(self._working.values(), timeout=_CLOSING_SECONDS)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    # Receiving

    def _received(self, stored: Stored, news: News | None) -> Stored:
        self._hub.changed(stored.conversation_id, by=news)
        if stored.work is not None:
            self._begin(stored.work)
        return stored

    def _store(self, session: Session, conversation: ConversationView, inbound: Inbound) -> Stored:
        now = self._clock.now()
        try:
            self._limits.take_message(conversation.id)
            taken = self._inbox.receive(session, conversation=conversation, inbound=inbound, now=now)
        except (Problem, WalletError) as refusal:
            raise in_language(refusal, conversation.language) from refusal
        answer = self._first_answer(session, conversation.id, taken.message.id) if taken.settled else None
        work = None if answer is not None else self._take(session, conversation.id)
        return Stored(conversation.id, taken.message.id, answer, work)

    def _take(self, session: Session, conversation_id: str) -> Work | None:
        """The conversation's next message to be answered, where nobody else is at it."""
        now, holder = self._clock.now(), secrets.token_hex(16)
        if not turns.take_turn(
            session, conversation_id=conversation_id, holder=holder, now=now, until=now + self._lease
        ):
            return None
        return self._next(session, conversation_id, holder)

    def _next(self, session: Session, conversation_id: str, holder: str) -> Work | None:
        message = turns.next_unanswered(session, conversation_id=conversation_id)
        if message is None:
            turns.release_turn(session, conversation_id=conversation_id, holder=holder)
            return None
        conversation = conversations.get_conversation(session, conversation_id=conversation_id)
        return Work(holder, conversation, message)

    # Waiting

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._settings.turn_deadline_seconds

    async def _attend(self, stored: Stored, news: News, end: float) -> Answer:
        answer = await self._answer_by(stored.conversation_id, stored.message_id, news, end)
        if answer is not None:
            return answer
        answer = await self._storage.write(lambda session: self._say_meanwhile(session, stored))
        self._hub.changed(stored.conversation_id)
        return answer

    async def _answer_by(self, conversation_id: str, message_id: int, news: News, end: float) -> Answer | None:
        loop, pause = asyncio.get_running_loop(), _SHORTEST_LOOK
        while (left := end - loop.time()) > 0:
            # Another process's work rings no bell here.
            await news.wait(left if conversation_id in self._working else min(pause, left))
            pause = min(pause * 1.6, _LONGEST_LOOK)
            if message_id in news.answers:
                return news.answers[message_id]
            answer = await self._storage.read(lambda session: self._first_answer(session, conversation_id, message_id))
            if answer is not None:
                return answer
        return None

    def _first_answer(self, session: Session, conversation_id: str, message_id: int) -> Answer | None:
        messages = turns.first_answer(session, conversation_id=conversation_id, message_id=message_id)
        if messages is None:
            return None
        owner = conversations.get_conversation(session, conversation_id=conversation_id).owner
        return Answer(messages, owner)

    def _say_meanwhile(self, session: Session, stored: Stored) -> Answer:
        conversation = conversations.get_conversation(session, conversation_id=stored.conversation_id)
        word = self._replies.own(
            "utter_still_working",
            language=conversation.language,
            channel=conversation.channel,
            signed_in=conversation.signed_in,
        )
        if turns.say_meanwhile(
            session, conversation_id=conversation.id, message_id=stored.message_id, reply=word, now=self._clock.now()
        ):
            self._metrics.still_working.inc()
        answer = self._first_answer(session, conversation.id, stored.message_id)
        return answer or Answer([], conversation.owner)

    # Answering

    def _begin(self, work: Work) -> None:
        conversation_id = work.conversation.id
        task = asyncio.create_task(self._work_off(work), name=f"turns of {conversation_id}")
        self._working[conversation_id] = task

        def forget(ended: asyncio.Task[None]) -> None:
            if self._working.get(conversation_id) is ended:
                del self._working[conversation_id]
            self._hub.changed(conversation_id)

        task.add_done_callback(forget)

    async def _work_off(self, first: Work) -> None:
        """Answer what waits in a conversation, until nothing does."""
        conversation_id, holder = first.conversation.id, first.holder
        structlog.contextvars.bind_contextvars(conversation=conversation_id)
        renewing = asyncio.create_task(self._renew(conversation_id, holder, asyncio.current_task()))
        work: Work | None = first
        try:
            while work is not None:
                if work.conversation.owner is Owner.BOT:
                    self._hub.typing(conversation_id)
                with self._metrics.turn_seconds.time():
                    outcome = await self._answering.answer(work.conversation, work.message)
                    answer, following = await self._keep(work, outcome)
                self._metrics.turns.labels(outcome.kind).inc()
                self._hub.answered(conversation_id, work.message.id, answer)
                work = following
        except TurnLost:
            log.warning("turn.lost")
        except StorageUnavailable:
            log.warning("turn.storage_unavailable")  # the lease runs out, and the sweep finds the message
        except Exception as fault:  # noqa: BLE001 - the message stays unanswered and the sweep finds it again
            log.error("turn.failed", fault=type(fault).__name__, where=where_it_broke(fault))
        except asyncio.CancelledError:
            with suppress(StorageUnavailable):
                await self._storage.write(
                    lambda session: turns.release_turn(session, conversation_id=conversation_id, holder=holder)
                )
            raise
        finally:
            renewing.cancel()

    async def _keep(self, work: Work, outcome: Outcome) -> tuple[Answer, Work | None]:
        """Store the answer, and get the next message. The answer is not given up at the database's first hiccup."""
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + self._settings.turn_limit_seconds, 0.1
        while True:
            try:
                return await self._storage.write(lambda session: self._store_answer(session, work, outcome))
            except StorageUnavailable:
                if loop.time() > end:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _store_answer(self, session: Session, work: Work, outcome: Outcome) -> tuple[Answer, Work | None]:
        now = self._clock.now()
        turns.answer_message(
            session,
            conversation_id=work.conversation.id,
            message_id=work.message.id,
            replies=outcome.replies(session, now),
            now=now,
            holder=work.holder,
            language=outcome.language,
            left_to_agent=True,
        )
        answer = self._first_answer(session, work.conversation.id, work.message.id)
        assert answer is not None  # it was stored just now
        return answer, self._next(session, work.conversation.id, work.holder)

    async def _renew(self, conversation_id: str, holder: str, working: asyncio.Task[None] | None) -> None:
        """Hold the lease while we work; whoever lost it stops."""

        def renew(session: Session) -> bool:
            until = self._clock.now() + self._lease
            return turns.renew_turn(session, conversation_id=conversation_id, holder=holder, until=until)

        while True:
            await asyncio.sleep(self._settings.turn_lease_seconds / 3)
            try:
                held = await self._storage.write(renew)
            except StorageUnavailable:
                continue
            if not held and working is not None:
                working.cancel()
                return
