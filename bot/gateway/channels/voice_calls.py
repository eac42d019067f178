"""A call's webhooks, answered: each turn is heard, acted on and rendered, within Twilio's fifteen seconds."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from bot.gateway.channels import voice_proof as proof
from bot.gateway.channels.call_webhooks import Keep
from bot.gateway.channels.voice_answers import tell_answer
from bot.gateway.channels.voice_dialogue import Dialogue
from bot.gateway.channels.voice_hearing import Heard
from bot.gateway.channels.voice_stage import Stage, document_of
from bot.gateway.channels.voice_steps import CodeKeyed, Sending, Step, ToAssistant, Wait
from bot.gateway.problems import Problem
from bot.gateway.storage import Storage
from bot.gateway.turns import Turns
from wallet_core import calls, conversations, customers, verification
from wallet_core.database import Database
from wallet_core.errors import ChallengeFailed, NotFound, ServiceUnavailable, TooManyAttempts, WalletError
from wallet_core.keyed import keyed_hash
from wallet_core.models import Assurance, CallDirection, CallState, CallStatus, Channel, Language
from wallet_core.ports import Clock, CodeSender

log = structlog.get_logger(__name__)

Act = Callable[[Stage], Step]


@dataclass(frozen=True)
class Arrival:
    """A call that begins; `number` is the other side's, however the provider writes it.

    `vouched`: the caller's network stands for the number being theirs.
    """

    sid: str
    direction: CallDirection
    number: str
    vouched: bool = False


class VoiceCalls:
    """Args: deadline: seconds until a caller hears that the answer takes longer, and then hears it again."""

    def __init__(
        self,
        *,
        dialogue: Dialogue,
        storage: Storage,
        turns: Turns,
        database: Database,
        code_sender: CodeSender,
        secret_key: str,
        clock: Clock,
        deadline: float,
    ) -> None:
        self._dialogue = dialogue
        self._storage = storage
        self._turns = turns
        self._database = database
        self._code_sender = code_sender
        self._secret_key = secret_key
        self._clock = clock
        self._deadline = deadline
        self._sending: set[asyncio.Task[None]] = set()

    async def begin(self, arrival: Arrival, keep: Keep) -> str:
        """The first document of a call."""
        step = await self._write(lambda session: self._begin(session, arrival, self._clock.now()), keep)
        assert isinstance(step, str)
        return step

    async def turn(self, sid: str, turn: int, heard: Heard, keep: Keep) -> str:
        """The document for what was heard in that turn.

        Raises:
            NotFound: no such call.
            WrongTurn: it is another turn's time.
            StorageUnavailable
        """
        step = await self._write(
            lambda session: self._dialogue.take(session, sid, turn, heard, self._clock.now()), keep
        )
        while not isinstance(step, str):
            step = await self._go_on(sid, step, keep)
        return step

    async def event(self, sid: str, status: CallStatus, sequence: int | None) -> None:
        """How the call stands, as Twilio tells it.

        Raises:
            NotFound: no such call.
        """
        await self._storage.write(
            lambda session: calls.record_event(
                session, sid=sid, status=status, sequence=sequence, now=self._clock.now()
            )
        )

    async def close(self) -> None:
        """Let the codes go out that are on their way."""
        await asyncio.gather(*self._sending, return_exceptions=True)

    def _begin(self, session: Session, arrival: Arrival, now: datetime) -> str:
        try:
            return document_of(self._dialogue.parts, calls.get_call(session, sid=arrival.sid))
        except NotFound:
            pass
        number = customers.standard_number(arrival.number)
        customer = customers.find_by_phone(session, number=number) if number else None
        language = calls.remembered_language(session, number=number) if number else None
        if language is None and customer is not None:
            language = customer.language
        conversation = conversations.start_conversation(
            session,
            channel=Channel.VOICE,
            language=language or Language.EN,
            # Nobody holds a token to it: what is said in it comes by Twilio's signed webhooks alone.
            token_hash=keyed_hash(self._secret_key, "session_token", secrets.token_urlsafe(32)),
            customer_id=customer.id if customer else None,
            # The number shown can be forged: whose it is is a claim.
            assurance=Assurance.CLAIMED if customer else Assurance.ANONYMOUS,
            now=now,
            random=self._dialogue.parts.random,
        )
        call = calls.begin_call(
            session,
            sid=arrival.sid,
            direction=arrival.direction,
            conversation_id=conversation.id,
            number=number,
            vouched=arrival.vouched,
            language=language,
            now=now,
        )
        return self._dialogue.greet(session, call, now)

    async def _go_on(self, sid: str, step: Step, keep: Keep) -> Step:
        if isinstance(step, Sending):
            self._send_later(step.challenge_id)
            return step.document
        act = await self._next(step)
        return await self._write(lambda session: act(self._dialogue.stage(session, sid, self._clock.now())), keep)

    async def _next(self, step: Step) -> Act:
        """What is to be done in the next transaction."""
        if isinstance(step, ToAssistant):
            try:
                stored = await self._turns.receive_from_channel(
                    conversation_id=step.conversation_id, inbound=step.inbound
                )
            except Problem as refusal:
                log.warning("voice.message_refused", code=refusal.code)
                return _refused
            step = Wait(stored.conversation_id, stored.message_id)
        if isinstance(step, Wait):
            message_id = step.message_id
            await self._turns.answered(
                conversation_id=step.conversation_id, message_id=message_id, seconds=self._deadline
            )
            return lambda stage: tell_answer(stage, message_id)
        if isinstance(step, CodeKeyed):
            return await asyncio.to_thread(self._judge, step)
        return proof.freeze

    async def _write(self, work: Callable[[Session], Step], keep: Keep) -> Step:
        def work_and_keep(session: Session) -> Step:
            step = work(session)
            document = step.document if isinstance(step, Sending) else step
            if isinstance(document, str):
                keep(session, document)
            return step

        return await self._storage.write(work_and_keep)

    def _judge(self, keyed: CodeKeyed) -> Act:
        """Whether the code is right, and what then happens. It may have been judged before, by a process that died."""
        try:
            with self._database.reading() as session:
                proven = proof.is_proven(session, keyed.ways.conversation_id, self._clock.now())
            if not proven:
                verification.check_code(
                    self._database,
                    self._code_sender,
                    ways=keyed.ways,
                    code=keyed.code,
                    secret_key=self._secret_key,
                    now=self._clock.now(),
                )
        except ChallengeFailed:
            return proof.code_wrong
        except TooManyAttempts:
            return proof.codes_closed
        except ServiceUnavailable:
            return proof.code_unchecked
        return proof.code_right

    def _send_later(self, challenge_id: str) -> None:
        """After the answer, so that nobody can tell by the time it took whether anything was sent."""
        task = asyncio.create_task(asyncio.to_thread(self._send, challenge_id), name="send a code")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _send(self, challenge_id: str) -> None:
        try:
            verification.deliver_code(
                self._database, self._code_sender, challenge_id=challenge_id, now=self._clock.now()
            )
        except WalletError as failure:
            log.warning("voice.code_not_sent", code=failure.code)


def _refused(stage: Stage) -> str:
    """The message could not be taken: a button that is no longer offered, too many at once."""
    stage.say("utter_voice_try_again")
    stage.offer_menu()
    return stage.keep(CallState.TALKING)
