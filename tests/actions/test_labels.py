"""The short words of lists are there in both languages, with the same facts."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from actions.labels import label
from bot.settings import PROJECT
from wallet_core.models import TransactionKind, TransactionStatus

HAN = re.compile(r"[\u4e00-\u9fff]")
BOTH = {
    language: yaml.safe_load((PROJECT / "data/labels" / f"{language}.yml").read_text(encoding="utf-8"))
    for language in ("zh", "en")
}


def facts_of(text: Any) -> set[str]:
    return set(re.findall(r"{(\w+)}", str(text)))


def test_both_languages_have_the_same_labels_with_the_same_facts() -> None:
    assert BOTH["zh"].keys() == BOTH["en"].keys()
    assert {name: facts_of(text) for name, text in BOTH["zh"].items()} == {
        name: facts_of(text) for name, text in BOTH["en"].items()
    }


def test_english_labels_have_no_chinese_in_them() -> None:
    assert [name for name, text in BOTH["en"].items() if HAN.search(str(text))] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_and_every_state_but_the_usual_one_has_its_words(language: str) -> None:
    for kind in TransactionKind:
        assert "300" in label(kind, language, amount="300", counterparty="Corner Shop")
    for status in set(TransactionStatus) - {TransactionStatus.COMPLETED}:
        assert label(status, language)


def test_a_missing_fact_is_a_mistake_rather_than_a_gap() -> None:
    with pytest.raises(KeyError):
        label("told", "en", what="a payment")
