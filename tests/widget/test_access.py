"""For everybody: by keyboard, by screen reader, enlarged, narrow, dark, still, in forced colours."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import barriers, keep_screenshot
from tests.gateway.conftest import Gateway
from tests.widget.conftest import ChatWindow, DemoPage

LANGUAGES = ("zh", "en")
NARROW = {"width": 320, "height": 640}
ZOOMED = {"width": 640, "height": 400}  # what is left of 1280 by 800 at 200 %


def overflows(page: Page) -> list[str]:
    """What is wider than the window, in the page or in the chat."""
    found: list[str] = page.evaluate(
        """() => {
            const chat = document.querySelector("wallet-chat").shadowRoot;
            const wide = (element) => element.getBoundingClientRect().right > innerWidth + 1
                && !element.closest(".hidden") && getComputedStyle(element).visibility !== "hidden";
            return [...document.body.querySelectorAll("*"), ...chat.querySelectorAll("*")].filter(wide)
                .map((element) => element.outerHTML.slice(0, 80));
        }"""
    )
    return found


def focused(page: Page) -> str:
    """The words of what has the focus."""
    found: str = page.evaluate(
        """() => {
            let element = document.activeElement;
            while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
            return element.ariaLabel || element.textContent || element.id;
        }"""
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_and_no_state_has_a_barrier(demo_page: DemoPage, language: str, scheme: str) -> None:
    demo_page.pages.foresee("ERR_INTERNET_DISCONNECTED|WebSocket")
    chat = demo_page.visit(language, customer="C1009", color_scheme=scheme)
    expect(chat.page.locator(".history li").first).to_be_visible()
    found = {"closed": barriers(chat.page)}
    keep_screenshot(chat.page, f"wallet-{language}-{scheme}")
    chat.open()
    found["open"] = barriers(chat.page)
    chat.say("a choice please")
    expect(chat.button("Yes")).to_be_visible()
    chat.button("more").click()
    found["menu and choices"] = barriers(chat.page)
    chat.page.keyboard.press("Escape")
    chat.button("freeze").click()
    expect(chat.page.locator("wallet-chat .receipt")).to_be_visible()
    found["receipt"] = barriers(chat.page)
    chat.input.fill("x" * 2001)
    chat.page.context.set_offline(True)
    expect(chat.status).to_have_text(chat.words["offline"])
    chat.page.evaluate("document.querySelector('wallet-chat').send('still here')")
    found["offline, too long"] = barriers(chat.page)
    keep_screenshot(chat.page, f"chat-{language}-{scheme}")
    chat.page.context.set_offline(False)
    expect(chat.lines("pending")).to_have_count(0)
    chat.menu("end")
    expect(chat.page.get_by_text(chat.words["ended"])).to_be_visible()
    found["ended"] = barriers(chat.page)
    keep_screenshot(chat.page, f"ended-{language}-{scheme}")

    assert found == {state: [] for state in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_visitors_page_and_the_narrow_and_the_wide_one_have_no_barrier(demo_page: DemoPage, language: str) -> None:
    visitor = demo_page.visit(language)
    narrow = demo_page.visit(language, customer="C1002", viewport=NARROW)
    narrow.open()
    wide = demo_page.visit(language, customer="C1004", viewport={"width": 1440, "height": 900}).ready()

    for name, chat in (("visitor", visitor), ("narrow", narrow), ("wide", wide)):
        assert barriers(chat.page) == [], name
        keep_screenshot(chat.page, f"wallet-{name}-{language}")


def test_everything_can_be_done_by_keyboard(demo_page: DemoPage) -> None:
    chat = demo_page.visit(customer="C1006")
    page = chat.page
    page.locator("wallet-chat .launcher").focus()

    page.keyboard.press("Enter")
    chat.ready()
    expect(chat.input).to_be_focused()
    page.keyboard.type("a choice")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("in two lines")
    page.keyboard.press("Enter")
    expect(chat.button("No")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "No"
    page.keyboard.press("Space")
    expect(chat.lines("bot").last).to_contain_text("/deny")
    expect(chat.input).to_be_focused()

    for _ in range(3):  # over the log and the freeze
        page.keyboard.press("Shift+Tab")
    assert focused(page) == chat.words["close"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(chat.button("download")).to_be_visible()
    page.keyboard.press("Escape")
    expect(chat.page.locator("wallet-chat .menu")).to_be_hidden()
    assert focused(page) == chat.words["more"]

    page.keyboard.press("Escape")
    expect(chat.page.locator("wallet-chat .panel")).to_be_hidden()
    assert chat.words["launcher"] in focused(page)


def test_beside_the_page_the_focus_may_leave_and_over_it_it_may_not(demo_page: DemoPage) -> None:
    def tab_around(chat: ChatWindow) -> set[bool]:
        inside = set()
        for _ in range(30):
            chat.page.keyboard.press("Tab")
            inside.add(chat.page.evaluate("['WALLET-CHAT', 'BODY'].includes(document.activeElement.tagName)"))
        return inside

    wide = demo_page.visit().open()
    narrow = demo_page.visit(viewport=NARROW).open()

    assert tab_around(wide) == {True, False}
    assert tab_around(narrow) == {True}


def test_what_comes_is_read_out_and_what_was_there_is_not(demo_page: DemoPage) -> None:
    chat = demo_page.visit().open()
    log = chat.page.locator("wallet-chat [role=log]")
    expect(log).to_have_attribute("aria-live", "polite")
    chat.say("hello there")
    expect(chat.lines("bot")).to_have_count(2)

    chat.page.add_init_script(
        """customElements.whenDefined("wallet-chat").then(() => {
            window.live = [];  // of the log, which comes later, whenever something is added to it
            const note = ({target}) => target.matches?.("[role=log]") && window.live.push(target.ariaLive);
            new MutationObserver((changes) => changes.forEach(note))
                .observe(document.querySelector("wallet-chat").shadowRoot, {childList: true, subtree: true});
        })"""
    )
    chat.page.reload()
    chat.ready()

    expect(log).to_have_attribute("aria-live", "polite")
    assert set(chat.page.evaluate("window.live")) == {"off"}
    assert chat.lines("bot").last.locator(".hidden").inner_text() == chat.words["role_bot"]


@pytest.mark.parametrize("viewport", [NARROW, ZOOMED, {"width": 320, "height": 256}])
@pytest.mark.parametrize("language", LANGUAGES)
def test_narrow_or_enlarged_nothing_is_cut_off(demo_page: DemoPage, language: str, viewport: dict[str, int]) -> None:
    chat = demo_page.visit(language, customer="C1005", viewport=viewport)
    expect(chat.page.locator(".history li").first).to_be_visible()
    assert overflows(chat.page) == []
    name = f"{viewport['width']}x{viewport['height']}-{language}"
    keep_screenshot(chat.page, f"wallet-{name}", full_page=True)

    chat.open()
    chat.say("Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3 + " a choice " + "9" * 90)
    chat.button("freeze").click()
    expect(chat.page.locator("wallet-chat .receipt")).to_be_visible()
    expect(chat.lines("bot")).to_have_count(3)  # the long word's answer, too

    assert overflows(chat.page) == []
    expect(chat.input).to_be_in_viewport()
    expect(chat.button("send")).to_be_in_viewport()
    expect(chat.button("freeze")).to_be_in_viewport()
    keep_screenshot(chat.page, f"chat-{name}")


def test_it_is_dark_where_the_page_is(demo_page: DemoPage) -> None:
    def ground(chat: ChatWindow) -> str:
        found: str = chat.page.evaluate(
            "getComputedStyle(document.querySelector('wallet-chat').shadowRoot.querySelector('.panel')).backgroundColor"
        )
        return found

    light = demo_page.visit(color_scheme="light").open()
    dark = demo_page.visit(color_scheme="dark").open()

    assert ground(light) == "rgb(255, 255, 255)"
    assert ground(dark) == "rgb(23, 29, 27)"
    dark.page.evaluate("document.documentElement.style.colorScheme = 'light'")
    assert ground(dark) == "rgb(255, 255, 255)"


def test_nothing_moves_for_who_wants_it_still(demo_page: DemoPage) -> None:
    moves = """() => document.querySelector("wallet-chat").shadowRoot.getAnimations().length
        + document.getAnimations().length"""
    chat = demo_page.visit(reduced_motion="reduce").open()
    chat.say("hello there")

    assert chat.page.evaluate(moves) == 0


def test_in_forced_colours_every_button_has_an_edge(gateway: Gateway, demo_page: DemoPage) -> None:
    chat = demo_page.visit(customer="C1003", forced_colors="active").open()
    widths = chat.page.evaluate(
        """() => [...document.querySelector("wallet-chat").shadowRoot.querySelectorAll("button, textarea, .said")]
            .map((element) => getComputedStyle(element).borderTopWidth)"""
    )

    assert set(widths) == {"1px"}
    keep_screenshot(chat.page, "forced-colours")
