"""What is texted is short, and what is spoken can be spoken: replies in the wording of their channel."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.test_languages import LANGUAGES, domain, language_of, placeholders

# A text message takes 153 characters of the phones' own alphabet, else 67 of any; two of them are enough.
_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
_LONGEST_SMS = {"zh": 2 * 67, "en": 2 * 153}
# A quarter of a minute of speech.
_LONGEST_SPOKEN = {"zh": 90, "en": 240}
_SENTENCES = 2
_SENTENCE_END = re.compile(r"[.!?](?=\s|$|[\"”])|[。！？]")
# A voice reads these out by their names, or not at all.
_UNSPOKEN = re.compile(r"[•→←>*#|=~_/\\<\[\]@&%]|https?:|www\.|\{email\}")
# Choices are read separately, and nobody has a screen before them.
_ON_A_SCREEN = re.compile(r"\b(?:click|tap|button|below)\b|点一下|点击|点开|按钮|下面|下方|上面", re.IGNORECASE)

# Only a screen shows these.
_WEB_ONLY = ("utter_problem_", "utter_welcome", "utter_error_button_not_offered")

CHANNELLED = [
    (name, channel)
    for name, variations in sorted(domain()["responses"].items())
    for channel in sorted({v["channel"] for v in variations if "channel" in v})
]
_TEXTED_OR_MAILED = ("utter_notice_", "utter_sms_")
# Menus and calls of our own, which tell one step after the other, and hold music's words.
_STEP_BY_STEP = (
    "utter_voice_",
    "utter_callback_call_",
    "utter_confirmation_call_",
    "utter_handover_",
    "utter_queue_",
    "utter_agent_",
)
ON_EVERY_CHANNEL = [name for name in sorted(domain()["responses"]) if not name.startswith(_WEB_ONLY)]


def variation_of(name: str, language: str, channel: str) -> dict[str, Any]:
    """The one that goes out: the channel's own, else the common one."""
    fitting = [v for v in domain()["responses"][name] if language_of(v) == language]
    own = [v for v in fitting if v.get("channel") == channel]
    return (own or [v for v in fitting if "channel" not in v])[0]


@pytest.mark.parametrize(("name", "channel"), CHANNELLED)
def test_a_channels_own_wording_exists_in_both_languages_and_offers_the_same(name: str, channel: str) -> None:
    own = [v for v in domain()["responses"][name] if v.get("channel") == channel]

    assert sorted(language_of(v) or "" for v in own) == sorted(LANGUAGES)
    assert len({frozenset(placeholders(v["text"])) for v in own}) == 1
    for variation in own:
        common = variation_of(name, language_of(variation) or "", "web")
        assert placeholders(variation["text"]) <= placeholders(common["text"])
        assert variation.get("buttons", []) == common.get("buttons", [])


@pytest.mark.parametrize("name", [name for name in ON_EVERY_CHANNEL if not name.startswith(_TEXTED_OR_MAILED)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_spoken_is_two_short_sentences_without_symbols_or_a_screen(name: str, language: str) -> None:
    spoken = variation_of(name, language, "voice")["text"]
    words = re.sub(r"\{(?!email)\w+\}", "", spoken)

    assert not _UNSPOKEN.findall(words), spoken
    assert not _ON_A_SCREEN.findall(words), spoken
    assert len(_SENTENCE_END.findall(spoken)) <= _SENTENCES or name.startswith(_STEP_BY_STEP), spoken
    assert len(spoken_length(spoken)) <= _LONGEST_SPOKEN[language], spoken


@pytest.mark.parametrize("name", ON_EVERY_CHANNEL)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_texted_is_at_most_two_messages_long(name: str, language: str) -> None:
    texted = variation_of(name, language, "sms")["text"]

    assert len(spoken_length(texted)) <= _LONGEST_SMS[language], texted


@pytest.mark.parametrize("name", [name for name, channel in CHANNELLED if channel == "sms"])
def test_an_english_text_message_keeps_to_the_alphabet_that_makes_it_cheap(name: str) -> None:
    texted = variation_of(name, "en", "sms")["text"]

    assert set(texted) <= _GSM_7, set(texted) - _GSM_7


@pytest.mark.parametrize("name", sorted(domain()["responses"]))
def test_each_button_leads_to_a_topic_that_exists(name: str) -> None:
    for variation in domain()["responses"][name]:
        for button in variation.get("buttons", []):
            topic = re.match(r"/(\w+)", button["payload"])
            assert topic is None or topic.group(1) in domain()["intents"], button["payload"]


def spoken_length(text: str) -> str:
    """The text with each fact about as long as it usually is."""
    return re.sub(r"\{\w+\}", "12345678", text)
