"""One turn of a call, within a transaction: what is said, what may be pressed or said next, and the document of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.gateway.direct import Direct
from bot.gateway.replies import OWN_PAYLOAD, Replies
from bot.gateway.texts import Texts
from bot.telephony.twiml import Ask, Spoken, document, line_document
from wallet_core import calls, conversations, transcripts, verification
from wallet_core.attempts import Ways
from wallet_core.calls import CallView, Line, Option, Scene
from wallet_core.models import CallState, Channel, Language, Role
from wallet_core.numbers import country_of
from wallet_core.ports import Random
from wallet_core.references import parse_reference
from wallet_core.routing import Routing
from wallet_core.transcripts import Button, Reply

# The phone's own buttons: what they do needs no Rasa.
FREEZE, PERSON, HOURS, MENU = "freeze_by_phone", "a_person", "opening_hours", "main_menu"
THIS_NUMBER = "this_number"
PROVE, CODE_AGAIN, NO_CODE = "prove_by_code", "code_again", "no_code"
HEARD_RIGHT, HEARD_WRONG = "heard_right", "heard_wrong"

# Keys that mean the same at any time.
PERSON_KEY, MENU_KEY, LANGUAGE_KEY, AGAIN_KEYS = "0", "7", "8", frozenset("9*")
_MOST_OPTIONS = 6

# What is entered by keypad in several digits. Codes and facts by keypad alone: they are not to be said aloud.
CODE, FACT, NUMBER = "code", "fact", "number"
SECRET = frozenset({CODE, FACT})
_CODE_LENGTH = 6

_ENDS = "?？!！.。…"
_CHINESE_SPEAKING = frozenset({"CN", "HK", "TW", "MO"})

_TURN_PATH = "/twilio/voice/turn?turn="
_PATIENCE, _PATIENCE_FOR_KEYS, _PATIENCE_WHILE_WAITING = 6, 10, 1


@dataclass(frozen=True)
class Parts:
    """What turns are made with.

    `hints` help the recogniser, by language; so many callers wait in one line at most; customers are called back in
    these `countries`; `survey_every`: a customer is asked at most once in it how good our help was; None: never.
    """

    texts: Texts
    replies: Replies
    direct: Direct
    routing: Routing
    random: Random
    secret_key: str
    base_url: str
    hints: dict[Language, tuple[str, ...]]
    most_waiting: int
    countries: frozenset[str]
    survey_every: timedelta | None


class Stage:
    def __init__(self, parts: Parts, session: Session, call: CallView, now: datetime) -> None:
        self.parts = parts
        self.session = session
        self.call = call
        self.now = now
        self.conversation = conversations.get_conversation(session, conversation_id=call.conversation_id)
        self.language = call.language or self.conversation.language
        self.lines: list[Line] = []
        self.options: list[Option] = []
        self.told = call.scene.told

    @property
    def ways(self) -> Ways:
        """How an answer of this caller comes, for the counting of wrong ones."""
        return Ways(conversation_id=self.conversation.id, number=self.call.number)

    @property
    def identity(self) -> str:
        """Of what is asked in this turn: the same webhook again asks the same."""
        return f"{self.call.sid}:{self.call.turn}"

    # Language

    def speak(self, language: Language) -> None:
        """Go on in this language."""
        self.language = language
        conversations.set_language(self.session, conversation_id=self.conversation.id, language=language)
        self.call = self.call.model_copy(update={"language": language})

    def settle_language(self) -> None:
        """Where none was chosen, the one of the caller's country."""
        if self.call.language is None:
            self.speak(likely_language(self.call))

    # Saying

    def say(self, name: str, *, language: Language | None = None, slow: bool = False, **facts: Any) -> None:
        """Say one of our replies."""
        spoken = language or self.language
        words = self.parts.texts.render(name, language=spoken, channel=Channel.VOICE, **facts)
        self.lines.append(Line(text=words.text, language=spoken, slow=slow))

    def tell(self, text: str, language: Language, receipts: Sequence[str] = ()) -> None:
        """Say what is in the transcript; receipts once more, slowly, to be written down."""
        if text.strip():
            self.lines.append(Line(text=text, language=language))
        for receipt in filter(parse_reference, receipts):
            self.say("utter_voice_receipt", slow=True, reference=receipt)

    def offer(self, name: str, *, entry: str | None = None, words_last: bool = False, **facts: Any) -> None:
        """Say a reply and what its buttons are called; where Rasa is to understand one, the transcript holds it."""
        reply = self.own(name, **facts)
        if any(not button.payload.startswith(OWN_PAYLOAD) for button in reply.buttons):
            self.note(reply)
        if not words_last:
            self.tell(reply.text, reply.language)
        self.offer_buttons(reply.buttons, entry=entry)
        if words_last:
            self.tell(reply.text, reply.language)

    def offer_menu(self, name: str = "utter_voice_menu") -> None:
        """The menu; where to find a person comes last."""
        self.offer(name, words_last=True)

    def offer_buttons(self, buttons: Iterable[Button], *, entry: str | None = None) -> None:
        """Say which key stands for which button; no more than one can keep in mind."""
        name = "utter_voice_option_hash" if entry else "utter_voice_option"
        for button in buttons:
            own = PERSON if button.payload == "/talk_to_human" else button.id
            if len(self.options) == _MOST_OPTIONS or own in {option.button for option in self.options}:
                continue
            option = Option(key=str(len(self.options) + 1), title=button.title, button=own)
            self.options.append(option)
            self.say(name, title=option.title.rstrip(_ENDS), key=option.key)

    def reply(self, name: str, *, receipts: Sequence[str] = (), **facts: Any) -> None:
        """Say a reply that the transcript holds too, with what it is the proof of."""
        reply = self.own(name, receipts=receipts, **facts)
        self.note(reply)
        self.tell(reply.text, reply.language, reply.receipts)

    def own(self, name: str, **facts: Any) -> Reply:
        return self.parts.replies.own(
            name, language=self.language, channel=Channel.VOICE, signed_in=self.conversation.signed_in, **facts
        )

    def note(self, reply: Reply) -> None:
        """Put a reply into the transcript; it counts as told."""
        stored = transcripts.append_message(
            self.session, conversation_id=self.conversation.id, role=Role.BOT, reply=reply, now=self.now
        )
        self.told = stored.id

    # Going on

    def keep(self, state: CallState, *, misses: int = 0, silences: int = 0, **scene: Any) -> str:
        """Take the turn: the caller hears what was said here, and is asked what `state` asks for.

        Args:
            scene: see `calls.Scene`; what is not named is forgotten.
        """
        if scene.get("entry") not in SECRET and state not in (CallState.WAITING, CallState.CONFIRMING):
            self._stop_asking_for_secrets()
        self.call = calls.move_on(
            self.session,
            sid=self.call.sid,
            turn=self.call.turn,
            language=self.language if state is not CallState.CHOOSING_LANGUAGE else self.call.language,
            state=state,
            misses=misses,
            silences=silences,
            scene=Scene(
                said=tuple(self.lines),
                options=tuple(self.options),
                told=self.told,
                keys=self.call.scene.keys,
                **scene,
            ),
        )
        return document_of(self.parts, self.call)

    def set_scene(self, state: CallState) -> str:
        """Begin the call with what was said here; its first turn comes next."""
        scene = Scene(said=tuple(self.lines), options=tuple(self.options), told=self.told)
        self.call = calls.set_scene(self.session, sid=self.call.sid, state=state, scene=scene)
        return document_of(self.parts, self.call)

    def _stop_asking_for_secrets(self) -> None:
        """What the caller may say aloud from here on must not be taken for a code or a fact."""
        asked = verification.current_challenge(self.session, conversation_id=self.conversation.id, now=self.now)
        if asked is not None:
            verification.close_challenge(self.session, conversation_id=self.conversation.id, now=self.now)

    def keep_asking(self, *, misses: int | None = None, silences: int = 0) -> str:
        """Take the turn, but the question stays: what was said here comes before it, this once."""
        call = self.call
        self.call = calls.move_on(
            self.session,
            sid=call.sid,
            turn=call.turn,
            language=call.language,
            misses=call.misses if misses is None else misses,
            silences=silences,
        )
        return document_of(self.parts, self.call, before=self.lines)

    def hang_up(self, *, silences: int = 0) -> str:
        """Take the turn, the last one."""
        self.options = []
        self.keep(CallState.TALKING, silences=silences)
        self.call = calls.end_call(self.session, sid=self.call.sid, now=self.now)
        return document_of(self.parts, self.call)


def likely_language(call: CallView) -> Language:
    """What is spoken where the caller's number comes from."""
    return Language.ZH if country_of(call.number or "") in _CHINESE_SPEAKING else Language.EN


def document_of(parts: Parts, call: CallView, *, before: Sequence[Line] = ()) -> str:
    """The document in which a call stands: what was said last, and what is asked."""
    said = [Spoken(line.text, line.language, line.slow) for line in [*before, *call.scene.said]]
    if call.over:
        return document(said)
    if call.state is CallState.IN_LINE and call.scene.purpose is not None:
        line = f"{parts.base_url}/twilio/line/{call.scene.purpose}"
        return line_document(
            said,
            place=call.scene.purpose,
            wait=f"{line}/wait?visit={call.turn}&turn=1",
            then=f"{line}/ended?turn={call.turn}",
        )
    action = f"{parts.base_url}{_TURN_PATH}{call.turn}"
    language = call.language or likely_language(call)
    entry = call.scene.entry
    if call.state is CallState.RATING:
        return document(said, ask=Ask(action, language, speech=False, timeout=_PATIENCE))
    if call.state is CallState.WAITING:
        ask = Ask(action, language, speech=False, timeout=_PATIENCE_WHILE_WAITING)
        return document(said, ask=ask, then=action)
    if entry is None:
        hints = (*(option.title for option in call.scene.options), *parts.hints[language])
        return document(said, ask=Ask(action, language, timeout=_PATIENCE, hints=hints))
    digits = _CODE_LENGTH if entry == CODE else None
    spoken = entry not in SECRET and call.state is CallState.TALKING
    return document(said, ask=Ask(action, language, speech=spoken, digits=digits, timeout=_PATIENCE_FOR_KEYS))
