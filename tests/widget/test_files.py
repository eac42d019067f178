"""What is promised of the files themselves: both languages whole, no words in code, nothing inline, small."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Response

from bot.gateway.problems import CODES
from bot.settings import PROJECT
from tests.browser import Pages
from tests.gateway.conftest import Gateway
from tests.widget.conftest import window
from wallet_core.demo import DemoState
from wallet_core.models import AccountStatus, FailureReason, Role, TransactionKind, TransactionStatus
from wallet_core.references import ReferenceKind

WIDGET, PAGE = PROJECT / "bot" / "widget", PROJECT / "bot" / "demo_page"
LARGEST = 25_000  # bytes of all that the chat loads, compressed
HAN = re.compile(r"[\u4e00-\u9fff]")
OTHER_LANGUAGE = {"other_language"}  # each is named in itself
# Problems that only developers meet, or that the chat goes on from in other words.
UNSEEN = {
    "invalid_request", "invalid_json", "invalid_encoding", "unsupported_media_type", "unknown_customer", "not_found",
    "method_not_allowed", "not_ready", "token_missing", "session_ended", "origin_not_allowed",
    "body_too_large", "message_conflict", "wrong_token",
}  # fmt: skip


def texts(folder: Path, language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "texts" / f"{language}.json").read_text(encoding="utf-8"))
    return found


def lines(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def code(folder: Path) -> str:
    """All its JavaScript, without comments."""
    whole = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.js")))
    return re.sub(r"/\*.*?\*/|(?:^|\s)// [^\n]*", "", whole, flags=re.DOTALL)


# Names of the widget's texts that are put together from what they are about.
FAMILIES = {
    *(f"role_{role}" for role in Role),
    *(f"receipt_{kind}" for kind in ReferenceKind),
    *(f"problem_{code}" for code in CODES.keys() - UNSEEN),
    "problem_unreachable",
    "owner_queue",
    "owner_agent",
}


def used_by_the_page() -> set[str]:
    source = code(PAGE)
    found = set(re.findall(r"texts\.(\w+)", source))
    found |= set(re.findall(r'data-(?:text|label)="(\w+)"', (PAGE / "index.html").read_text(encoding="utf-8")))
    for prefix, kinds in (
        ("state", DemoState), ("try", DemoState), ("kind", TransactionKind), ("status", TransactionStatus),
        ("reason", FailureReason), ("condition", AccountStatus),
    ):  # fmt: skip
        found |= {f"{prefix}_{kind}" for kind in kinds}
    return found - {"status_completed"} | {"condition_frozen", "try_visitor", "mail_code", "mail_link", "mail_notice"}


@pytest.mark.parametrize("folder", [WIDGET, PAGE], ids=["widget", "page"])
def test_both_languages_have_the_same_texts_with_the_same_facts_and_none_is_empty(folder: Path) -> None:
    zh, en = texts(folder, "zh"), texts(folder, "en")

    assert zh.keys() == en.keys()
    for name in zh:
        assert len(lines(zh[name])) == len(lines(en[name])), name
        for chinese, english in zip(lines(zh[name]), lines(en[name]), strict=True):
            assert chinese.strip() and english.strip(), name
            assert set(re.findall(r"{\w+}", chinese)) == set(re.findall(r"{\w+}", english)), name


@pytest.mark.parametrize("folder", [WIDGET, PAGE], ids=["widget", "page"])
def test_chinese_texts_are_chinese_and_english_ones_english(folder: Path) -> None:
    for language in ("zh", "en"):
        for name, value in texts(folder, language).items():
            for text in lines(value):
                assert bool(HAN.search(text)) == ((language == "zh") != (name in OTHER_LANGUAGE)), name


def test_every_text_that_the_widget_asks_for_is_there_and_no_other() -> None:
    there, source = set(texts(WIDGET, "en")), code(WIDGET)
    asked = set(re.findall(r'(?:text|label|hint): "(\w+)"|labels\.get\("(\w+)"', source))

    assert {name for names in asked for name in names if name} <= there
    assert there >= FAMILIES
    assert [name for name in there - FAMILIES if f'"{name}"' not in source] == []


def test_every_text_that_the_page_asks_for_is_there_and_no_other() -> None:
    assert set(texts(PAGE, "en")) == used_by_the_page()


@pytest.mark.parametrize("folder", [WIDGET, PAGE], ids=["widget", "page"])
def test_the_code_holds_no_sentence_for_customers(folder: Path) -> None:
    source = code(folder)
    strings = re.findall(r'"([^"\n]*)"|`([^`\n]*)`', source)

    assert not HAN.search(source)
    assert [text for pair in strings for text in pair if re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text)] == []


@pytest.mark.parametrize("folder", [WIDGET, PAGE], ids=["widget", "page"])
def test_nothing_comes_from_elsewhere_and_nothing_is_inline(folder: Path) -> None:
    for path in folder.rglob("*.*"):
        content = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|[\"'(]//", content), path
        if path.suffix == ".html":
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", content)
        if path.suffix == ".js":
            assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|\.style\b", content), path


def test_the_page_says_that_it_is_a_demonstration() -> None:
    assert "demonstration" in texts(PAGE, "en")["demo"]
    assert "演示" in texts(PAGE, "zh")["demo"]


def test_all_that_the_chat_loads_is_small(gateway: Gateway, pages: Pages) -> None:
    loaded: dict[str, Response] = {}
    page = pages.context(viewport={"width": 1200, "height": 800}).new_page()
    page.on("response", lambda answer: loaded.update({answer.url: answer}) if "/widget/" in answer.url else None)
    page.goto(f"{gateway.http.base_url}/?lang=en&customer=visitor")
    chat = window(page).open()
    with page.expect_response("**/widget/texts/zh.json"):
        chat.button("中文").click()

    assert len(loaded) == len([path for path in WIDGET.rglob("*.*") if path.is_file()])
    assert sum(len(gzip.compress(answer.body())) for answer in loaded.values()) < LARGEST
