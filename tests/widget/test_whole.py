"""The chat in a browser, with everything behind it: real Rasa, action server and core."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.assistant import Assistant
from tests.browser import Pages, keep_screenshot
from tests.widget.conftest import ChatWindow, window


def visit(assistant: Assistant, pages: Pages, language: str, customer: str) -> ChatWindow:
    page = pages.open(f"{assistant.url}/?lang={language}&customer={customer}", viewport={"width": 1440, "height": 900})
    return window(page, language).ready()


@pytest.mark.parametrize(
    ("language", "customer", "ask", "frozen"),
    [("en", "C1010", "please freeze my wallet", "Frozen"), ("zh", "C1009", "帮我冻结钱包", "已冻结")],
)
def test_a_freeze_asked_for_in_words_shows_in_the_wallet(
    assistant: Assistant, pages: Pages, language: str, customer: str, ask: str, frozen: str
) -> None:
    chat = visit(assistant, pages, language, customer)

    chat.say(ask)
    receipt = chat.page.locator("wallet-chat .receipt")
    choice = chat.page.locator("wallet-chat .choices button").first
    expect(receipt.or_(choice).last).to_be_visible()
    if not receipt.count():
        choice.click()

    expect(receipt).to_be_visible()
    expect(chat.page.locator(".pill")).to_have_text(frozen, timeout=2_000)
    keep_screenshot(chat.page, f"whole-freeze-{language}")


def test_the_language_switch_is_understood(assistant: Assistant, pages: Pages) -> None:
    chat = visit(assistant, pages, "en", "C1007")

    chat.button("中文").click()

    expect(chat.lines("bot").last.locator(".said")).to_have_attribute("lang", "zh")
    chat.words = window(chat.page, "zh").words
    chat.button("English").click()
    expect(chat.lines("bot").last.locator(".said")).to_have_attribute("lang", "en")


def test_a_callback_that_was_asked_for_comes_with_its_phrase_on_a_card(assistant: Assistant, pages: Pages) -> None:
    chat = visit(assistant, pages, "en", "C1008")
    phrase = chat.page.locator("wallet-chat .card.phrase")

    chat.say("please call me back now about my limits")
    for _ in range(6):  # which number, when, about what: the first that is offered
        expect(chat.page.locator("wallet-chat .choices, wallet-chat .card.phrase").last).to_be_visible()
        if phrase.count():
            break
        before = chat.lines("bot").count()
        chat.page.locator("wallet-chat .choices button").first.click()
        expect(chat.lines("bot")).not_to_have_count(before)

    expect(phrase.locator("b")).to_have_text(
        chat.page.locator("wallet-chat .line:has(.phrase) .said").inner_text().split('"')[1]
    )
    keep_screenshot(chat.page, "whole-callback")
