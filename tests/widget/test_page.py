"""What is promised of the demo page: both languages whole, no words in code, nothing from elsewhere, nothing inline."""

from __future__ import annotations

import json
import re

import pytest

from bot.settings import PROJECT
from wallet_core.demo import DemoState
from wallet_core.models import Owner
from wallet_core.references import ReferenceKind

WIDGET = PROJECT / "bot" / "widget"


def read(name: str) -> str:
    return (WIDGET / name).read_text(encoding="utf-8")


def texts(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(read(f"texts/{language}.json"))
    return found


def used() -> set[str]:
    """Every name of a text that the page or its code asks for."""
    named = set(re.findall(r'data-(?:text|label|placeholder)="(\w+)"', read("index.html")))
    named |= set(re.findall(r"texts\.(\w+)", read("chat.js")))
    named |= {f"state_{state}" for state in DemoState}
    named |= {f"owner_{owner}" for owner in Owner}
    return named | {f"receipt_{kind}" for kind in ReferenceKind}


def test_both_languages_have_the_same_texts_and_none_is_empty() -> None:
    zh, en = texts("zh"), texts("en")

    assert zh.keys() == en.keys()
    assert all(text.strip() for text in (*zh.values(), *en.values()))


def test_every_text_that_is_asked_for_is_there_and_no_other() -> None:
    assert set(texts("en")) == used()


def test_chinese_texts_are_chinese_and_english_ones_english() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")

    assert [name for name, text in texts("zh").items() if not han.search(text)] == []
    assert [name for name, text in texts("en").items() if han.search(text)] == []


def test_the_code_holds_no_sentence_for_customers() -> None:
    code = re.sub(r"/\*\*.*?\*/|\s// [^\n]*", "", read("chat.js"), flags=re.DOTALL)
    strings = re.findall(r'"([^"\n]*)"|`([^`\n]*)`', code)

    assert not re.search(r"[\u4e00-\u9fff]", code)
    assert [text for pair in strings for text in pair if re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text)] == []


def test_nothing_comes_from_elsewhere() -> None:
    for name in ("index.html", "chat.js", "style.css"):
        assert not re.search(r"https?:|[\"'(]//", read(name).replace('"https:"', "")), name


def test_the_page_works_under_a_policy_without_inline_script_and_style() -> None:
    page = read("index.html")

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|\.style\b", read("chat.js"))


@pytest.mark.parametrize("mark", ['role="log"', 'aria-live="polite"', 'role="status"', "<noscript>", 'lang="zh"'])
def test_the_page_can_be_used_with_a_screen_reader(mark: str) -> None:
    assert mark in read("index.html")


def test_the_page_says_that_it_is_a_demonstration() -> None:
    assert "demonstration" in texts("en")["demo_note"]
    assert "演示" in texts("zh")["demo_note"]
