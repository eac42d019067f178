"""How good the help was: one question by key before a call's goodbye, which nobody has to answer."""

from __future__ import annotations

from bot.gateway.channels.voice_stage import Stage
from wallet_core import ratings, surveys
from wallet_core.models import CallState

_SCORES = {str(score): score for score in ratings.SCORES}


def part(stage: Stage) -> str:
    """Take the turn: ask where the caller may be asked, else say goodbye and hang up."""
    asked = surveys.ask_in_call(
        stage.session,
        conversation_id=stage.conversation.id,
        number=stage.call.number,
        every=stage.parts.survey_every,
        now=stage.now,
    )
    if asked is None:
        return say_goodbye(stage)
    stage.say("utter_voice_rate")
    return stage.keep(CallState.RATING, purpose=str(asked.id))


def take_score(stage: Stage, keys: str) -> str:
    """Take the turn: keep the score, where the key is one, and hang up."""
    score, survey_id = _SCORES.get(keys), stage.call.scene.purpose
    if score is not None and survey_id is not None:
        surveys.answer(
            stage.session,
            survey_id=int(survey_id),
            conversation_id=stage.conversation.id,
            score=score,
            now=stage.now,
        )
        stage.say("utter_voice_rated")
    return say_goodbye(stage)


def say_goodbye(stage: Stage) -> str:
    """Take the turn, the last one."""
    stage.say("utter_goodbye")
    return stage.hang_up()
