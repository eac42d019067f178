"""Choosing the language of a call, and changing it in the middle."""

from __future__ import annotations

from bot.gateway.channels.voice_answers import offer_ways
from bot.gateway.channels.voice_menus import menu, say_menu
from bot.gateway.channels.voice_stage import Stage
from wallet_core import transcripts
from wallet_core.models import CallState, Language, Role
from wallet_core.transcripts import Button

_KEY_OF = {"1": Language.EN, "2": Language.ZH}
# What the phone itself asks in a state; all else was asked by a reply in the transcript.
_ASKED_IN = {
    CallState.PROVING_FACT: "utter_voice_ask_fact",
    CallState.NAMING_WALLET: "utter_voice_name_wallet",
    CallState.LEAVING_NUMBER: "utter_voice_ask_number",
    CallState.RATING: "utter_voice_rate",
}
_CODE_MINUTES = 10


def chosen_by(keys: str) -> Language | None:
    """The language that a key stands for in the greeting."""
    return _KEY_OF.get(keys)


def other(language: Language) -> Language:
    return Language.EN if language is Language.ZH else Language.ZH


def choose(stage: Stage, language: Language) -> str:
    """Take the turn: go on in the language that was chosen first."""
    stage.speak(language)
    say_menu(stage)
    return stage.keep(CallState.TALKING)


def switch(stage: Stage, language: Language) -> str:
    """Take the turn: what was asked last is asked in this language, as far as its words are known in it."""
    call = stage.call
    stage.speak(language)
    stage.say("utter_voice_language")
    if call.state in _ASKED_IN:
        stage.say(_ASKED_IN[call.state])
    elif call.state is CallState.PROVING_CODE:
        stage.offer("utter_voice_ask_code", entry=call.scene.entry, minutes=_CODE_MINUTES)
    elif not _ask_again(stage):
        return menu(stage)
    state = CallState.TALKING if call.state is CallState.CONFIRMING else call.state
    kept = call.scene
    return stage.keep(state, entry=kept.entry, purpose=kept.purpose, wish=kept.wish)


def _ask_again(stage: Stage) -> bool:
    """Say our last replies; those whose facts were in the words of the other language are passed over."""
    last = transcripts.last_from_customer(stage.session, conversation_id=stage.conversation.id)
    lines = transcripts.messages_after(stage.session, conversation_id=stage.conversation.id, after=last)
    names: set[str] = set()
    buttons: list[Button] = []
    for line in lines:
        if line.role is not Role.BOT or line.name is None or line.name == "utter_voice_menu":
            continue
        try:
            words = stage.parts.texts.render(line.name, language=stage.language, channel=stage.conversation.channel)
        except KeyError:
            continue
        stage.tell(words.text, stage.language)
        titles = {payload: title for title, payload in words.buttons}
        buttons += [one.model_copy(update={"title": titles.get(one.payload, one.title)}) for one in line.buttons]
        names.add(line.name)
    if names:
        offer_ways(stage, names, buttons, stage.call.scene.entry)
    return bool(names)
