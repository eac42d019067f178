"""On somebody else's site: under a strict policy, on the list or not, with tokens from there or from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.browser import Pages, keep_screenshot
from tests.gateway.conftest import Gateway, running
from tests.gateway.rasa_simulator import RasaSimulator
from tests.gateway.serving import Served
from tests.widget.conftest import window

_PAGE = """<!doctype html><html lang="en"><title>A wallet's site</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/site.css"><h1>A wallet's site</h1>
<script type="module" src="{server}/widget/wallet-chat.js"></script>
<wallet-chat {attributes}></wallet-chat>"""
_STYLE = "h1 { font-size: 3rem } button { display: none } wallet-chat { --wallet-chat-accent: rgb(90, 40, 160) }"


@dataclass
class Site:
    """A wallet's own site, which embeds the chat by one script tag, under a policy that allows nothing inline."""

    server: str = ""

    def __post_init__(self) -> None:
        routes = [
            Route("/", self._page),
            Route("/site.css", lambda request: PlainTextResponse(_STYLE, media_type="text/css")),
        ]
        self.served = Served(Starlette(routes=routes))
        self.url = self.served.url

    def page(self, pages: Pages, **attributes: str) -> Page:
        query = "&".join(f"{name.replace('_', '-')}={value}" for name, value in attributes.items())
        return pages.open(f"{self.url}/?{query}")

    def _page(self, request: Request) -> Response:
        attributes = " ".join(f'{name}="{value}"' for name, value in request.query_params.items())
        ours = f"{self.server} {self.server.replace('http', 'ws')}"
        policy = (
            f"default-src 'self'; script-src 'self' {self.server}; style-src 'self'; connect-src {ours}; "
            "img-src 'self' data:; require-trusted-types-for 'script'"
        )
        return HTMLResponse(
            _PAGE.format(server=self.server, attributes=attributes), headers={"Content-Security-Policy": policy}
        )


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.served.stop()


@pytest.fixture
def listed(site: Site, demo_world: Path, rasa: RasaSimulator, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway with the site on its list."""
    with running(demo_world, rasa, tmp_path, widget_origins=f"https://other.example, {site.url}/") as gateway:
        site.server = str(gateway.http.base_url).rstrip("/")
        yield gateway


def test_a_site_on_the_list_needs_one_script_tag(site: Site, listed: Gateway, pages: Pages) -> None:
    requested: list[str] = []
    page = site.page(pages, identity_token=listed.identity_token("C1010"))
    page.on("request", lambda request: requested.append(request.url))
    chat = window(page).open()

    chat.say("hello from another site")

    expect(chat.lines("bot").last).to_contain_text("#1 hello from another site")
    expect(chat.button("freeze")).to_be_visible()
    assert all(url.startswith((site.url, site.server)) for url in requested)
    expect(chat.button("send")).to_have_css("background-color", "rgb(90, 40, 160)")
    keep_screenshot(page, "embedded")


def test_the_stream_works_from_there_too(site: Site, listed: Gateway, pages: Pages) -> None:
    page = site.page(pages)
    with page.expect_websocket(lambda socket: socket.url.startswith(site.server.replace("http", "ws"))) as opening:
        window(page).open()

    assert not opening.value.is_closed()


def test_inline_it_fills_its_box(site: Site, listed: Gateway, pages: Pages) -> None:
    chat = window(site.page(pages, mode="inline", locale="zh"), "zh").ready()

    expect(chat.page.locator("wallet-chat .launcher")).to_have_count(0)
    expect(chat.input).to_be_visible()
    chat.page.locator("wallet-chat").evaluate("element => element.setAttribute('mode', 'button')")
    expect(chat.page.locator("wallet-chat .launcher")).to_be_visible()
    chat.open()
    expect(chat.lines("bot")).to_have_count(1)


def test_a_site_that_is_not_on_the_list_gets_nothing(site: Site, gateway: Gateway, pages: Pages) -> None:
    pages.foresee("CORS|ERR_FAILED")
    site.server = str(gateway.http.base_url).rstrip("/")

    page = site.page(pages)

    assert any("CORS" in error for error in pages.errors)
    assert page.evaluate("customElements.get('wallet-chat') === undefined")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_token_from_elsewhere_signs_nobody_in(site: Site, listed: Gateway, pages: Pages, language: str) -> None:
    pages.foresee("401")
    theirs = jwt.encode(
        {"sub": "C1010", "aud": "wallet-assistant", "exp": 4_000_000_000, "jti": "1"}, "their own key" * 4
    )
    chat = window(site.page(pages, identity_token=theirs, locale=language), language)

    chat.page.get_by_role("button", name=chat.words["launcher"]).click()

    expect(chat.page.get_by_text(chat.words["problem_identity_token_invalid"])).to_be_visible()
    expect(chat.button("try_again")).to_be_visible()
    expect(chat.lines()).to_have_count(0)


def test_a_page_hears_what_happens_and_can_act(site: Site, listed: Gateway, pages: Pages) -> None:
    page = site.page(pages, identity_token=listed.identity_token("C1010"))
    page.evaluate(
        """() => {
            window.heard = [];
            for (const name of ["show", "ready", "message", "receipt", "end", "rating", "hide"]) {
                document.addEventListener(`wallet-chat-${name}`, ({detail}) => heard.push([name, detail]));
            }
            document.querySelector("wallet-chat").show();
        }"""
    )
    chat = window(page).ready()

    page.evaluate("document.querySelector('wallet-chat').freeze()")
    expect(chat.page.locator("wallet-chat .receipt")).to_be_visible()
    page.evaluate("document.querySelector('wallet-chat').end()")
    chat.button("3 of 5").click()
    expect(chat.button("3 of 5")).to_have_attribute("aria-pressed", "true")
    page.evaluate("document.querySelector('wallet-chat').hide()")

    heard = page.evaluate("heard")
    names = [name for name, _ in heard]
    assert names == ["show", "message", "ready", "message", "message", "receipt", "end", "rating", "hide"]
    told = dict(heard)
    assert told["ready"]["signedIn"] is True
    assert re.fullmatch(r"FRZ-\w{7}", told["receipt"]["reference"])
    assert told["rating"] == {"score": 3}


def test_taken_out_of_the_page_it_lets_go_and_put_back_it_goes_on(site: Site, listed: Gateway, pages: Pages) -> None:
    chat = window(site.page(pages)).open()
    chat.say("before it moved")
    expect(chat.lines("bot")).to_have_count(2)

    chat.page.evaluate("window.chat = document.querySelector('wallet-chat'); chat.remove()")
    chat.page.evaluate("document.body.append(window.chat)")
    chat.ready()
    chat.say("after it moved")

    expect(chat.lines("bot").last).to_contain_text("#2 after it moved")
    assert chat.said()[1:] == ["before it moved", "#1 before it moved", "after it moved", "#2 after it moved"]
