"""A text is as long as the network counts it, and is parted where a reader would part it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telephony.segments import MOST_CHARACTERS, count_segments, plain, split_text


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # two places each in the small alphabet
        ("€" * 81, 2),
        ("钱" * 70, 1),
        ("钱" * 71, 2),
        ("钱" * 134, 2),
        ("钱" * 135, 3),
        ("😀" * 35, 1),  # two UTF-16 units each
        ("😀" * 36, 2),
        ("a" * 70 + "钱", 2),
    ],
)
def test_segments_are_counted_as_the_network_does(text: str, segments: int) -> None:
    assert count_segments(text) == segments


def test_typographic_characters_become_plain_where_that_saves_the_large_alphabet() -> None:
    written = "It’s done – your wallet “Oak” is frozen…\u00a0Sent to +1 •••••••01"

    assert plain(written) == 'It\'s done - your wallet "Oak" is frozen... Sent to +1 *******01'


@pytest.mark.parametrize("text", ["已冻结“橡树钱包”……", "Zoë’s café ŝ", "well — 好"])
def test_a_text_that_needs_the_large_alphabet_anyway_stays_as_it_was(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize("text", ["", "Your wallet is frozen. Receipt FRZ-7K2M9Q.", "£5, 10 € or ¥100 for José"])
def test_a_text_in_the_small_alphabet_stays_as_it_was(text: str) -> None:
    assert plain(text) == text


def test_a_short_text_is_one_message() -> None:
    assert split_text("  冻结好了。\n", most_segments=1) == ["冻结好了。"]
    assert split_text(" \n ", most_segments=1) == []


def test_a_long_text_is_parted_between_its_paragraphs() -> None:
    first, second = "A sentence about fees. " * 5, "One about limits. " * 7

    assert split_text(f"{first}\n\n{second}", most_segments=1) == [first.strip(), second.strip()]


def test_a_long_chinese_text_is_parted_between_its_sentences() -> None:
    messages = split_text("您的钱包已经冻结，付款不会再出去。" * 10, most_segments=1)

    assert all(message.endswith("。") and count_segments(message) == 1 for message in messages)
    assert "".join(messages) == "您的钱包已经冻结，付款不会再出去。" * 10


def test_a_reference_is_not_cut() -> None:
    text = "冻结" * 32 + "FRZ-7K2M9QWX" + "已生效" * 10

    assert any("FRZ-7K2M9QWX" in message for message in split_text(text, most_segments=1))


def test_what_the_reader_sees_as_one_character_is_not_cut() -> None:
    text = "钱" * 32 + "👩‍👧" * 20

    assert not [
        message for message in split_text(text, most_segments=1) if message[0] in "\u200d" or message[-1] in "\u200d"
    ]


def test_no_message_is_longer_than_twilio_takes() -> None:
    assert [len(message) for message in split_text("a" * 4000, most_segments=20)] == [1600, 1600, 800]


@given(
    text=st.text(alphabet=st.sampled_from("ab c.,-\n€钱。，😀\u200d\u0301[1"), max_size=700),
    most_segments=st.integers(1, 4),
)
def test_every_message_fits_and_nothing_but_white_space_is_lost(text: str, most_segments: int) -> None:
    messages = split_text(text, most_segments=most_segments)

    assert all(0 < count_segments(message) <= most_segments for message in messages)
    assert all(len(message) <= MOST_CHARACTERS for message in messages)
    assert "".join("".join(messages).split()) == "".join(text.split())
