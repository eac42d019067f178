"""What is promised of the page: both languages whole, no words in code, nothing from elsewhere, nothing inline."""

from __future__ import annotations

import json
import re

import pytest

from bot.settings import PROJECT
from bot.simulator.calls import FINAL, Status

PAGE = PROJECT / "bot" / "simulator" / "page"
CODE = sorted(path.name for path in PAGE.glob("*.js"))


def read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def texts(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(read(f"texts/{language}.json"))
    return found


def code_of(name: str) -> str:
    return re.sub(r"/\*\*.*?\*/|(?:^|\s)// [^\n]*", "", read(name), flags=re.DOTALL)


def used() -> set[str]:
    """Every name of a text that the page, its code or the stand-in itself asks for."""
    named = set(re.findall(r'data-(?:text|label|hint)="(\w+)"', read("index.html")))
    for name in CODE:
        named |= set(re.findall(r'\bt\([^)]*?"([\w-]+)"', code_of(name)))
        named |= set(re.findall(r'\bt\([^"]*"\w+" : "(\w+)"', code_of(name)))
    for name in (PROJECT / "bot" / "simulator").glob("*.py"):
        named |= {f"twilio_{key}" for key in re.findall(r'twilio_says\("(\w+)"', name.read_text(encoding="utf-8"))}
    named |= {f"twilio_opt_out_{keyword}" for keyword in ("stop", "start", "help")}
    named |= {f"status_{status}" for status in Status if status is not Status.INITIATED}
    named |= {f"ended_{status}" for status in FINAL} | {"role_customer", "role_agent", "way_rest", "way_webhook"}
    return named | {
        f"text_{status}" for status in ("received", "accepted", "queued", "sent", "delivered", "undelivered")
    }


def test_both_languages_have_the_same_texts_and_none_is_empty() -> None:
    zh, en = texts("zh"), texts("en")

    assert zh.keys() == en.keys()
    assert all(text.strip() for text in (*zh.values(), *en.values()))


def test_every_text_that_is_asked_for_is_there_and_no_other() -> None:
    assert set(texts("en")) == used()


def test_both_languages_have_the_same_values_to_be_put_in() -> None:
    def places(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert [key for key, text in texts("en").items() if places(text) != places(texts("zh")[key])] == []


def test_chinese_texts_are_chinese_and_english_ones_english() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")

    assert [name for name, text in texts("zh").items() if not han.search(text)] == ["log_rest"]
    assert [name for name, text in texts("en").items() if han.search(text)] == []


@pytest.mark.parametrize("name", CODE)
def test_the_code_holds_no_sentence(name: str) -> None:
    strings = re.findall(r'"([^"\n]*)"|`([^`\n]*)`', code_of(name))

    assert not re.search(r"[\u4e00-\u9fff]", code_of(name))
    assert [text for pair in strings for text in pair if re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text)] == []


def test_nothing_comes_from_elsewhere_and_nothing_is_inline() -> None:
    page = read("index.html")

    for name in (*CODE, "index.html", "style.css", "phone.css"):
        addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", code_of(name))
        assert addresses == [], name
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|<style|\sstyle=", page)


@pytest.mark.parametrize("name", CODE)
def test_what_others_wrote_is_never_read_as_markup(name: str) -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", code_of(name))
