"""What is made of keys and words as Twilio heard them, before anything is done about it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.channels.voice_hearing import (
    Heard,
    asks_again,
    asks_for_language,
    asks_for_menu,
    asks_for_person,
    hear,
    option_meant,
)
from bot.gateway.channels.voice_numbers import as_written
from wallet_core.calls import Option
from wallet_core.models import Language
from wallet_core.references import ReferenceKind, new_reference

OPTIONS = [
    Option(key="1", title="Freeze it now", button="a"),
    Option(key="2", title="先不冻结", button="b"),
    Option(key="3", title="Talk to a person", button="c"),
]
# How a recogniser writes the names of letters and digits that it heard one by one.
_HEARD = {
    "2": "two", "3": "three", "4": "for", "6": "six", "7": "seven", "8": "ate", "9": "nine", "A": "a", "C": "see",
    "D": "dee", "E": "ee", "F": "eff", "H": "aitch", "J": "jay", "K": "kay", "M": "em", "N": "en", "P": "pea",
    "R": "are", "T": "tea", "W": "w", "X": "ex", "Y": "why",
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "heard"),
    [
        ({}, Heard()),
        ({"Digits": "", "SpeechResult": ""}, Heard()),
        ({"Digits": "1"}, Heard(keys="1")),
        ({"Digits": "123*"}, Heard(keys="123*")),
        ({"Digits": "12#"}, Heard(keys="12")),
        ({"Digits": "#"}, Heard(keys="#")),
        ({"Digits": "1", "SpeechResult": "one"}, Heard(keys="1")),
        ({"Digits": "1x", "SpeechResult": "one"}, Heard(words="one")),
        ({"SpeechResult": "Hello.", "Confidence": "0.91"}, Heard(words="Hello", sure=0.91)),
        ({"SpeechResult": "你好", "Confidence": "0.0"}, Heard(words="你好")),
        ({"SpeechResult": "你好", "Confidence": "-3"}, Heard(words="你好")),
        ({"SpeechResult": "你好", "Confidence": ""}, Heard(words="你好")),
        ({"SpeechResult": " . "}, Heard()),
    ],
)
def test_a_turn_is_keys_or_words_or_silence(fields: dict[str, str], heard: Heard) -> None:
    assert hear(fields) == heard


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", [ReferenceKind.TICKET, ReferenceKind.CALLBACK, ReferenceKind.FREEZE])
def test_a_reference_that_was_spelled_aloud_is_written_as_we_write_it(kind: ReferenceKind, seed: int) -> None:
    reference = new_reference(kind, random.Random(seed))
    body = reference.removeprefix(f"{kind}-")
    prefix = " ".join(kind.value.lower())

    assert as_written(f"my ticket is {prefix} dash {' '.join(_HEARD[c] for c in body)} please") == (
        f"my ticket is {reference} please"
    )
    assert as_written(f"工单号{prefix.upper()}杠{' '.join(body)}帮我查") == f"工单号{reference}帮我查"
    assert as_written(f"it is {reference.lower()}") == f"it is {reference}"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("call plus one six four six five five five one zero zero two.", "call +16465551002"),
        ("幺三八零零幺三八零零零", "13800138000"),
        ("double five one oh", "5510"),
        ("加8613800138000", "+8613800138000"),
        ("one two things", "one two things"),
        ("I have two wallets", "I have two wallets"),
        ("一二", "一二"),
        ("two of us have T shirts", "two of us have T shirts"),
        ("三百块", "三百块"),
        ("is it gone?", "is it gone?"),
    ],
)
def test_numbers_are_written_in_digits_where_they_are_long(said: str, written: str) -> None:
    assert as_written(said) == written


@pytest.mark.parametrize("words", ["中文", "说中文吧", "请讲普通话", "Mandarin please", "in Chinese"])
def test_chinese_is_asked_for(words: str) -> None:
    assert asks_for_language(words) is Language.ZH


@pytest.mark.parametrize("words", ["English", "English please.", "can I speak English", "英文", "请说英语"])
def test_english_is_asked_for(words: str) -> None:
    assert asks_for_language(words) is Language.EN


@pytest.mark.parametrize(
    "words", ["my English friend took it", "中文名字怎么改", "the Chinese restaurant charged me twice"]
)
def test_a_sentence_that_names_a_language_asks_for_none(words: str) -> None:
    assert asks_for_language(words) is None


@pytest.mark.parametrize(
    "words",
    [
        "agent",
        "Operator!",
        "a person please",
        "can I talk to a human",
        "speak to someone",
        "人工",
        "转人工",
        "我要找人工客服",
        "客服",
    ],
)
def test_a_person_is_asked_for(words: str) -> None:
    assert asks_for_person(words)


@pytest.mark.parametrize("words", ["人工费怎么算", "the agent stole my money", "客服电话是多少", "a person called me"])
def test_a_sentence_that_names_a_person_asks_for_none(words: str) -> None:
    assert not asks_for_person(words)


def test_once_more_and_the_menu_are_asked_for() -> None:
    assert asks_again("Repeat that, please") and asks_again("请再说一遍") and not asks_again("repeat payment")
    assert asks_for_menu("main menu") and asks_for_menu("主菜单") and not asks_for_menu("the menu was expensive")


@pytest.mark.parametrize(
    ("words", "button"),
    [
        ("freeze it now", "a"),
        ("One.", "a"),
        ("the first one", "a"),
        ("option two", "b"),
        ("第二个", "b"),
        ("按二", "b"),
        ("先不冻结。", "b"),
        ("number three please", "c"),
        ("3", "c"),
        ("four", None),
        ("freeze", None),
        ("one of my friends", None),
    ],
)
def test_an_option_is_meant_by_its_title_or_its_number_alone(words: str, button: str | None) -> None:
    meant = option_meant(words, OPTIONS)

    assert (meant.button if meant else None) == button


@given(st.dictionaries(st.sampled_from(["Digits", "SpeechResult", "Confidence"]), st.text(max_size=80)))
def test_whatever_comes_is_heard_as_something(fields: dict[str, str]) -> None:
    heard = hear(fields)

    assert heard.silent or heard.keys or heard.words
    if heard.words:
        for told in (asks_for_language, asks_for_person, asks_again, asks_for_menu):
            told(heard.words)
        option_meant(heard.words, OPTIONS)
