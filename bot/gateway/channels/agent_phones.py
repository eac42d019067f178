"""What an agent hears whose phone rings for a waiting caller: who it is, two keys, and afterwards how it ended.

Twilio asks for each document under the offer's id; what a key does is the core's, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from bot.gateway.channels.call_webhooks import Keep
from bot.gateway.channels.voice_people import TOPIC
from bot.gateway.channels.voice_stage import Parts
from bot.gateway.storage import Storage
from bot.telephony.twiml import Ask, Spoken, document, meeting_document
from wallet_core import call_notes, call_offers, callbacks, calls, summaries, verification
from wallet_core.call_offers import LONGEST_TALK, OfferView, WrapUp
from wallet_core.errors import NotFound, RequestConflict, WrongState
from wallet_core.models import CallState, CallStatus, Channel, Language, OfferState
from wallet_core.policy import Action, Grant
from wallet_core.ports import Clock
from wallet_core.summaries import Summary
from wallet_core.waiting_records import WaitingView

log = structlog.get_logger(__name__)

ACCEPT_KEY, DECLINE_KEY = "1", "2"
OUTCOME_KEYS = {"1": WrapUp.SOLVED, "2": WrapUp.FOLLOW_UP, "3": WrapUp.WRONG_PERSON}
TIMES_SAID = 2
_PATIENCE = 8
# Seconds in which the caller has to be found in the line: they are there, or have hung up.
_MEETING_SECONDS = 10
_LONGEST_WORDS = 120
# Of what answered: a person, or not looked into, or not made out.
_PEOPLE = frozenset({"", "human", "unknown"})
_FINAL = frozenset(
    {CallStatus.COMPLETED, CallStatus.BUSY, CallStatus.NO_ANSWER, CallStatus.FAILED, CallStatus.CANCELED}
)


class AgentPhones:
    """Args: topics: what topics are called, by language and topic."""

    def __init__(
        self, parts: Parts, storage: Storage, clock: Clock, *, topics: Mapping[Language, Mapping[str, str]]
    ) -> None:
        self._parts = parts
        self._storage = storage
        self._clock = clock
        self._topics = topics

    async def answered(self, offer_id: str, *, sid: str, by: str, keep: Keep) -> str:
        """The first document, for whatever answered: `by` in Twilio's words, empty where it was not looked into.

        Raises:
            NotFound: no such offer, or it has another call.
            StorageUnavailable
        """
        return await self._write(
            offer_id, sid, keep, lambda session, offer, waiting: self._answer(session, offer, waiting, by)
        )

    async def turn(self, offer_id: str, *, sid: str, turn: int, keys: str, keep: Keep) -> str:
        """The document after turn number `turn` of the whisper; raises as `answered` does."""
        return await self._write(
            offer_id, sid, keep, lambda session, offer, waiting: self._turn(session, offer, waiting, turn, keys)
        )

    async def talked(self, offer_id: str, *, sid: str, met: bool, on_the_line: bool, keep: Keep) -> str:
        """The document after the talk, or where there was none; raises as `answered` does.

        Args:
            met: whether they were connected.
            on_the_line: whether the agent is there still.
        """
        return await self._write(
            offer_id,
            sid,
            keep,
            lambda session, offer, waiting: self._talked(session, offer, waiting, met=met, on_the_line=on_the_line),
        )

    async def wrap_up(self, offer_id: str, *, sid: str, turn: int, keys: str, keep: Keep) -> str:
        """The document after turn number `turn` of the question how it ended; raises as `answered` does."""
        return await self._write(
            offer_id, sid, keep, lambda session, offer, waiting: self._wrap_up(session, offer, waiting, turn, keys)
        )

    async def event(self, offer_id: str, *, sid: str, status: CallStatus) -> None:
        """How the agent's call stands, as Twilio tells it in whatever order. Raises: NotFound, StorageUnavailable."""

        def work(session: Session) -> None:
            offer, waiting = _known(session, offer_id, sid)
            if status in _FINAL:
                self._over(session, offer, waiting, status)

        await self._storage.write(work)

    async def _write(
        self, offer_id: str, sid: str, keep: Keep, make: Callable[[Session, OfferView, WaitingView], str]
    ) -> str:
        def work(session: Session) -> str:
            made = make(session, *_known(session, offer_id, sid))
            keep(session, made)
            return made

        return await self._storage.write(work)

    # Before the talk

    def _answer(self, session: Session, offer: OfferView, waiting: WaitingView, by: str) -> str:
        if by not in _PEOPLE:
            with suppress(WrongState):
                call_offers.miss(session, offer_id=offer.id, now=self._clock.now())
            return document([])
        if offer.state is not OfferState.RINGING:
            return self._gone(session, offer, waiting)
        return self._whisper(session, offer, waiting, 1)

    def _turn(self, session: Session, offer: OfferView, waiting: WaitingView, turn: int, keys: str) -> str:
        now = self._clock.now()
        try:
            if keys == ACCEPT_KEY:
                return self._accept(session, offer, now)
            if keys == DECLINE_KEY:
                call_offers.decline(session, offer_id=offer.id, now=now)
                return self._say("utter_agent_somebody_else", waiting.language)
            if offer.state is not OfferState.RINGING:
                return self._gone(session, offer, waiting)
            if turn < TIMES_SAID:
                return self._whisper(session, offer, waiting, turn + 1)
            call_offers.miss(session, offer_id=offer.id, now=now)
            return self._say("utter_agent_somebody_else", waiting.language)
        except WrongState:
            return self._gone(session, offer, waiting)

    def _accept(self, session: Session, offer: OfferView, now: datetime) -> str:
        waiting = call_offers.accept(session, offer_id=offer.id, now=now)
        call_notes.take_case(session, waiting=waiting, grant=_grant(session, offer, now), now=now)
        base = self._parts.base_url
        return meeting_document(
            [self._line("utter_agent_connecting", waiting.language)],
            place=waiting.id,
            first=f"{base}/twilio/line/{waiting.id}/met",
            then=f"{base}/twilio/agents/{offer.id}/talked",
            patience=_MEETING_SECONDS,
            longest=round(LONGEST_TALK.total_seconds()),
        )

    def _whisper(self, session: Session, offer: OfferView, waiting: WaitingView, turn: int) -> str:
        language = waiting.language
        number = calls.get_call(session, sid=waiting.call_sid).number
        known = summaries.summarise(session, conversation_id=waiting.conversation_id, now=self._clock.now())
        lines = [
            self._line("utter_agent_caller_hidden", language)
            if number is None
            else self._line("utter_agent_caller", language, ending=" ".join(number[-2:])),
            self._line(_SURE[known.assurance if known.customer_id is not None else 0], language),
            *self._what(session, waiting, known),
        ]
        if waiting.ticket_reference is not None:
            lines.append(self._line("utter_agent_ticket", language, reference=waiting.ticket_reference))
        lines.append(self._line("utter_agent_keys", language))
        return self._ask(lines, f"{self._parts.base_url}/twilio/agents/{offer.id}/turn?turn={turn}", language)

    def _what(self, session: Session, waiting: WaitingView, known: Summary) -> list[Spoken]:
        """What it is about, as far as anything is known: a callback, the topic, what was said when it was asked for, the
        caller's last words."""
        language, lines = waiting.language, []
        topic = self._topics[language].get(waiting.topic)
        if waiting.callback_id is not None:
            lines.append(self._line("utter_agent_callback", language))
        if topic is not None and waiting.topic != TOPIC:
            lines.append(self._line("utter_agent_about", language, topic=topic))
        if waiting.callback_id is not None:
            case = callbacks.case_of(session, callback_id=waiting.callback_id)
            name = "utter_agent_asked_for" if case.asked_by_known else "utter_agent_asked_for_unproven"
            if case.about is not None:
                lines.append(self._line(name, language, words=case.about[:_LONGEST_WORDS]))
        if known.last_words:
            lines.append(self._line("utter_agent_said", language, words=known.last_words[:_LONGEST_WORDS]))
        return lines

    def _gone(self, session: Session, offer: OfferView, waiting: WaitingView) -> str:
        call_offers.note_let_go(session, offer_id=offer.id)
        return self._say("utter_agent_caller_gone", waiting.language)

    # After it

    def _talked(self, session: Session, offer: OfferView, waiting: WaitingView, *, met: bool, on_the_line: bool) -> str:
        now = self._clock.now()
        if not met:
            call = calls.get_call(session, sid=waiting.call_sid)
            gone = call.over or call.state is not CallState.IN_LINE
            call_offers.not_met(session, offer_id=offer.id, caller_gone=gone, now=now)
            return self._say("utter_agent_caller_gone", waiting.language)
        with suppress(WrongState):  # the end of their call was told before
            call_offers.talk_ended(session, offer_id=offer.id, now=now)
        return self._ask_outcome(offer, waiting, 1) if on_the_line else document([])

    def _wrap_up(self, session: Session, offer: OfferView, waiting: WaitingView, turn: int, keys: str) -> str:
        if keys not in OUTCOME_KEYS and turn < TIMES_SAID:
            return self._ask_outcome(offer, waiting, turn + 1)
        self._note(session, offer, OUTCOME_KEYS.get(keys, WrapUp.NOT_TOLD))
        return self._say("utter_agent_noted", waiting.language)

    def _ask_outcome(self, offer: OfferView, waiting: WaitingView, turn: int) -> str:
        action = f"{self._parts.base_url}/twilio/agents/{offer.id}/wrap-up?turn={turn}"
        return self._ask([self._line("utter_agent_wrap_up", waiting.language)], action, waiting.language)

    def _over(self, session: Session, offer: OfferView, waiting: WaitingView, status: CallStatus) -> None:
        """The agent's call has ended, whatever was pressed in it. A phone that is busy is as one that declines."""
        if offer.state is OfferState.RINGING:
            refused = status in (CallStatus.BUSY, CallStatus.COMPLETED)
            (call_offers.decline if refused else call_offers.miss)(session, offer_id=offer.id, now=self._clock.now())
        elif offer.state in (OfferState.ACCEPTED, OfferState.WRAPPING_UP):
            self._note(session, offer, WrapUp.NOT_TOLD)

    def _note(self, session: Session, offer: OfferView, outcome: WrapUp) -> None:
        now = self._clock.now()
        told = offer.outcome is not None
        try:
            waiting = call_offers.wrap_up(session, offer_id=offer.id, outcome=outcome, now=now)
        except WrongState as error:
            log.info("offer.not_talked", state=error.facts["state"])
            return
        if not told:
            call_notes.note_wrap_up(
                session,
                waiting=waiting,
                grant=_grant(session, offer, now),
                outcome=outcome,
                routing=self._parts.routing,
                now=now,
            )

    # Words

    def _ask(self, lines: Sequence[Spoken], action: str, language: Language) -> str:
        return document(lines, ask=Ask(action, language, speech=False, timeout=_PATIENCE))

    def _say(self, name: str, language: Language) -> str:
        return document([self._line(name, language)])

    def _line(self, name: str, language: Language, **facts: object) -> Spoken:
        words = self._parts.texts.render(name, language=language, channel=Channel.VOICE, **facts)
        return Spoken(words.text, language)


_SURE = ("utter_agent_sure_0", "utter_agent_sure_1", "utter_agent_sure_2", "utter_agent_sure_3")


def _known(session: Session, offer_id: str, sid: str) -> tuple[OfferView, WaitingView]:
    """The offer, with the number of its call, which may come from here before its worker could note it.

    Raises:
        NotFound: no such offer, or it has another call.
    """
    try:
        call_offers.note_agents_call(session, offer_id=offer_id, call_sid=sid)
    except RequestConflict:
        raise NotFound(what="call") from None
    return call_offers.offer_by_id(session, offer_id=offer_id)


def _grant(session: Session, offer: OfferView, now: datetime) -> Grant:
    return verification.authorise_agent(
        session, agent_id=offer.agent_id, action=Action.OPEN_TICKET, customer_id=None, now=now
    )
