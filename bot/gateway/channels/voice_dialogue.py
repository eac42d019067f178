"""What is made of each thing a caller presses or says; all of it within one transaction, and without Rasa.

What Rasa is to answer, what is to be waited for and what is judged elsewhere is handed back as a step to take next.
"""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy.orm import Session

from bot.gateway import guard, redact
from bot.gateway.channels import voice_hearing as hearing
from bot.gateway.channels import voice_proof as proof
from bot.gateway.channels.voice_hearing import Heard
from bot.gateway.channels.voice_people import connect_to_person, take_number
from bot.gateway.channels.voice_stage import (
    AGAIN_KEYS,
    CODE_AGAIN,
    FREEZE,
    HEARD_RIGHT,
    HEARD_WRONG,
    HOURS,
    LANGUAGE_KEY,
    MENU,
    MENU_KEY,
    NO_CODE,
    NUMBER,
    PERSON,
    PERSON_KEY,
    PROVE,
    SECRET,
    Parts,
    Stage,
    document_of,
    likely_language,
)
from bot.gateway.channels.voice_steps import CodeKeyed, FreezeNow, Step, Wait, to_assistant
from bot.gateway.language import decide_language
from wallet_core import calls, conversations, transcripts
from wallet_core.calls import CallView, Option
from wallet_core.models import CallState, Language, Role

_LANGUAGE_KEYS = {"1": Language.EN, "2": Language.ZH}
_YES = re.compile(r"\W*(?:yes|yeah|yep|right|correct|对|對|是|是的|没错|嗯)[\s\S]{0,6}", re.IGNORECASE)
_NO = re.compile(r"\W*(?:no|nope|wrong|不对|不對|不是|错了|没有)[\s\S]{0,6}", re.IGNORECASE)
_HIDDEN_KEYS = "•"
_PLUS_FROM = 8  # keys: a number this long, keyed in without 00, begins with its country's code


class WrongTurn(Exception):
    """Not the turn that is due, nor the one before it: nobody who follows our documents asks for it."""


class Dialogue:
    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def stage(self, session: Session, sid: str, now: datetime) -> Stage:
        return Stage(self.parts, session, calls.get_call(session, sid=sid, lock=True), now)

    def greet(self, session: Session, call: CallView, now: datetime) -> str:
        """The call's first document, which comes before its first turn."""
        stage = Stage(self.parts, session, call, now)
        if call.language is None:
            for name in ("utter_voice_welcome", "utter_voice_choose_language"):
                for language in (Language.EN, Language.ZH):
                    stage.say(name, language=language)
            return stage.set_scene(CallState.CHOOSING_LANGUAGE)
        stage.say("utter_voice_welcome")
        stage.say("utter_voice_other_language", language=_other(call.language))
        _say_menu(stage)
        return stage.set_scene(CallState.TALKING)

    def take(self, session: Session, sid: str, turn: int, heard: Heard, now: datetime) -> Step:
        """What to do with what was heard in that turn.

        Raises:
            NotFound: no such call.
            WrongTurn
        """
        stage = self.stage(session, sid, now)
        call = stage.call
        if call.over or turn == call.turn - 1:
            return document_of(self.parts, call)  # the turn was taken, and its answer got lost
        if turn != call.turn:
            raise WrongTurn()
        if heard.silent:
            return _silence(stage)
        if heard.keys is not None:
            shown = heard.keys if len(heard.keys) == 1 and call.scene.entry not in SECRET else _HIDDEN_KEYS
            stage.call = calls.note_keys(session, sid=sid, keys=shown)
        return _keys(stage, heard.keys) if heard.keys is not None else _words(stage, heard)


# Silence and what is not understood


def _silence(stage: Stage) -> Step:
    call = stage.call
    if call.state is CallState.WAITING and call.scene.waits_for is not None:
        return Wait(call.conversation_id, call.scene.waits_for)
    silences = call.silences + 1
    if silences == 1 or (silences == 2 and call.scene.entry is not None):
        stage.say("utter_voice_silence")
        return stage.keep_asking(silences=silences)
    if silences == 2:
        _settle_language(stage)
        return _menu_by_key(stage, silences=silences)
    if silences == 3:
        stage.say("utter_voice_silence")
        stage.offer("utter_voice_offer_person")
        return stage.keep(CallState.TALKING, silences=silences)
    stage.say("utter_voice_gone")
    return stage.hang_up(silences=silences)


def miss(stage: Stage, name: str) -> str:
    """What was pressed or said cannot be used: once more, then by key, then a person."""
    misses = stage.call.misses + 1
    if misses == 1:
        stage.say(name)
        return stage.keep_asking(misses=misses)
    _settle_language(stage)
    if misses == 2:
        return _menu_by_key(stage, misses=misses)
    stage.say("utter_voice_third_miss")
    return connect_to_person(stage)


def _menu_by_key(stage: Stage, **counts: int) -> str:
    stage.say("utter_voice_by_key")
    stage.offer_menu()
    return stage.keep(CallState.TALKING, **counts)


def show_menu(stage: Stage) -> str:
    """Take the turn: the menu, after what was said already."""
    _settle_language(stage)
    _say_menu(stage)
    return stage.keep(CallState.TALKING)


def _say_menu(stage: Stage) -> None:
    stage.say("utter_voice_how_can_i_help")
    stage.offer_menu()


def _again(stage: Stage) -> str:
    if not stage.call.scene.said:
        stage.say("utter_voice_nothing_to_repeat")
    return stage.keep_asking()


# Keys


def _keys(stage: Stage, keys: str) -> Step:
    call, entry = stage.call, stage.call.scene.entry
    if call.state is CallState.CHOOSING_LANGUAGE and keys in _LANGUAGE_KEYS:
        return _choose_language(stage, _LANGUAGE_KEYS[keys])
    if keys == PERSON_KEY:
        _settle_language(stage)
        return connect_to_person(stage)
    if call.state is CallState.WAITING:
        return _silence(stage)
    if keys in AGAIN_KEYS:
        return _again(stage)
    if keys == MENU_KEY:
        return show_menu(stage)
    if keys == LANGUAGE_KEY:
        _settle_language(stage)
        return switch_language(stage, _other(stage.language))
    option = next((option for option in call.scene.options if option.key == keys), None)
    if option is not None:
        return _press(stage, option)
    if entry is not None and (len(keys) > 1 or keys == "#"):
        return _entered(stage, keys, entry)
    return miss(stage, "utter_voice_unknown_key")


def _entered(stage: Stage, keys: str, entry: str) -> Step:
    state = stage.call.state
    if state is CallState.PROVING_FACT:
        return proof.take_fact(stage, keys) or FreezeNow()
    if state is CallState.PROVING_CODE:
        return CodeKeyed(stage.ways, keys)
    if state is CallState.NAMING_WALLET:
        return proof.take_wallet(stage, keys)
    if state is CallState.LEAVING_NUMBER:
        return take_number(stage, keys)
    if entry == NUMBER and len(keys) >= _PLUS_FROM and not keys.startswith("00"):
        keys = f"+{keys}"
    return to_assistant(stage, text=keys)


def _press(stage: Stage, option: Option) -> Step:
    wish = stage.call.scene.wish
    if option.button == FREEZE:
        return proof.begin_freeze(stage)
    if option.button == PERSON:
        return connect_to_person(stage)
    if option.button == HOURS:
        stage.say("utter_voice_hours")
        return stage.keep_asking(misses=0)
    if option.button == MENU:
        return show_menu(stage)
    if option.button == PROVE:
        return proof.begin_proof(stage, wish)
    if option.button == CODE_AGAIN:
        return proof.ask_code(stage, wish)
    if option.button == NO_CODE:
        return proof.leave_proof(stage)
    if option.button == HEARD_RIGHT:
        return to_assistant(stage, text=stage.call.scene.heard)
    if option.button == HEARD_WRONG:
        stage.say("utter_voice_say_again")
        return stage.keep(CallState.TALKING, misses=stage.call.misses)
    return to_assistant(stage, button=option.button)


# Words


def _words(stage: Stage, heard: Heard) -> Step:
    call, words = stage.call, heard.words or ""
    if call.state is CallState.WAITING:
        return _silence(stage)
    if call.scene.entry in SECRET or call.state in (CallState.NAMING_WALLET, CallState.LEAVING_NUMBER):
        stage.say("utter_voice_use_keypad")  # and not a word of what was said is kept
        return stage.keep_asking()
    if heard.unclear:
        return miss(stage, "utter_voice_not_clear")
    language = hearing.asks_for_language(words)
    if language is not None:
        return _choose_language(stage, language) if call.language is None else switch_language(stage, language)
    if call.language is None:
        _set_language(stage, decide_language(words, None))
    if hearing.asks_for_person(words):
        return connect_to_person(stage)
    if hearing.asks_again(words):
        return _again(stage)
    if hearing.asks_for_menu(words):
        return show_menu(stage)
    if guard.asks_for_freeze(words):
        return proof.begin_freeze(stage)
    option = hearing.option_meant(words, call.scene.options)
    if option is not None:
        return _press(stage, option)
    if call.state is CallState.CONFIRMING and (_YES.fullmatch(words) or _NO.fullmatch(words)):
        right = HEARD_RIGHT if _YES.fullmatch(words) else HEARD_WRONG
        return _press(stage, Option(key="", title="", button=right))
    if heard.doubtful and call.state is not CallState.CONFIRMING:
        masked = redact.mask(guard.clean(words))
        stage.offer("utter_voice_did_you_say", heard=masked)
        return stage.keep(CallState.CONFIRMING, misses=call.misses, heard=masked, wish=call.scene.wish)
    return to_assistant(stage, text=words)


# Languages


def _other(language: Language) -> Language:
    return Language.EN if language is Language.ZH else Language.ZH


def _set_language(stage: Stage, language: Language) -> None:
    stage.language = language
    conversations.set_language(stage.session, conversation_id=stage.conversation.id, language=language)
    stage.call = stage.call.model_copy(update={"language": language})


def _settle_language(stage: Stage) -> None:
    """Where none was chosen, the one of the caller's country."""
    if stage.call.language is None:
        _set_language(stage, likely_language(stage.call))


def _choose_language(stage: Stage, language: Language) -> str:
    _set_language(stage, language)
    _say_menu(stage)
    return stage.keep(CallState.TALKING)


def switch_language(stage: Stage, language: Language) -> str:
    """Go on in the other language: what was asked last is asked in it, as far as its words are known."""
    call = stage.call
    _set_language(stage, language)
    stage.say("utter_voice_language")
    own = {
        CallState.PROVING_FACT: "utter_voice_ask_fact",
        CallState.NAMING_WALLET: "utter_voice_name_wallet",
        CallState.LEAVING_NUMBER: "utter_voice_ask_number",
    }.get(call.state)
    if own is not None:
        stage.say(own)
    elif call.state is CallState.PROVING_CODE:
        stage.offer("utter_voice_ask_code", entry=call.scene.entry, minutes=10)
    elif not _ask_again_in(stage, language):
        return show_menu(stage)
    kept = call.scene
    return stage.keep(
        call.state if call.state is not CallState.CONFIRMING else CallState.TALKING,
        entry=kept.entry,
        purpose=kept.purpose,
        wish=kept.wish,
    )


def _ask_again_in(stage: Stage, language: Language) -> bool:
    """Say our last replies in this language; those whose facts were in the old words are passed over."""
    last = transcripts.last_from_customer(stage.session, conversation_id=stage.conversation.id)
    lines = transcripts.messages_after(stage.session, conversation_id=stage.conversation.id, after=last)
    asked = False
    for line in lines:
        if line.role is not Role.BOT or line.name is None or line.name == "utter_voice_menu":
            continue
        try:
            words = stage.parts.texts.render(line.name, language=language, channel=stage.conversation.channel)
        except KeyError:
            continue
        stage.tell(words.text, language)
        titles = dict(zip((b.payload for b in line.buttons), (title for title, _ in words.buttons), strict=False))
        stage.offer_buttons(
            [button.model_copy(update={"title": titles.get(button.payload, button.title)}) for button in line.buttons],
            entry=stage.call.scene.entry,
        )
        asked = True
    return asked
