"""The menu, and how a caller who is silent or not understood is led to it, and then to a person."""

from __future__ import annotations

from bot.gateway.channels.voice_people import connect_to_person
from bot.gateway.channels.voice_stage import Stage
from bot.gateway.channels.voice_steps import Step, Wait
from wallet_core.models import CallState


def say_menu(stage: Stage) -> None:
    stage.say("utter_voice_how_can_i_help")
    stage.offer_menu()


def menu(stage: Stage) -> str:
    """Take the turn: the caller hears what there is."""
    stage.settle_language()
    say_menu(stage)
    return stage.keep(CallState.TALKING)


def silence(stage: Stage) -> Step:
    """Ask again, then by key, then offer a person, then hang up; where an answer is waited for, wait on."""
    call = stage.call
    if call.state is CallState.WAITING and call.scene.waits_for is not None:
        return Wait(call.conversation_id, call.scene.waits_for)
    silences = call.silences + 1
    if silences == 1 or (silences == 2 and call.scene.entry is not None):
        stage.say("utter_voice_silence")
        return stage.keep_asking(silences=silences)
    if silences == 2:
        return _menu_by_key(stage, silences=silences)
    if silences == 3:
        stage.say("utter_voice_silence")
        stage.offer("utter_voice_offer_person")
        return stage.keep(CallState.TALKING, silences=silences)
    stage.say("utter_voice_gone")
    return stage.hang_up(silences=silences)


def miss(stage: Stage, name: str) -> str:
    """What was pressed or said cannot be used: say so and ask again, then by key, then a person."""
    if stage.call.misses:
        return missed_again(stage)
    stage.say(name)
    return stage.keep_asking(misses=1)


def missed_again(stage: Stage) -> str:
    """The second thing in a row that was not understood, or the third."""
    misses = stage.call.misses + 1
    if misses == 2:
        return _menu_by_key(stage, misses=misses)
    stage.settle_language()
    stage.say("utter_voice_third_miss")
    return connect_to_person(stage)


def _menu_by_key(stage: Stage, **counts: int) -> str:
    stage.settle_language()
    stage.say("utter_voice_by_key")
    stage.offer_menu()
    return stage.keep(CallState.TALKING, **counts)
