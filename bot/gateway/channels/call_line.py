"""What a caller hears who waits in line for a person, what their keys do there, and what comes after it.

The documents of the wait come one after the other, each with its number in the URL: where they stand, then music or
silence in which keys are heard. Whoever is to leave the line leaves it by such a document, and goes on in `ended`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from math import ceil

import structlog
from sqlalchemy.orm import Session

from bot.gateway.channels.call_webhooks import Keep
from bot.gateway.channels.voice_dialogue import Dialogue
from bot.gateway.channels.voice_menus import menu
from bot.gateway.channels.voice_people import is_on_file, leave_ticket
from bot.gateway.channels.voice_rating import part
from bot.gateway.channels.voice_stage import MENU_KEY, Stage, document_of
from bot.gateway.storage import Storage
from bot.telephony.twiml import Ask, Spoken, document, leaving_document, said_document, waiting_document
from wallet_core import call_queue, callbacks, calls, verification
from wallet_core.callbacks import CallbackReceipt
from wallet_core.errors import InvalidTime, NotFound, WalletError, WrongState
from wallet_core.models import CallState, Channel, Language, WaitState
from wallet_core.phrases import Phrases
from wallet_core.policy import Action
from wallet_core.ports import Clock
from wallet_core.waiting_records import STILL_THERE, WaitingView

log = structlog.get_logger(__name__)

KEEP_KEY = "1"
# Seconds: between two times that the caller hears where they stand.
_EVERY = 25
_AFTER_MUSIC = 1
# Within it an agent who accepted is connected; who still waits then was never met.
_MEETING = timedelta(seconds=30)
# No sooner is somebody called back whose turn it would be in a moment: they have just hung up.
_SOONEST = timedelta(minutes=2)


class QueueResult(StrEnum):
    """How Twilio says that a wait in its queue ended; whatever else it says is a failure of the line."""

    BRIDGED = "bridged"
    HANGUP = "hangup"
    LEAVE = "leave"
    REDIRECTED = "redirected"  # by us, or an operator: the call is elsewhere, and the answer means nothing
    REDIRECTED_FROM_BRIDGED = "redirected-from-bridged"
    FAILED = "failed"


_ELSEWHERE = frozenset({QueueResult.REDIRECTED, QueueResult.REDIRECTED_FROM_BRIDGED})


class CallLine:
    """Args: longest: how long a caller waits before they are told that nobody comes. music: a URL; silence where None."""

    def __init__(
        self,
        dialogue: Dialogue,
        storage: Storage,
        clock: Clock,
        *,
        phrases: Phrases,
        longest: timedelta,
        music: str | None,
    ) -> None:
        self._dialogue = dialogue
        self._parts = dialogue.parts
        self._storage = storage
        self._clock = clock
        self._phrases = phrases
        self._longest = longest
        self._music = music

    async def wait(self, waiting_id: str, *, sid: str, visit: int, turn: int) -> str:
        """Where the caller stands, and what they may press.

        Args:
            visit, turn: the turn of the call in which it came into the line, and the number of this document since then.

        Raises:
            NotFound: no such place of that call.
            StorageUnavailable
        """
        return await self._storage.write(lambda session: self._wait(session, waiting_id, sid, visit, turn, ""))

    async def press(self, waiting_id: str, *, sid: str, visit: int, turn: int, keys: str, keep: Keep) -> str:
        """What a key does. Raises as `wait` does."""

        def work(session: Session) -> str:
            made = self._wait(session, waiting_id, sid, visit, turn, keys)
            keep(session, made)
            return made

        return await self._storage.write(work)

    async def met(self, waiting_id: str, *, sid: str) -> str:
        """What the caller hears before an agent does. Raises as `wait` does."""

        def work(session: Session) -> str:
            waiting = _place(session, waiting_id, sid)
            return said_document([self._line("utter_queue_colleague_here", waiting.language)])

        return await self._storage.read(work)

    async def ended(self, waiting_id: str, *, sid: str, turn: int, result: QueueResult, keep: Keep) -> str:
        """What comes after the line, for turn number `turn` of the call. Raises as `wait` does."""

        def work(session: Session) -> str:
            made = self._ended(session, waiting_id, sid, turn, result)
            keep(session, made)
            return made

        return await self._storage.write(work)

    # While they wait

    def _wait(self, session: Session, waiting_id: str, sid: str, visit: int, turn: int, keys: str) -> str:
        _place(session, waiting_id, sid)
        stage = self._dialogue.stage(session, sid, self._clock.now())  # locks the call, before its place
        waiting = call_queue.waiting_call(session, waiting_id=waiting_id)
        stage.language = waiting.language
        if keys:
            stage.call = calls.note_keys(session, sid=sid, keys=keys if len(keys) == 1 else "•")
        if waiting.state is WaitState.CONNECTED and waiting.connected_at is not None:
            if stage.now - waiting.connected_at > _MEETING:
                return leaving_document([])
            comes = self._line("utter_queue_colleague_comes", waiting.language)
            return self._on(waiting, visit, turn, [comes], soon=True)
        if waiting.state not in STILL_THERE:
            return leaving_document([])
        if keys == MENU_KEY:
            return self._leave(stage, waiting, WaitState.LEFT)
        if keys == KEEP_KEY and stage.call.number is not None:
            return self._keep_place(stage, waiting)
        if call_queue.is_hopeless(session, waiting_id=waiting_id, longest=self._longest, now=stage.now):
            return self._leave(stage, waiting, WaitState.GIVEN_UP)
        return self._on(waiting, visit, turn, self._standing(stage, waiting))

    def _standing(self, stage: Stage, waiting: WaitingView) -> list[Spoken]:
        place = call_queue.place_in_line(
            stage.session, waiting_id=waiting.id, routing=self._parts.routing, now=stage.now
        )
        keys = _keys_of(stage)
        if place.wait is None:
            told = self._line("utter_queue_place_only", waiting.language, place=place.number)
        elif not place.wait or (place.number == 1 and waiting.state is WaitState.OFFERED):
            told = self._line("utter_queue_next", waiting.language)
        else:
            minutes = ceil(place.wait / timedelta(minutes=1))
            told = self._line("utter_queue_place", waiting.language, place=place.number, minutes=minutes)
        return [told, self._line(keys, waiting.language)]

    def _on(self, waiting: WaitingView, visit: int, turn: int, lines: list[Spoken], *, soon: bool = False) -> str:
        action = f"{self._parts.base_url}/twilio/line/{waiting.id}/wait?visit={visit}&turn={turn + 1}"
        silence = _EVERY if self._music is None or soon else _AFTER_MUSIC
        ask = Ask(action, waiting.language, speech=False, timeout=silence)
        return waiting_document(lines, ask=ask, music=None if soon else self._music)

    def _leave(self, stage: Stage, waiting: WaitingView, state: WaitState) -> str:
        call_queue.leave(stage.session, waiting_id=waiting.id, state=state, now=stage.now)
        return leaving_document([])

    def _keep_place(self, stage: Stage, waiting: WaitingView) -> str:
        """Out of the line, and called when it is their turn; who must not be is called by a person, who has the ticket."""
        receipt = self._call_back(stage, waiting)
        callback = callbacks.id_of(stage.session, reference=receipt.reference) if receipt else None
        call_queue.keep_place(stage.session, waiting_id=waiting.id, callback_id=callback, now=stage.now)
        reference = waiting.ticket_reference or ""
        name = "utter_queue_kept" if receipt is not None else "utter_queue_kept_by_ticket"
        lines = [self._line(name, waiting.language, reference=reference)]
        if receipt is not None and receipt.phrase is not None:
            lines.append(self._line("utter_queue_phrase", waiting.language, phrase=receipt.phrase))
        return leaving_document(lines)

    def _call_back(self, stage: Stage, waiting: WaitingView) -> CallbackReceipt | None:
        """Ask for a call to this number at the time of their turn, as anybody may for their number on file."""
        number, session = stage.call.number, stage.session
        if number is None or waiting.callback_id is not None or not is_on_file(stage, number):
            return None
        place = call_queue.place_in_line(session, waiting_id=waiting.id, routing=self._parts.routing, now=stage.now)
        start = stage.now + max(place.wait or _SOONEST, _SOONEST)
        try:
            with session.begin_nested():
                grant = verification.authorise(
                    session, conversation_id=stage.conversation.id, action=Action.CALLBACK_ON_FILE, now=stage.now
                )
                return callbacks.request_callback(
                    session,
                    grant=grant,
                    topic=waiting.topic,
                    language=waiting.language,
                    routing=self._parts.routing,
                    phrases=self._phrases,
                    now=stage.now,
                    random=self._parts.random,
                    start=start,
                    countries=self._parts.countries,
                    ticket_reference=waiting.ticket_reference,
                    request_key=f"line:{waiting.id}:{stage.call.turn}",
                )
        except (InvalidTime, WalletError) as refused:
            log.info("line.no_callback", code=refused.code)
            return None

    # After it

    def _ended(self, session: Session, waiting_id: str, sid: str, turn: int, result: QueueResult) -> str:
        _place(session, waiting_id, sid)
        now = self._clock.now()
        stage = self._dialogue.stage(session, sid, now)
        if result is QueueResult.HANGUP or result in _ELSEWHERE or stage.call.over:
            call_queue.hung_up(session, call_sid=sid, now=now)
            return document([])
        if stage.call.state is not CallState.IN_LINE or stage.call.turn != turn:
            return document_of(self._parts, stage.call)
        with suppress(WrongState):  # an agent has it, or it left already
            call_queue.leave(session, waiting_id=waiting_id, state=WaitState.GIVEN_UP, now=now)
        waiting = call_queue.waiting_call(session, waiting_id=waiting_id)
        stage.language = waiting.language
        if waiting.state is WaitState.KEPT_PLACE:
            stage.say("utter_queue_goodbye")
            return stage.hang_up()
        if waiting.state is WaitState.LEFT:
            stage.say("utter_queue_left")
            return menu(stage)
        if result is QueueResult.BRIDGED and waiting.state in (WaitState.CONNECTED, WaitState.TALKED):
            stage.say("utter_queue_talked", reference=waiting.ticket_reference)
            return part(stage)
        stage.say("utter_queue_nobody_came")
        return leave_ticket(stage, waiting.topic, stage.call.number)

    def _line(self, name: str, language: Language, **facts: object) -> Spoken:
        words = self._parts.texts.render(name, language=language, channel=Channel.VOICE, **facts)
        return Spoken(words.text, language)


def _keys_of(stage: Stage) -> str:
    """What may be pressed in the line: only a number on file is called back by itself."""
    if stage.call.number is None:
        return "utter_queue_keys_without_number"
    return "utter_queue_keys" if is_on_file(stage, stage.call.number) else "utter_queue_keys_by_ticket"


def queue_result(said: str) -> QueueResult:
    """Twilio's word, read."""
    try:
        return QueueResult(said)
    except ValueError:
        return QueueResult.FAILED


def _place(session: Session, waiting_id: str, sid: str) -> WaitingView:
    waiting = call_queue.waiting_call(session, waiting_id=waiting_id)
    if waiting.call_sid != sid:
        raise NotFound(what="call")
    return waiting
