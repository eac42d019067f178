"""What is measured with is never trained on: no training sentence is, or is nearly, one of the evaluation sentences."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from pathlib import Path

import pytest
import yaml

from bot.settings import PROJECT

EVALUATION = os.environ.get("WALLET_EVAL_DIR")
# Every customer says these; a set of greetings without "hello" would measure nothing.
COMMON_PHRASES = {"greeting", "thanks", "goodbye", "affirm", "deny"}
NEARLY = 0.6
SHORTEST = 6


def plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def pieces(text: str) -> frozenset[str]:
    return frozenset(plain(text)[place : place + 3] for place in range(max(1, len(plain(text)) - 2)))


def near(left: frozenset[str], right: frozenset[str]) -> bool:
    shorter, longer = sorted((len(left), len(right)))
    # What differs much in length shares too little: most pairs need no comparison.
    return SHORTEST < shorter >= NEARLY * longer and len(left & right) >= NEARLY * len(left | right)


@pytest.mark.skipif(EVALUATION is None, reason="WALLET_EVAL_DIR is not set: there is nothing to compare with")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_training_sentence_is_nearly_an_evaluation_sentence(language: str) -> None:
    rows = Path(str(EVALUATION), f"dev_{language}.jsonl").read_text(encoding="utf-8").splitlines()
    measured = [json.loads(row)["text"] for row in rows]
    equal, alike = {plain(text) for text in measured}, [pieces(text) for text in measured]

    copied = []
    for path in sorted((PROJECT / "data/nlu" / language).glob("*.yml")):
        for part in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in part["examples"].splitlines():
                sentence = line.removeprefix("- ")
                same, own = plain(sentence) in equal and part["intent"] not in COMMON_PHRASES, pieces(sentence)
                if same or any(near(own, other) for other in alike):
                    copied.append((part["intent"], sentence))

    assert copied == []


def test_a_nearly_equal_sentence_is_found() -> None:
    assert near(pieces("Why was my card payment declined?"), pieces("why was my card payments declined"))
    assert not near(pieces("Why was my card payment declined?"), pieces("where can I see my card's payments"))
