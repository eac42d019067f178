"""Makes the README's pictures anew, into docs/images: `make screenshots`. Each is played through the whole assistant.

A scene is a function that gets the assistant's address and a browser, and gives the page to be taken.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

from playwright.sync_api import Browser, Page

from bot.settings import PROJECT
from tests.assistant import running_assistant
from tests.browser import NONE, find_browser, running_browser

FOLDER = PROJECT / "docs" / "images"
_WIDE = {"width": 1440, "height": 900}
_PHONE = {"width": 390, "height": 844}

Scene = Callable[[str, Browser], Page]


def wallet_frozen(url: str, browser: Browser) -> Page:
    """A customer sees a payment that is not theirs, and freezes the wallet."""
    page = _visit(url, browser, "en", "C1010", viewport=_WIDE)
    _say(page, "I see a payment I don't know")
    page.locator("wallet-chat").get_by_role("button", name="Freeze my wallet now").click()
    page.locator("wallet-chat .receipt").wait_for()
    page.locator(".balance.frozen").wait_for()
    return page


def payment_failed(url: str, browser: Browser) -> Page:
    """Why a payment failed, in Chinese."""
    page = _visit(url, browser, "zh", "C1001", viewport=_WIDE)
    _say(page, "为什么付款失败了？")
    return page


def on_the_phone(url: str, browser: Browser) -> Page:
    """The chat fills a phone, in the dark."""
    page = _visit(url, browser, "zh", "C1009", viewport=_PHONE, color_scheme="dark")
    page.get_by_role("button", name="客服与帮助").click()
    page.locator("wallet-chat .line.bot").first.wait_for()
    _say(page, "我的余额是多少？")
    return page


SCENES: dict[str, Scene] = {"wallet-en": wallet_frozen, "wallet-zh": payment_failed, "phone-zh": on_the_phone}


def main() -> None:
    program = find_browser()
    if program is None:
        sys.exit(f"screenshots: {NONE}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running_assistant() as assistant, running_browser(program) as browser:
        for name, scene in SCENES.items():
            page = scene(assistant.url, browser)
            page.wait_for_timeout(500)  # what moves comes to rest
            page.screenshot(path=FOLDER / f"{name}.png")
            page.context.close()
            print(FOLDER / f"{name}.png")


def _visit(url: str, browser: Browser, language: str, customer: str, **options: object) -> Page:
    page = browser.new_context(locale={"zh": "zh-CN", "en": "en-US"}[language], **options).new_page()  # type: ignore[arg-type]
    page.goto(f"{url}/?lang={language}&customer={customer}")
    page.locator(".history li").first.wait_for()
    return page


def _say(page: Page, text: str) -> None:
    """Say it, and wait for the answer."""
    before = page.locator("wallet-chat .line.bot").count()
    page.locator("wallet-chat textarea").fill(text)
    page.keyboard.press("Enter")
    page.locator("wallet-chat .line.customer").filter(has_text=re.compile(re.escape(text))).wait_for()
    page.locator("wallet-chat .line.bot").nth(before or 1).wait_for()


if __name__ == "__main__":
    main()
