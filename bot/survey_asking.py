"""Asks by text how good our help was, where a ticket or a chat by text has ended; `send_texts` then sends it."""

from __future__ import annotations

from datetime import timedelta

from bot.gateway.texts import Texts
from wallet_core import surveys
from wallet_core.database import Database
from wallet_core.models import Channel
from wallet_core.ports import Clock
from wallet_core.references import parse_reference
from wallet_core.surveys import SurveyView
from wallet_core.transcripts import Reply


def ask_surveys(database: Database, clock: Clock, texts: Texts, *, every: timedelta | None) -> int:
    """Ask the questions whose moment has come, and give how many that were.

    Args:
        every: a customer is asked at most once in it; None: never.
    """
    now = clock.now()
    with database.transaction() as session:
        due = surveys.take_due(session, every=every, now=now)
        if every is None:
            return 0
        return sum(
            surveys.ask(session, survey_id=survey.id, word=_word(texts, survey), every=every, now=now) for survey in due
        )


def _word(texts: Texts, survey: SurveyView) -> Reply:
    reference = parse_reference(survey.subject)
    name = "utter_sms_survey_ticket" if reference else "utter_sms_survey_chat"
    words = texts.render(name, language=survey.language, channel=Channel.SMS, reference=reference)
    return Reply(text=words.text, language=survey.language, name=name)
