"""Text messages: Twilio's webhooks in, messaging TwiML out.

An answer that comes within a few seconds goes out with the webhook's own; a later one, and whatever else is said in the
conversation, is sent by the worker.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from bot.gateway import guard
from bot.gateway.channels.once import Held
from bot.gateway.channels.sms_inbound import Ignored, Text, is_message_sid, is_number, likely_language, understand
from bot.gateway.channels.sms_outbox import take_texts
from bot.gateway.channels.sms_rendering import fit, reply
from bot.gateway.channels.sms_words import Consent
from bot.gateway.channels.twilio_door import Fields, FromTwilio
from bot.gateway.faults import where_it_broke
from bot.gateway.inbound import Inbound
from bot.gateway.language import decide_language
from bot.gateway.problems import Problem
from bot.gateway.turns import Stored
from bot.gateway.wiring import Gateway
from bot.telephony.messages import STATUS_PATH
from wallet_core import (
    contacts,
    customers,
    outgoing_texts,
    owed_texts,
    text_opt_outs,
    text_threads,
    verification,
)
from wallet_core.conversations import ConversationView
from wallet_core.errors import StorageUnavailable
from wallet_core.models import Channel, Language, TextState, TextStatus
from wallet_core.webhook_answers import StoredAnswer

log = structlog.get_logger(__name__)

_MESSAGES = "/twilio/messages"
_NOTHING = StoredAnswer(status=200, body=reply([]))
_OPTED_OUT_CODE = 21610
# Refusals that nothing is said to: the text came before with other words, or far too many came.
_UNSAID = frozenset({"message_conflict", "too_many_requests"})


def sms_routes(gateway: Gateway) -> APIRouter:
    """The doors of text messages."""
    routes = APIRouter(tags=["twilio"], include_in_schema=False)
    texting = Texting(gateway)

    @routes.post(_MESSAGES)
    async def receive_text(fields: FromTwilio) -> Response:
        return Response(await texting.answer(fields), media_type="application/xml")

    @routes.post(STATUS_PATH)
    async def follow_text(request: Request, fields: FromTwilio) -> Response:
        await texting.follow(fields, request.query_params.get("text", ""))
        return Response(status_code=204)

    return routes


class LeftToWorker(Exception):
    """The text was stored, and then the records were away: its answer is owed, and goes out when they are back."""


class Texting:
    """Answers texts, and keeps account of how ours fare."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._storage = gateway.storage
        self._clock = gateway.clock
        self._settings = gateway.settings

    async def answer(self, fields: Fields) -> str:
        """The TwiML for a text that came in."""
        account = self._gateway.account
        try:
            text = understand(fields, our_numbers={account.number} if account else ())
            # Not a word to a flood: whoever sends that much may be a machine that answers every answer.
            if not await self._gateway.limits.takes_text(text.theirs):
                raise Ignored("flood")
        except Ignored as ignored:
            self._count(ignored.reason)
            return _NOTHING.body
        try:
            answer = await self._gateway.once.answer(
                f"messages:{text.sid}", make=lambda held: self._make(text, held), meanwhile=_NOTHING
            )
        except LeftToWorker:
            return _NOTHING.body
        except StorageUnavailable:
            return self._say("utter_problem_storage_unavailable", _guessed(text), "storage_unavailable").body
        except Exception as fault:  # noqa: BLE001 - somebody always answers, whatever broke
            log.error("sms.failed", fault=type(fault).__name__, where=where_it_broke(fault))
            return self._say("utter_problem_internal_error", _guessed(text), "fault").body
        return answer.body

    async def follow(self, fields: Fields, text_id: str) -> None:
        """Note what Twilio reports of a text of ours. A report that comes again, or late, changes nothing."""
        sid, told = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
        if told not in tuple(TextStatus) or not is_message_sid(sid):
            self._gateway.metrics.text_reports.labels("unknown").inc()
            return
        code = fields.get("ErrorCode", "")
        error_code = int(code) if code.isdecimal() else None
        self._gateway.metrics.text_reports.labels(told).inc()

        def note(session: Session) -> None:
            now = self._clock.now()
            outgoing_texts.report(
                session,
                sid=sid,
                status=TextStatus(told),
                error_code=error_code,
                now=now,
                text_id=int(text_id) if text_id.isdecimal() and len(text_id) < 10 else None,
            )
            if error_code == _OPTED_OUT_CODE and is_number(fields.get("To", "")):
                text_opt_outs.opt_out(session, number=fields["To"], now=now)

        await self._storage.write(note)

    async def _make(self, text: Text, held: Held) -> StoredAnswer:
        if text.wish is not None:
            return await self._consent(text)
        if guard.is_empty(text.body):
            name = "picture" if text.pictures else "empty"
            return self._say(f"utter_sms_{name}", await self._language(text), name)
        if len(text.body) > guard.LONGEST_TEXT:
            return self._say("utter_problem_text_too_long", await self._language(text), "too_long")
        try:
            entered = await self._storage.write(lambda session: self._enter(session, text))
        except Ignored as ignored:
            self._count(ignored.reason)
            return _NOTHING
        if entered.unwanted:
            return self._say("utter_sms_opted_out_hint", entered.conversation.language, "opted_out")
        if entered.returned:
            return self._say("utter_sms_opted_in", entered.conversation.language, "start")
        return await self._turn(text, entered.conversation, held)

    # What somebody wants with texts from us

    async def _consent(self, text: Text) -> StoredAnswer:
        """Twilio has answered its own words, and after STOP lets nothing of ours through."""
        wish = text.wish
        assert wish is not None

        def note(session: Session) -> None:
            change = {Consent.STOP: text_opt_outs.opt_out, Consent.START: text_opt_outs.opt_in}.get(wish.consent)
            if change is not None:
                change(session, number=text.theirs, now=self._clock.now())

        await self._storage.write(note)
        if wish.consent is Consent.HELP and not wish.answered:
            # The word is the same in both languages, and who asks for help shall be able to read it.
            first, second = (Language.ZH, Language.EN) if wish.language is Language.ZH else (Language.EN, Language.ZH)
            return self._say("utter_sms_help", first, "help", also=second)
        if wish.by_twilio:
            self._count(wish.consent.lower())
            return _NOTHING
        name = "utter_sms_opted_out" if wish.consent is Consent.STOP else "utter_sms_opted_in"
        return self._say(name, wish.language, wish.consent.lower())

    # The turn

    def _enter(self, session: Session, text: Text) -> Entered:
        if contacts.is_official(session, number=text.theirs) is not None:
            raise Ignored("our_own")
        now = self._clock.now()
        conversation = text_threads.enter_thread(
            session,
            theirs=text.theirs,
            ours=text.ours,
            language=_guessed(text),
            idle=self._settings.text_idle,
            now=now,
            random=self._gateway.random,
        )
        if not text_opt_outs.is_opted_out(session, number=text.theirs):
            return Entered(conversation)
        if text.body.strip().upper() == "YES":  # so Twilio takes it, too
            text_opt_outs.opt_in(session, number=text.theirs, now=now)
            return Entered(conversation, returned=True)
        # They wrote to us all the same: they are told how to come back, and nothing keeps them from freezing.
        asked = verification.current_challenge(session, conversation_id=conversation.id, now=now)
        return Entered(conversation, unwanted=asked is None and not guard.asks_for_freeze(guard.clean(text.body)))

    async def _turn(self, text: Text, conversation: ConversationView, held: Held) -> StoredAnswer:
        inbound = Inbound(text.sid, text=text.body, number=text.theirs)
        try:
            stored = await self._gateway.turns.receive_from_channel(conversation_id=conversation.id, inbound=inbound)
        except Problem as refusal:
            if refusal.code == StorageUnavailable.code:
                raise StorageUnavailable() from refusal
            if refusal.code not in _UNSAID:
                return self._say("utter_problem_internal_error", conversation.language, "refused")
            self._count(refusal.code)
            return _NOTHING
        try:
            return await self._answered(stored, held)
        except StorageUnavailable as failure:
            self._count("late")
            raise LeftToWorker() from failure

    async def _answered(self, stored: Stored, held: Held) -> StoredAnswer:
        conversation_id, turns = stored.conversation_id, self._gateway.turns
        if stored.answer is None and not await turns.answered(
            conversation_id=conversation_id,
            message_id=stored.message_id,
            seconds=self._settings.text_deadline_seconds,
        ):
            self._count("late")
            await self._storage.write(
                lambda session: owed_texts.hurry(session, conversation_id=conversation_id, now=self._clock.now())
            )
            return _NOTHING
        answer = await self._storage.write(lambda session: self._collect(session, conversation_id, held))
        self._count("answered")
        return answer

    def _collect(self, session: Session, conversation_id: str, held: Held) -> StoredAnswer:
        """What the conversation is owed, as the webhook's answer; both are kept, or neither."""
        texts = take_texts(session, conversation_id=conversation_id, state=TextState.SENT, now=self._clock.now())
        account = self._gateway.account
        base = account.public_base_url if account else ""
        body = reply(
            [text.body for text in texts], status_urls=[f"{base}{STATUS_PATH}?text={text.id}" for text in texts]
        )
        return held.keep(session, StoredAnswer(status=200, body=body))

    # Words of our own, outside of any conversation

    async def _language(self, text: Text) -> Language:
        owner = await self._storage.read(lambda session: customers.find_by_phone(session, number=text.theirs))
        return owner.language if owner else likely_language(text.theirs)

    def _say(self, name: str, language: Language, outcome: str, *, also: Language | None = None) -> StoredAnswer:
        self._count(outcome)
        words = [
            self._gateway.texts.render(name, language=spoken, channel=Channel.SMS).text
            for spoken in (language, also)
            if spoken is not None
        ]
        return StoredAnswer(status=200, body=reply(fit("\n".join(words))))

    def _count(self, outcome: str) -> None:
        self._gateway.metrics.texts.labels(outcome).inc()


def _guessed(text: Text) -> Language:
    """What language a stranger reads."""
    return decide_language(text.body, likely_language(text.theirs))


@dataclass(frozen=True)
class Entered:
    """The conversation of a text. `unwanted`: they opted out of texts; `returned`: they just came back."""

    conversation: ConversationView
    unwanted: bool = False
    returned: bool = False
