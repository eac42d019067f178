"""Text is text: cleaning, emptiness, leading slashes, the words that freeze."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway import guard

_LEADING = " \t\n\u3000\u200b\u2028\u00a0\ufeff/／⁄∕\0\u00ad\u2800"


@given(before=st.text(alphabet=_LEADING, max_size=6), rest=st.text(max_size=20))
def test_nothing_a_customer_writes_reaches_rasa_as_a_command(before: str, rest: str) -> None:
    told = guard.neutralise(guard.clean(before + rest))

    assert told
    for form in (told, unicodedata.normalize("NFKC", told)):
        assert not form.lstrip().startswith("/")


@pytest.mark.parametrize("text", ["and/or", "https://example.com/x", "1/2", "hello /affirm", "no slash"])
def test_a_slash_further_on_stays(text: str) -> None:
    assert guard.neutralise(text) == text


def test_what_cannot_be_seen_is_empty() -> None:
    assert guard.is_empty(" \n\t\u200b\u200d\ufeff\u3164\u2800\u00ad\0")
    assert not guard.is_empty("😀")
    assert not guard.is_empty("…")


def test_cleaning_keeps_what_people_write() -> None:
    text = "Zoë: 你好！👩‍👩‍👧 naïve\n\ttab é مرحبا"

    assert guard.clean(text) == text


@given(st.text())
def test_cleaned_text_can_be_stored_anywhere(text: str) -> None:
    cleaned = guard.clean(text)

    assert "\0" not in cleaned
    cleaned.encode()


@pytest.mark.parametrize("text", ["FREEZE", " freeze\n", "ｆｒｅｅｚｅ", "冻结", "凍結", "冻 结"])
def test_the_words_that_freeze(text: str) -> None:
    assert guard.asks_for_freeze(text)


@pytest.mark.parametrize("text", ["freeze it", "unfreeze", "解冻", "不要冻结", "冻结?", ""])
def test_words_that_do_not_freeze_by_themselves(text: str) -> None:
    assert not guard.asks_for_freeze(text)
