"""A gateway in this process with the demo's world, for a real browser; a stand-in answers for Rasa."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.settings import DEMO_KEY, PROJECT
from tests.browser import Pages, browser, pages
from tests.gateway.conftest import Gateway, empty_database, rasa, running, simulator
from tests.gateway.rasa_simulator import RasaSimulator
from wallet_core import demo
from wallet_core.database import Database
from wallet_core.ports import SystemClock

__all__ = ["browser", "empty_database", "pages", "rasa", "simulator"]


@pytest.fixture(scope="session")
def demo_world(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo's customers, to be copied."""
    path = tmp_path_factory.mktemp("demo") / "wallet.db"
    path.write_bytes(empty_database.read_bytes())
    database = Database(f"sqlite:///{path}")
    with database.transaction() as session:
        demo.seed(session, now=SystemClock().now(), secret_key=DEMO_KEY)
    database.dispose()
    return path


@pytest.fixture(scope="session")
def shared_gateway(
    demo_world: Path, simulator: RasaSimulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    with running(demo_world, simulator, tmp_path_factory.mktemp("widget")) as gateway:
        yield gateway


@pytest.fixture
def gateway(shared_gateway: Gateway, rasa: RasaSimulator) -> Gateway:
    return shared_gateway


@dataclass
class ChatWindow:
    """The widget as somebody sees it."""

    page: Page
    words: dict[str, str]

    def open(self) -> ChatWindow:
        self.page.get_by_role("button", name=self.words["launcher"]).click()
        return self.ready()

    def ready(self) -> ChatWindow:
        expect(self.lines("bot").first).to_be_visible()
        return self

    def lines(self, kind: str = "") -> Locator:
        """Lines of the log: "customer", "bot", "agent", "system", "pending", "refused"."""
        return self.page.locator(f"wallet-chat .line{'.' + kind if kind else ''}")

    def said(self) -> list[str]:
        return self.page.locator("wallet-chat .line .said").all_inner_texts()

    @property
    def input(self) -> Locator:
        return self.page.get_by_label(self.words["composer_label"])

    def say(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def button(self, name: str) -> Locator:
        return self.page.locator("wallet-chat").get_by_role("button", name=self.words.get(name, name), exact=True)

    def menu(self, name: str) -> None:
        self.button("more").click()
        self.button(name).click()

    @property
    def status(self) -> Locator:
        return self.page.locator("wallet-chat .status")


@dataclass
class DemoPage:
    """Opens the demo's page and the chat in it."""

    gateway: Gateway
    pages: Pages

    def visit(
        self, language: str = "en", *, customer: str = "visitor", without_streams: bool = False, **options: Any
    ) -> ChatWindow:
        """The page, as a customer of the demo or as a visitor; narrower than where the chat stands beside the wallet."""
        url = f"{self.gateway.http.base_url}/?lang={language}&customer={customer}"
        locale = {"zh": "zh-CN", "en": "en-US"}[language]
        context = self.pages.context(**{"locale": locale, "viewport": {"width": 1200, "height": 800}, **options})
        if without_streams:
            context.route_web_socket("**/stream", lambda socket: socket.close())
        page = context.new_page()
        page.goto(url)
        expect(page.locator("#name")).not_to_be_empty()
        expect(page.locator("wallet-chat .panel")).to_be_attached()  # the chat is there, open or not
        return window(page, language)


def window(page: Page, language: str = "en") -> ChatWindow:
    return ChatWindow(page, widget_words(language))


def widget_words(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((PROJECT / f"bot/widget/texts/{language}.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def demo_page(gateway: Gateway, pages: Pages) -> DemoPage:
    return DemoPage(gateway, pages)
