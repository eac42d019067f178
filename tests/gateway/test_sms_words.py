"""Words that mean something by themselves, and numbers that pick a choice."""

from __future__ import annotations

import re

import pytest

from bot.gateway.channels.sms_words import OPT_OUT_WORDS, chosen, wish_in
from tests.test_languages import domain

TITLES = ["Freeze it now", "Not now", "Talk to a person"]


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("1", 0),
        (" 2. ", 1),
        ("３", 2),
        ("(2)", 1),
        ("②", 1),
        ("No. 3", 2),
        ("option 2 please", 1),
        ("the second one", 1),
        ("2nd", 1),
        ("一", 0),
        ("第二个", 1),
        ("我选3", 2),
        ("选第一个", 0),
        ("2号", 1),
        ("not NOW!", 1),
        ("“Talk to a person”", 2),
        ("4", None),
        ("0", None),
        ("-1", None),
        ("1 and 2", None),
        ("12", None),
        ("100", None),
        ("1990", None),
        ("1.5", None),
        ("yes", None),
        ("now", None),
        ("", None),
        ("第", None),
        ("the", None),
    ],
)
def test_a_choice_is_picked_by_its_number_or_title(said: str, place: int | None) -> None:
    assert chosen(said, TITLES) == place


def test_where_nothing_is_offered_nothing_is_picked() -> None:
    assert chosen("1", []) is None
    assert chosen("", [""]) is None


@pytest.mark.parametrize("said", ["不要退订", "cancel it", "Cancel.", "help me", "the end", "starting", "T", "", "停"])
def test_what_is_more_than_the_word_is_said_to_us(said: str) -> None:
    assert wish_in(said) is None


def _titles() -> set[str]:
    return {
        button["title"]
        for variations in domain()["responses"].values()
        for variation in variations
        for button in variation.get("buttons", [])
    }


def test_no_choice_is_a_word_that_ends_all_texts() -> None:
    assert not {title for title in _titles() if wish_in(title) is not None}


def test_no_reply_asks_for_a_word_that_ends_all_texts() -> None:
    about_texts = {"utter_sms_help"}
    quoted = re.compile(r"[“\"‘'「](\w+)[”\"’'」]|(?:[Rr]eply|[Ss]ay|回复|输入)(?: with)? ([A-Z]+)\b")

    asked_for = {
        (name, next(filter(None, found.groups())))
        for name, variations in domain()["responses"].items()
        if name not in about_texts
        for variation in variations
        for found in quoted.finditer(variation["text"])
    }

    assert not {(name, word) for name, word in asked_for if word.upper() in OPT_OUT_WORDS or word in ("退订", "TD")}
