"""Callback phrases: hard to guess, and impossible to mishear for another one."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from math import log2
from pathlib import Path
from random import Random, SystemRandom

import pytest

from tests.wallet_core.routings import DATA
from wallet_core.errors import BrokenFile
from wallet_core.models import Language
from wallet_core.phrases import Phrases, draw_phrase, load_phrases

PHRASES = load_phrases(DATA / "phrases.yml")


def merged(syllable: str) -> str:
    """A syllable without tone, as it is heard where regional speech merges sounds."""
    syllable = re.sub("^(z|c|s)h", r"\1", syllable)
    syllable = re.sub("^[nr]", "l", syllable)
    syllable = re.sub("^h(?=u)", "f", syllable)
    return re.sub("ng$", "n", syllable)


def letters_apart(left: str, right: str) -> int:
    """Levenshtein's distance."""
    row = list(range(len(right) + 1))
    for place, one in enumerate(left, 1):
        last, row[0] = row[0], place
        for other_place, other in enumerate(right, 1):
            last, row[other_place] = (
                row[other_place],
                min(row[other_place] + 1, row[other_place - 1] + 1, last + (one != other)),
            )
    return row[-1]


def consonants(word: str) -> str:
    """A word by its consonants alone, with those that differ by voice only taken for one."""
    bones = re.sub("[aeiouyhw]", "", word).translate(str.maketrans("bpdtgkqcvfzsj", "ppttkkkkffsss"))
    return re.sub(r"(.)\1+", r"\1", bones)


@pytest.mark.parametrize("language", Language)
def test_a_phrase_has_at_least_fourteen_bits(language: Language) -> None:
    words = len(PHRASES.words[language])

    assert words >= 128
    assert log2(words * (words - 1)) >= 14


@pytest.mark.parametrize("language", Language)
def test_a_phrase_is_two_different_words_of_the_list(language: Language) -> None:
    drawn = [draw_phrase(PHRASES, language=language, random=Random(seed)) for seed in range(500)]

    for phrase in drawn:
        first, second = phrase.split(" ")
        assert first != second
        assert {first, second} <= set(PHRASES.words[language])
    assert len(set(drawn)) > 450


def test_all_words_are_drawn_in_both_places() -> None:
    random = SystemRandom()

    drawn = [draw_phrase(PHRASES, language=Language.ZH, random=random).split(" ") for _ in range(10_000)]

    for place in (0, 1):
        counted = Counter(phrase[place] for phrase in drawn)
        assert set(counted) == set(PHRASES.zh)
        assert max(counted.values()) < 4 * min(counted.values())


def test_a_phrase_fits_its_column() -> None:
    longest = sorted(PHRASES.en, key=len)[-2:]

    assert len(" ".join(longest)) <= 64


def test_no_two_chinese_words_differ_in_tones_or_regionally_merged_sounds_only() -> None:
    heard = Counter(tuple(map(merged, pinyin.split())) for pinyin in PHRASES.zh.values())

    assert [sound for sound, times in heard.items() if times > 1] == []


def test_no_two_chinese_words_rhyme_and_differ_in_one_first_sound_only() -> None:
    def rhymes(sounds: list[str]) -> list[str]:
        return [re.sub("^[bpmfdtlgkjqxzcsyw]", "", sound) for sound in sounds]

    pairs = []
    for (left, left_pinyin), (right, right_pinyin) in combinations(PHRASES.zh.items(), 2):
        one, other = ([merged(sound) for sound in pinyin.split()] for pinyin in (left_pinyin, right_pinyin))
        differing = sum(a != b for a, b in zip(one, other, strict=True))
        if differing == 1 and rhymes(one) == rhymes(other):
            pairs.append((left, right))

    assert pairs == []


def test_chinese_words_have_two_characters_and_two_syllables() -> None:
    for word, pinyin in PHRASES.zh.items():
        assert re.fullmatch("[\u4e00-\u9fff]{2}", word)
        assert re.fullmatch("[a-z]+ [a-z]+", pinyin)


def test_any_two_english_words_are_three_letters_and_a_consonant_apart() -> None:
    near = [pair for pair in combinations(PHRASES.en, 2) if letters_apart(*pair) < 3]
    alike = [pair for pair in combinations(PHRASES.en, 2) if consonants(pair[0]) == consonants(pair[1])]

    assert near == []
    assert alike == []
    assert all(re.fullmatch("[a-z]{5,12}", word) for word in PHRASES.en)


def test_no_word_has_to_do_with_money() -> None:
    assert [word for word in PHRASES.zh if set(word) & set("钱金银财款账卡付息贷股汇价元")] == []
    assert not set(PHRASES.en) & {"bank", "credit", "dollar", "money", "silver", "gold", "coin", "wallet", "loan"}


@pytest.mark.parametrize(
    ("content", "line", "field"),
    [
        ("en: [maple]\nzh: {苹果: ping guo}\n", 1, "en"),
        ("en: [maple, lantern, maple]\nzh: {}\n", 1, "en.2"),
        ("zh: {}\n", 1, "en"),
    ],
)
def test_a_list_that_is_too_short_or_says_a_word_twice_is_refused(
    tmp_path: Path, content: str, line: int, field: str
) -> None:
    file = tmp_path / "phrases.yml"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(BrokenFile) as refused:
        load_phrases(file)

    assert refused.value.facts["line"] == line
    assert refused.value.facts["field"] == field


def test_the_words_of_a_phrase_never_repeat_even_in_the_shortest_list() -> None:
    words = [f"word{number}" for number in range(129)]
    phrases = Phrases(en=tuple(words), zh={word: word for word in words})

    drawn = {draw_phrase(phrases, language=Language.EN, random=Random(seed)) for seed in range(2000)}

    assert all(len(set(phrase.split())) == 2 for phrase in drawn)
