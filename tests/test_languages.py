"""Both languages are whole: whatever a customer may read or say exists in Chinese and in English."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import PROJECT
from wallet_core import errors

HAN = re.compile(r"[\u4e00-\u9fff]")
LANGUAGES = ("zh", "en")
SMALL_TALK = {"greeting", "thanks", "goodbye", "affirm", "deny", "bot_challenge", "change_language", "repeat"}
# Chosen by buttons, or told by the gateway: nobody says them.
BUTTONS_ONLY = frozenset(
    "challenge_passed challenge_failed resend_code code_by_email prove_here another_number move_callback"
    " cancel_callback pick_transaction clarify answer_ticket".split()
)
# Said in one language whoever reads it: the language that was just switched to, and the names of languages.
OF_ONE_LANGUAGE = {"utter_language_changed_to_zh", "utter_language_changed_to_en", "utter_language_unknown"}


@cache
def domain() -> dict[str, Any]:
    whole: dict[str, Any] = {"intents": [], "responses": {}}
    for path in sorted((PROJECT / "bot/rasa/domain").glob("*.yml")):
        part = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        whole["intents"] += part.get("intents") or []
        for name, variations in (part.get("responses") or {}).items():
            assert name not in whole["responses"], f"{name} stands in two files, one of them {path.name}"
            whole["responses"][name] = variations
    return whole


def topics() -> list[str]:
    return sorted(set(domain()["intents"]) - BUTTONS_ONLY)


def language_of(variation: dict[str, Any]) -> str | None:
    conditions = {c["name"]: c["value"] for c in variation.get("condition") or []}
    return conditions.get("language")


def sentences(topic: str, language: str) -> list[str]:
    path = PROJECT / "data/nlu" / language / f"{topic}.yml"
    parts = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
    return [line.removeprefix("- ") for part in parts for line in part["examples"].splitlines() if line.strip()]


@pytest.mark.parametrize("name", sorted(domain()["responses"]))
def test_each_reply_is_there_in_both_languages_and_says_the_same_facts(name: str) -> None:
    by_language = {
        language: [v for v in domain()["responses"][name] if language_of(v) == language and "channel" not in v]
        for language in LANGUAGES
    }

    assert all(len(found) == 1 for found in by_language.values()), f"{name}: one text a language, please"
    zh, en = by_language["zh"][0], by_language["en"][0]
    assert placeholders(zh["text"]) == placeholders(en["text"])
    assert [b["payload"] for b in zh.get("buttons", [])] == [b["payload"] for b in en.get("buttons", [])]


@pytest.mark.parametrize("name", sorted(set(domain()["responses"]) - OF_ONE_LANGUAGE))
def test_each_reply_is_written_in_its_own_language(name: str) -> None:
    for variation in domain()["responses"][name]:
        for text in [variation["text"], *(b["title"] for b in variation.get("buttons", []))]:
            assert bool(HAN.search(text)) == (language_of(variation) == "zh"), text


@pytest.mark.parametrize("topic", topics())
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_topic_is_taught_with_enough_sentences(topic: str, language: str) -> None:
    least = 300 if topic == "out_of_scope" else 25 if topic in SMALL_TALK else 40

    taught = sentences(topic, language)

    assert len(taught) >= least
    assert len(set(taught)) == len(taught)


def test_no_sentence_is_taught_for_two_topics() -> None:
    owner: dict[str, str] = {}
    for topic, language in ((t, lang) for t in topics() for lang in LANGUAGES):
        for sentence in sentences(topic, language):
            assert owner.setdefault(sentence.casefold(), topic) == topic, sentence


def test_each_topic_has_its_file_everywhere() -> None:
    for topic in topics():
        places = [f"data/nlu/zh/{topic}.yml", f"data/nlu/en/{topic}.yml", f"data/rules/{topic}.yml"]
        missing = [place for place in [*places, f"bot/rasa/domain/{topic}.yml"] if not (PROJECT / place).exists()]
        assert not missing


def test_each_reply_that_code_names_exists() -> None:
    sources = chain((PROJECT / "actions").glob("*.py"), (PROJECT / "bot/gateway").rglob("*.py"))
    named = {
        name
        for source in sources
        for name in re.findall(r"[\"'](utter_[a-z0-9_]+[a-z0-9])[\"']", Path(source).read_text(encoding="utf-8"))
    }

    assert named - set(domain()["responses"]) == set()


def test_each_error_has_its_words() -> None:
    def family(kind: type[errors.WalletError]) -> list[type[errors.WalletError]]:
        return [kind, *chain.from_iterable(family(child) for child in kind.__subclasses__())]

    told_by_level = {errors.NotAllowed.code}  # utter_error_not_allowed_<what is needed>
    never_told = {errors.BrokenFile.code, errors.TurnLost.code}  # operators' and programs' own
    missing = [
        kind.code
        for kind in family(errors.WalletError)[1:]
        if kind.code not in told_by_level | never_told and f"utter_error_{kind.code}" not in domain()["responses"]
    ]

    assert missing == []


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))
