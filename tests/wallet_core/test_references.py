"""References: what is misheard or mistyped is noticed, what is only written otherwise is understood."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet_core.references import ALPHABET, ReferenceKind, new_reference, parse_reference

references = st.builds(
    lambda kind, seed: new_reference(kind, Random(seed)), st.sampled_from(ReferenceKind), st.integers()
)


@given(references)
def test_a_reference_is_read_back(reference: str) -> None:
    assert parse_reference(reference) == reference


@given(references)
def test_every_single_wrong_character_is_noticed(reference: str) -> None:
    prefix, _, body = reference.partition("-")

    wrong = [
        f"{prefix}-{body[:place]}{other}{body[place + 1 :]}"
        for place, character in enumerate(body)
        for other in ALPHABET
        if other != character
    ]

    assert len(wrong) == 7 * 22
    assert [text for text in wrong if parse_reference(text)] == []


@given(references)
def test_every_two_characters_that_changed_places_are_noticed_the_last_one_among_them(reference: str) -> None:
    prefix, _, body = reference.partition("-")
    swapped = []
    for left, right in combinations(range(7), 2):
        characters = list(body)
        characters[left], characters[right] = body[right], body[left]
        swapped.append("".join(characters))

    read = [text for text in swapped if text != body and parse_reference(f"{prefix}-{text}")]

    assert read == []


@pytest.mark.parametrize(
    "text",
    ["t-7r4c6my", "T7R4C6MY", " T 7R4 C6MY ", "T–7R4–C6MY", "Ｔ－７Ｒ４Ｃ６ＭＹ", "t_7r4c6my.", "t-7r4c\u200b6my"],
)
def test_width_case_spaces_and_dashes_are_forgiven(text: str) -> None:
    assert parse_reference(text) == "T-7R4C6MY"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "T",
        "T-",
        "T-7R4C6M",
        "T-7R4C6MYY",
        "X-7R4C6MY",
        "7R4C6MY",
        "T-7R4C6MΥ",  # a Greek letter
        "T-7R4С6MY",  # a Cyrillic one
        "Т-7R4C6MY",  # and one in front
        "T-7R4C6M0",
        "T-7R4C6M\0",
        "冻结",
        "T-" + "7" * 5000,
    ],
)
def test_what_is_no_reference_is_none(text: str) -> None:
    assert parse_reference(text) is None


@given(st.text(max_size=30))
def test_any_text_is_a_reference_or_none(text: str) -> None:
    read = parse_reference(text)

    assert read is None or parse_reference(read) == read


def test_no_two_characters_look_or_sound_alike_enough_to_be_taken_for_each_other() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 23
    assert not set(ALPHABET) & set("01IL5SOBUVGQZ")
