"""The words: chosen as Rasa chooses them, whole in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.gateway import problems
from bot.gateway.texts import Texts
from bot.gateway.wiring import load_texts
from bot.settings import PROJECT, Settings
from wallet_core.models import Channel, Language

_OWN = (PROJECT / "bot" / "rasa" / "domain" / "gateway.yml").read_text(encoding="utf-8")
_OWN_NAMES = re.findall(r"^  (utter_\w+):", _OWN, re.MULTILINE)


def _when(language: str) -> list[dict[str, str]]:
    return [{"type": "slot", "name": "language", "value": language}]


def test_language_and_channel_come_before_channel_before_language_before_neither() -> None:
    variations = [
        {"text": "plain"},
        {"text": "zh", "condition": _when("zh")},
        {"text": "sms", "channel": "sms"},
        {"text": "zh by sms", "channel": "sms", "condition": _when("zh")},
    ]
    texts = Texts({"utter_x": variations})

    def said(language: Language, channel: Channel) -> str:
        return texts.render("utter_x", language=language, channel=channel).text

    assert said(Language.ZH, Channel.SMS) == "zh by sms"
    assert said(Language.EN, Channel.SMS) == "sms"
    assert said(Language.ZH, Channel.WEB) == "zh"
    assert said(Language.EN, Channel.WEB) == "plain"


def test_a_missing_fact_is_an_error_and_never_a_brace_in_front_of_a_customer() -> None:
    texts = Texts({"utter_x": [{"text": "your receipt is {reference}"}]})

    assert texts.render("utter_x", language=Language.EN, reference="T-1").text == "your receipt is T-1"
    with pytest.raises(KeyError):
        texts.render("utter_x", language=Language.EN)


def test_facts_are_put_in_as_they_are() -> None:
    texts = Texts({"utter_x": [{"text": "{a}"}]}, a="{b} %s {0}")

    assert texts.render("utter_x", language=Language.EN).text == "{b} %s {0}"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", _OWN_NAMES)
def test_each_reply_of_ours_is_whole_in_each_language(name: str, language: Language) -> None:
    texts = load_texts(Settings())

    words = texts.render(name, language=language, reference="T-7KM4RXA")

    assert words.text
    assert "{" not in words.text
    assert bool(re.search("[\u4e00-\u9fff]", words.text)) is (language is Language.ZH)
    other = texts.render(name, language=Language.EN if language is Language.ZH else Language.ZH, reference="T-7KM4RXA")
    assert [payload for _, payload in words.buttons] == [payload for _, payload in other.buttons]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", ["utter_freeze_done", "utter_freeze_already", "utter_freeze_needs_sign_in"])
def test_the_freeze_s_words_are_there_for_the_gateway_too(name: str, language: Language) -> None:
    assert load_texts(Settings()).render(name, language=language, reference="FRZ-1").text


def test_what_a_customer_can_run_into_has_words_for_them() -> None:
    texts = load_texts(Settings())
    to_developers = {
        "invalid_request", "invalid_json", "invalid_encoding", "unsupported_media_type", "body_too_large",
        "token_missing", "wrong_token", "unknown_customer", "origin_not_allowed", "not_found", "method_not_allowed", "not_ready",
    }  # fmt: skip

    for code in set(problems.CODES) - to_developers:
        assert texts.has(f"utter_problem_{code}") or texts.has(f"utter_error_{code}"), code


def test_a_folder_of_domain_files_is_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text('version: "3.1"\nresponses:\n  utter_a:\n  - text: one\n')
    (tmp_path / "b.yml").write_text('version: "3.1"\nintents: [x]\n')

    texts = Texts.load(tmp_path)

    assert texts.render("utter_a", language=Language.EN).text == "one"
    assert not texts.has("utter_b")
