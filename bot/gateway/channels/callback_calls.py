"""What is said in a call that we place: in that of a callback our name and the phrase first, then three keys.

One that asks for a confirmation goes the same way, with the words and keys of `confirmation_calls`.

Which turn it is, and in which language, stands in the URL that the last document gave; what a key does is the core's, once.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from bot.gateway.channels.call_webhooks import Keep
from bot.gateway.channels.confirmation_calls import ANSWERS, ConfirmationCalls
from bot.gateway.channels.voice_people import connect_to_person
from bot.gateway.channels.voice_stage import LANGUAGE_KEY, Parts, Stage
from bot.gateway.storage import Storage
from bot.telephony.twiml import Ask, Spoken, document
from wallet_core import callback_talks, callbacks, calls, conversations
from wallet_core.callbacks import AttemptOutcome, AttemptView, CallbackView
from wallet_core.errors import NotFound, RequestConflict
from wallet_core.keyed import keyed_hash
from wallet_core.models import Assurance, CallDirection, CallPurpose, CallStatus, Channel, Language
from wallet_core.ports import Clock

log = structlog.get_logger(__name__)

CONNECT_KEY, NOT_ME_KEY, LATER_KEY = "1", "9", "0"
TIMES_SAID = 3
_PATIENCE = 6
_PERSON = "human"
_UNKNOWN = "unknown"  # what answered was not made out: as likely a person who said nothing

_KEYS = (CONNECT_KEY, NOT_ME_KEY, LATER_KEY)
# How a call that nobody pressed a key in came to its end.
_OF_STATUS = {
    CallStatus.COMPLETED: AttemptOutcome.NO_KEY,
    CallStatus.BUSY: AttemptOutcome.BUSY,
    CallStatus.NO_ANSWER: AttemptOutcome.NO_ANSWER,
    CallStatus.FAILED: AttemptOutcome.UNREACHABLE,
    CallStatus.CANCELED: AttemptOutcome.UNKNOWN,
}


class CallbackCalls:
    def __init__(self, parts: Parts, storage: Storage, clock: Clock) -> None:
        self._parts = parts
        self._storage = storage
        self._clock = clock
        self._confirmations = ConfirmationCalls(parts)

    async def answered(self, attempt_id: str, *, sid: str, by: str, keep: Keep) -> str:
        """The first document, for whatever answered: `by` in Twilio's words, empty where it was not looked into.

        Raises:
            NotFound: no such try.
            StorageUnavailable
        """

        def work(session: Session) -> str:
            made = self._answered(session, attempt_id, sid, by, self._clock.now())
            keep(session, made)
            return made

        return await self._storage.write(work)

    async def turn(self, attempt_id: str, *, sid: str, turn: int, language: Language, keys: str, keep: Keep) -> str:
        """The document after turn number `turn`; raises as `answered` does."""

        def work(session: Session) -> str:
            made = self._turn(session, attempt_id, sid, turn, language, keys, self._clock.now())
            keep(session, made)
            return made

        return await self._storage.write(work)

    async def event(self, attempt_id: str, *, sid: str, status: CallStatus, sequence: int | None) -> None:
        """How the call stands, as Twilio tells it in whatever order. Raises: NotFound, StorageUnavailable."""
        await self._storage.write(
            lambda session: self._event(session, attempt_id, sid, status, sequence, self._clock.now())
        )

    def _answered(self, session: Session, attempt_id: str, sid: str, by: str, now: datetime) -> str:
        attempt = self._known(session, attempt_id, sid)
        if by not in ("", _PERSON, _UNKNOWN):
            return self._again_or_not(session, attempt, AttemptOutcome.MACHINE, attempt.language, now)
        return self._ask(session, attempt, 1, attempt.language, now)

    def _turn(
        self, session: Session, attempt_id: str, sid: str, turn: int, language: Language, keys: str, now: datetime
    ) -> str:
        attempt = self._known(session, attempt_id, sid)
        if attempt.purpose is not CallPurpose.CALLBACK and keys in ANSWERS:
            return document(self._confirmations.press(session, attempt, keys, language, now))
        if attempt.purpose is CallPurpose.CALLBACK and keys in _KEYS:
            return self._press(session, attempt, sid, keys, language, now)
        if keys == LANGUAGE_KEY:
            language = _other(language)
        if turn >= TIMES_SAID:
            return self._again_or_not(session, attempt, AttemptOutcome.NO_KEY, language, now)
        return self._ask(session, attempt, turn + 1, language, now)

    def _press(
        self, session: Session, attempt: AttemptView, sid: str, keys: str, language: Language, now: datetime
    ) -> str:
        if keys == CONNECT_KEY:
            if not self._record(session, attempt, AttemptOutcome.CONNECTED, now):
                return document([self._line("utter_callback_call_over", language)])
            return self._connect(session, attempt, sid, language, now)
        if keys == LATER_KEY:
            return self._again_or_not(session, attempt, AttemptOutcome.LATER, language, now)
        done = self._record(session, attempt, AttemptOutcome.NOT_REQUESTED, now)
        name = "utter_callback_call_not_requested" if done else "utter_callback_call_over"
        return document([self._line(name, language)])

    def _again_or_not(
        self, session: Session, attempt: AttemptView, outcome: AttemptOutcome, language: Language, now: datetime
    ) -> str:
        """The last words of a call in which nobody was connected: whether we call again is what the core made of it."""
        left = self._record(session, attempt, outcome, now)
        if left is None:
            return document([self._line("utter_callback_call_over", language)])
        name = f"utter_callback_call_{outcome}"
        if left.due_at is not None:
            minutes = max(1, round((left.due_at - now) / timedelta(minutes=1)))
            return document([self._line(name, language, minutes=minutes)])
        if attempt.purpose is not CallPurpose.CALLBACK and outcome is AttemptOutcome.NO_KEY:
            return document([self._line("utter_confirmation_call_no_key_last", language)])
        return document([self._line(f"{name}_last", language)])

    def _ask(self, session: Session, attempt: AttemptView, turn: int, language: Language, now: datetime) -> str:
        if attempt.purpose is CallPurpose.CALLBACK:
            question = self._what_for(session, attempt, language)
        else:
            question = self._confirmations.question(session, attempt, language, now)
        if not question:
            self._record(session, attempt, AttemptOutcome.NO_KEY, now)
            return document([self._line("utter_confirmation_call_settled", language)])
        lines = [*question, self._line("utter_voice_other_language", _other(language))]
        action = f"{self._parts.base_url}/twilio/callbacks/{attempt.id}/turn?turn={turn}&language={language}"
        return document(lines, ask=Ask(action, language, speech=False, timeout=_PATIENCE))

    def _what_for(self, session: Session, attempt: AttemptView, language: Language) -> list[Spoken]:
        phrase = callbacks.phrase_for_call(session, attempt_id=attempt.id, machine=False)
        return [
            # The words are of one language, whatever the rest is said in.
            self._line("utter_callback_call_phrase", attempt.language, phrase=phrase)
            if phrase is not None
            else self._line("utter_callback_call_without_phrase", language),
            self._line("utter_callback_call_keys", language),
        ]

    def _connect(self, session: Session, attempt: AttemptView, sid: str, language: Language, now: datetime) -> str:
        """From here on it is a call like any other, of a customer who answered on the number that was asked for."""
        case = callbacks.case_of(session, callback_id=attempt.callback_id)
        try:
            call = calls.get_call(session, sid=sid)
        except NotFound:
            conversation = conversations.start_conversation(
                session,
                channel=Channel.VOICE,
                language=language,
                token_hash=keyed_hash(self._parts.secret_key, "session_token", secrets.token_urlsafe(32)),
                customer_id=case.customer_id,
                assurance=Assurance.CLAIMED,
                now=now,
                random=self._parts.random,
            )
            call = calls.begin_call(
                session,
                sid=sid,
                direction=CallDirection.OUTBOUND,
                conversation_id=conversation.id,
                number=attempt.destination,
                language=language,
                now=now,
            )
        stage = Stage(self._parts, session, call, now)
        stage.say("utter_callback_call_connecting")
        return connect_to_person(stage, topic=case.topic)

    def _event(
        self,
        session: Session,
        attempt_id: str,
        sid: str,
        status: CallStatus,
        sequence: int | None,
        now: datetime,
    ) -> None:
        attempt = self._known(session, attempt_id, sid)
        with suppress(NotFound):  # nobody pressed 1 in it
            calls.record_event(session, sid=sid, status=status, sequence=sequence, now=now)
        outcome = _OF_STATUS.get(status)
        if outcome is None or self._record(session, attempt, outcome, now):
            return
        if attempt.purpose is CallPurpose.CALLBACK:
            self._finish(session, attempt, sid, now)

    def _finish(self, session: Session, attempt: AttemptView, sid: str, now: datetime) -> None:
        """The call of a callback that was connected, or is finished, is over."""
        if not callback_talks.end(
            session,
            callback_id=attempt.callback_id,
            call_sid=sid,
            routing=self._parts.routing,
            now=now,
            random=self._parts.random,
        ):
            log.info("callback.finished_before", callback=attempt.callback_id)

    def _known(self, session: Session, attempt_id: str, sid: str) -> AttemptView:
        """The try, with the number of its call, which may come from here before its worker could note it.

        Raises:
            NotFound: no such try, or it has another call.
        """
        attempt = callbacks.attempt_by_id(session, attempt_id=attempt_id)
        try:
            callbacks.note_call(session, attempt_id=attempt_id, call_sid=sid)
        except RequestConflict:
            raise NotFound(what="call") from None
        return attempt

    def _record(
        self, session: Session, attempt: AttemptView, outcome: AttemptOutcome, now: datetime
    ) -> CallbackView | None:
        """What is left to do now that the try came to this, or had come to it; None where it ended otherwise."""
        try:
            return callbacks.record_outcome(
                session,
                attempt_id=attempt.id,
                outcome=outcome,
                routing=self._parts.routing,
                now=now,
                random=self._parts.random,
            )
        except RequestConflict:
            return None

    def _line(self, name: str, language: Language, **facts: object) -> Spoken:
        words = self._parts.texts.render(name, language=language, channel=Channel.VOICE, **facts)
        return Spoken(words.text, language)


def _other(language: Language) -> Language:
    return Language.EN if language is Language.ZH else Language.ZH
