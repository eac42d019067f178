"""What is made of each thing a caller presses or says; all of it within one transaction, and without Rasa.

What Rasa is to answer, what is to be waited for and what is judged elsewhere is handed back as a step to take next.
"""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy.orm import Session

from bot.gateway import guard, redact
from bot.gateway.channels import voice_hearing as hearing
from bot.gateway.channels import voice_languages as languages
from bot.gateway.channels import voice_menus as menus
from bot.gateway.channels import voice_proof as proof
from bot.gateway.channels import voice_rating as rating
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
    THIS_NUMBER,
    Parts,
    Stage,
    document_of,
)
from bot.gateway.channels.voice_steps import CodeKeyed, FreezeNow, Step, to_assistant
from bot.gateway.language import decide_language
from wallet_core import calls
from wallet_core.calls import CallView, Option
from wallet_core.models import CallState, Language

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
        stage.say("utter_voice_other_language", language=languages.other(call.language))
        menus.say_menu(stage)
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
        if call.state is CallState.RATING and heard.keys is None:
            return rating.say_goodbye(stage)
        if heard.silent:
            return menus.silence(stage)
        if heard.keys is not None:
            shown = heard.keys if len(heard.keys) == 1 and call.scene.entry not in SECRET else _HIDDEN_KEYS
            stage.call = calls.note_keys(session, sid=sid, keys=shown)
        return _keys(stage, heard.keys) if heard.keys is not None else _words(stage, heard)


def _again(stage: Stage) -> str:
    if not stage.call.scene.said:
        stage.say("utter_voice_nothing_to_repeat")
    return stage.keep_asking()


# Keys


def _keys(stage: Stage, keys: str) -> Step:
    call, entry = stage.call, stage.call.scene.entry
    language = languages.chosen_by(keys)
    if call.state is CallState.CHOOSING_LANGUAGE and language is not None:
        return languages.choose(stage, language)
    if keys == PERSON_KEY:
        stage.settle_language()
        return connect_to_person(stage)
    if call.state is CallState.WAITING:
        return menus.silence(stage)
    if keys in AGAIN_KEYS:
        return _again(stage)
    if call.state is CallState.RATING and keys not in (MENU_KEY, LANGUAGE_KEY):
        return rating.take_score(stage, keys)
    if keys == MENU_KEY:
        return menus.menu(stage)
    if keys == LANGUAGE_KEY:
        stage.settle_language()
        return languages.switch(stage, languages.other(stage.language))
    option = next((option for option in call.scene.options if option.key == keys), None)
    if option is not None:
        return _press(stage, option)
    if entry is not None and (len(keys) > 1 or keys == "#"):
        return _entered(stage, keys, entry)
    return menus.miss(stage, "utter_voice_unknown_key")


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
        return menus.menu(stage)
    if option.button == PROVE:
        return proof.begin_proof(stage, wish)
    if option.button == CODE_AGAIN:
        return proof.ask_code(stage, wish)
    if option.button == NO_CODE:
        return proof.leave_proof(stage)
    if option.button == THIS_NUMBER:
        return to_assistant(stage, text=stage.call.number)
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
        return menus.silence(stage)
    if call.scene.entry in SECRET or call.state in (CallState.NAMING_WALLET, CallState.LEAVING_NUMBER):
        stage.say("utter_voice_use_keypad")  # and not a word of what was said is kept
        return stage.keep_asking()
    if heard.unclear:
        return menus.miss(stage, "utter_voice_not_clear")
    language = hearing.asks_for_language(words)
    if language is not None:
        return languages.choose(stage, language) if call.language is None else languages.switch(stage, language)
    if call.language is None:
        stage.speak(decide_language(words, None))
    if hearing.asks_for_person(words):
        return connect_to_person(stage)
    if hearing.asks_again(words):
        return _again(stage)
    if hearing.asks_for_menu(words):
        return menus.menu(stage)
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
