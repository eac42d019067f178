"""The desk's words are whole in both languages, and every page uses only words that exist."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from bot.settings import PROJECT
from tests.test_languages import HAN, LANGUAGES, placeholders
from wallet_core.callback_desk import Outcome
from wallet_core.models import (
    AccountStatus,
    AgentRole,
    CallbackStatus,
    Channel,
    FailureReason,
    FreezeKind,
    HandoverReason,
    Priority,
    Role,
    TicketStatus,
    TransactionStatus,
)
from wallet_core.routing import load_routing
from wallet_core.timelines import TimelineKind

DESK = PROJECT / "bot/desk"
WORDS = {
    language: yaml.safe_load((DESK / f"texts/{language}.yml").read_text(encoding="utf-8")) for language in LANGUAGES
}
# Said in the other language on purpose, or the same in both.
OF_NO_LANGUAGE = {
    "other_language",
    *(name for name in WORDS["en"] if re.fullmatch(r"key_(queue|tickets|callbacks|unfreezes)", name)),
}
GROUPS = {
    "account": AccountStatus,
    "callback": CallbackStatus,
    "channel": Channel,
    "failure": FailureReason,
    "freeze": FreezeKind,
    "kind": TimelineKind,
    "outcome": Outcome,
    "role": AgentRole,
    "role_of_line": Role,
    "summary_reason": HandoverReason,
    "ticket": TicketStatus,
    "transaction": TransactionStatus,
}


def test_both_languages_have_the_same_words_with_the_same_facts() -> None:
    assert set(WORDS["zh"]) == set(WORDS["en"])
    assert [name for name in WORDS["en"] if placeholders(WORDS["en"][name]) != placeholders(WORDS["zh"][name])] == []


def test_each_is_written_in_its_own_language() -> None:
    for language in LANGUAGES:
        wrong = [
            name
            for name, text in WORDS[language].items()
            if name not in OF_NO_LANGUAGE and bool(HAN.search(text)) != (language == "zh")
        ]
        assert wrong == []


def test_every_word_that_a_page_asks_for_exists() -> None:
    asked = {
        name
        for template in (DESK / "templates").glob("*.html")
        for name in re.findall(r"\bt\([\"']([a-z_0-9]+)[\"'][,)]", template.read_text(encoding="utf-8"))
    }

    assert len(asked) > 80
    assert asked - set(WORDS["en"]) == set()


def test_every_state_has_its_word() -> None:
    missing = [
        f"{group}_{value}" for group, kind in GROUPS.items() for value in kind if f"{group}_{value}" not in WORDS["en"]
    ]
    missing += [f"priority_{one.value}" for one in Priority if f"priority_{one.value}" not in WORDS["en"]]
    missing += [
        f"queue_{one}" for one in load_routing(PROJECT / "data/routing.yml").queues if f"queue_{one}" not in WORDS["en"]
    ]

    assert missing == []


def test_no_page_has_a_script_a_style_or_a_handler_in_it() -> None:
    for template in Path(DESK / "templates").glob("*.html"):
        source = template.read_text(encoding="utf-8")
        assert not re.search(
            r"<script(?! type=\"module\" src=)|<style| style=| on[a-z]+=|\|safe|javascript:", source
        ), template
