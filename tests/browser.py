"""A real browser for tests: Debian's or any other Chromium, by Playwright.

    from tests.browser import browser, pages  # fixtures, for a conftest.py

Each page is watched: an error on its console fails the test that opened it, unless the test foresees it. Where there is
no browser, tests are skipped and say so; with WALLET_REQUIRE_BROWSER=1, as in CI, that is a failure.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bot.settings import PROJECT

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
NONE = "no browser: install Chromium (apt install chromium), or name one by WALLET_CHROMIUM"
PATIENCE = 30_000  # milliseconds, on a busy machine

# Here alone: it holds for the whole process, and of several the last that was imported would count for all.
expect.set_options(timeout=PATIENCE)


def find_browser() -> str | None:
    """The program: the one that WALLET_CHROMIUM names, else the first that is installed."""
    named = os.environ.get("WALLET_CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def screenshots_folder() -> Path:
    """Where tests leave what they saw: `.wallet/screenshots`, or WALLET_SCREENSHOTS."""
    folder = Path(os.environ.get("WALLET_SCREENSHOTS", PROJECT / ".wallet" / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def running_browser(program: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield launched
        launched.close()


# Of a package, not of the session: while Playwright runs, no test of asyncio's can.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        if os.environ.get("WALLET_REQUIRE_BROWSER") == "1":
            pytest.fail(NONE)
        pytest.skip(NONE)
    with running_browser(program) as launched:
        yield launched


@dataclass
class Pages:
    """Opens pages, each in a context of its own, as another person's browser would be."""

    browser: Browser
    errors: list[str] = field(default_factory=list)
    foreseen: list[re.Pattern[str]] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, url: str, **options: Any) -> Page:
        """A page in a new context; `options` are Playwright's: locale, viewport, color_scheme …"""
        page = self.context(**options).new_page()
        page.goto(url)
        return page

    def context(self, **options: Any) -> BrowserContext:
        wanted = {"viewport": {"width": 1280, "height": 800}, "locale": "en-US", **options}
        context = self.browser.new_context(**wanted)
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        context.on("page", self._watch)
        return context

    def foresee(self, pattern: str) -> None:
        """An error that this test brings about."""
        self.foreseen.append(re.compile(pattern))

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    @property
    def unforeseen(self) -> list[str]:
        return [error for error in self.errors if not any(known.search(error) for known in self.foreseen)]

    def _watch(self, page: Page) -> None:
        page.on(
            "console", lambda said: self.errors.append(f"{said.text} {said.location}") if said.type == "error" else None
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))


@pytest.fixture
def pages(browser: Browser) -> Iterator[Pages]:
    opened = Pages(browser)
    yield opened
    opened.close()
    assert opened.unforeseen == []


def keep_screenshot(page: Page, name: str, **options: Any) -> None:
    """Keep what the page looks like, for people to look at."""
    page.screenshot(path=screenshots_folder() / f"{name}.png", **options)


def barriers(page: Page) -> list[str]:
    """What axe finds in a page, and where: nothing, in a page that everybody can use."""
    results = Axe().run(page)
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['failureSummary']}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]
