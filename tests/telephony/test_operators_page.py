"""The operator's page tells of every setting of the phone, and of none that does not exist."""

from __future__ import annotations

import re

import pytest

from bot.gateway.texts import Texts
from bot.settings import PROJECT, Settings
from bot.telephony.checkup import CALL_STATUS_PATH, CALLS_PATH, TEXTS_PATH
from bot.telephony.segments import count_segments, plain
from wallet_core.models import Channel, Language

PAGE = (PROJECT / "docs" / "twilio.md").read_text(encoding="utf-8")
TEXTS = Texts.load(PROJECT / "bot" / "rasa" / "domain")
NOTICES = sorted(name for name in TEXTS._responses if name.startswith("utter_notice_"))


# What else is set for the phone: our own address, the pace and reach of calls, the line of waiting callers, the survey.
LINE = {
    "public_base_url",
    "calls_per_second",
    "ring_seconds",
    "agent_ring_seconds",
    "call_countries",
    "reminder_minutes",
    "calls_waiting_max",
    "longest_wait_minutes",
    "hold_music_url",
    "survey_every_days",
}


def test_every_setting_of_the_phone_is_described_and_no_other() -> None:
    told = {name.lower() for name in re.findall(r"`WALLET_(\w+)`", PAGE)}
    phone = {name for name in Settings.model_fields if name.startswith("twilio_")} | LINE

    assert told == phone


def test_the_webhooks_are_those_that_the_doctor_looks_for() -> None:
    assert set(re.findall(r"`https://…(/\S+)`", PAGE)) == {TEXTS_PATH, CALLS_PATH, CALL_STATUS_PATH}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_costs_what_the_page_says(name: str, language: Language) -> None:
    facts = {
        "reference": "FRZ-2222222",
        "freeze": "FRZ-2222222",
        "ticket": "T-2222222",
        "minutes": "30",
        "masked": "+1 ••••••••23",
    }
    words = TEXTS.render(name, language=language, channel=Channel.SMS, **facts)
    dear = (name, language) == ("utter_notice_freeze_protective", Language.EN)

    assert count_segments(plain(words.text)) == (2 if dear else 1)
