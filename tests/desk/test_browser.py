"""The desk in a real browser: work as agents do it, in both languages, without a barrier and without an error."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Pages, barriers, keep_screenshot
from tests.desk.world import PASSWORDS, World

LOCALES = {"en": "en-US", "zh": "zh-CN"}

OpenDesk = Callable[..., Page]


@pytest.fixture
def desk(world: World, pages: Pages) -> OpenDesk:
    """Signs an agent in, by the page."""

    def open_desk(name: str = "ana", *, language: str = "en", **options: object) -> Page:
        page = pages.open(f"{world.url}/desk", locale=LOCALES[language], **{"viewport": WIDE, **options})
        page.locator("#name").fill(name)
        page.locator("#password").fill(PASSWORDS[name])
        page.keyboard.press("Enter")
        expect(page.locator("#board")).to_be_visible()
        page.wait_for_load_state()  # from here on, keys are heard
        return page

    return open_desk


WIDE = {"width": 1440, "height": 900}


def press_and_load(page: Page, key: str) -> None:
    """A key that leads to another page, or to this one anew: what is done next is done there."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_from_the_queue_to_an_agent_and_back(world: World, desk: OpenDesk) -> None:
    page = desk()
    chat = world.waiting_chat("C1003")

    page.locator(f"#row-{chat.id}").click()  # it appeared by itself
    page.wait_for_url("**/desk/chats/*")  # loaded: keys are heard
    press_and_load(page, "c")
    expect(page.locator("#composer")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.type("Good morning, what did they ask for?")
    page.keyboard.press("Enter")
    expect(page.locator("#lines .line.agent .text")).to_have_text("Good morning, what did they ask for?")
    expect(page.locator("#text")).to_have_value("")
    chat.say("they wanted the code from the text message")
    expect(page.locator("#lines .line.customer .text").last).to_have_text("they wanted the code from the text message")
    keep_screenshot(page, "desk-chat-en")
    assert barriers(page) == []
    page.get_by_role("button", name="Give back").click()

    expect(page.locator("#composer")).to_be_hidden()
    expect(page.locator("#head")).to_contain_text("The assistant answers")
    assert chat.post({"text": "thank you very much"}).json()["owner"] == "bot"


def test_a_draft_and_the_focus_outlast_what_comes_in(world: World, desk: OpenDesk) -> None:
    chat = world.waiting_chat("C1003")
    page = desk()
    page.goto(f"{world.url}/desk/chats/{chat.id}")
    press_and_load(page, "c")
    page.locator("#text").fill("let me look that")

    chat.say("are you there?")

    expect(page.locator("#lines .line.customer .text").last).to_have_text("are you there?")
    expect(page.locator("#text")).to_have_value("let me look that")
    expect(page.locator("#text")).to_be_focused()


def test_given_back_unread_is_refused_until_it_is_seen(world: World, desk: OpenDesk, pages: Pages) -> None:
    chat = world.waiting_chat("C1003")
    page = desk()
    page.route("**/parts/**", lambda route: route.abort())  # what comes in does not get to the page
    pages.foresee("ERR_FAILED")
    pages.foresee("409")
    page.goto(f"{world.url}/desk/chats/{chat.id}")
    press_and_load(page, "c")
    expect(page.locator("#composer")).to_be_visible()
    chat.say("one more thing")

    page.get_by_role("button", name="Give back").click()

    expect(page.get_by_text("has written meanwhile")).to_be_visible()


def test_script_in_a_customer_s_text_does_nothing(world: World, desk: OpenDesk) -> None:
    chat = world.waiting_chat("C1003")
    chat.say("<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">")
    page = desk()

    page.goto(f"{world.url}/desk/chats/{chat.id}")
    chat.say("<b>more</b>")

    expect(page.locator("#lines .line.customer .text").last).to_have_text("<b>more</b>")
    assert page.title() != "owned"
    assert page.locator("#lines img, #lines b").count() == 0


def test_a_ticket_is_worked(world: World, desk: OpenDesk) -> None:
    reference = world.ticket("C1002", summary="charged twice at the bakery on Hill Road")
    page = desk()

    page.goto(f"{world.url}/desk/tickets?whose=all")
    page.locator("main").get_by_role("link", name=reference).click()
    page.get_by_role("button", name="Take it").click()
    page.get_by_label("New comment").fill("asked the merchant")
    page.get_by_role("button", name="Add comment").click()
    expect(page.locator(".comments")).to_contain_text("asked the merchant")
    keep_screenshot(page, "desk-ticket-en")
    page.get_by_role("button", name="Resolve").click()

    expect(page.locator("main .head")).to_contain_text("resolved")
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()


def test_an_unfreeze_is_approved(world: World, desk: OpenDesk) -> None:
    reference = world.lift_request("C1005")
    page = desk()
    page.on("dialog", lambda dialog: dialog.accept())

    page.locator("header").get_by_role("link", name="Unfreezes").click()
    card = page.locator(f"[id='{reference}']")
    keep_screenshot(page, "desk-unfreezes-en")
    card.get_by_role("button", name="Lift the freeze").click()

    expect(card).to_have_count(0)
    page.goto(f"{world.url}/desk/customers/C1005/timeline")
    expect(page.locator("main")).to_contain_text("freeze lifted")
    keep_screenshot(page, "desk-timeline-en", full_page=True)


@pytest.mark.parametrize("language", LOCALES)
def test_a_lost_phone_is_reported_and_replaced_on_the_customer_s_page(
    own_world: World, pages: Pages, language: str
) -> None:
    page = pages.open(f"{own_world.url}/desk", locale=LOCALES[language], viewport={"width": 1024, "height": 900})
    page.locator("#name").fill("ana")
    page.locator("#password").fill(PASSWORDS["ana"])
    page.keyboard.press("Enter")
    expect(page.locator("#board")).to_be_visible()
    page.goto(f"{own_world.url}/desk/customers/C1002")
    page.on("dialog", lambda dialog: dialog.accept())

    page.locator("form[action$='/contacts/phone/lost'] button").click()
    expect(page.locator("main .tag.p1")).to_have_text({"en": "reported lost", "zh": "已报失"}[language])
    for one in page.locator("main details summary").all():
        one.click()
    keep_screenshot(page, f"desk-customer-{language}")
    assert barriers(page) == []
    assert page.locator("main").evaluate("part => part.scrollWidth <= part.clientWidth")
    form = page.locator("form[action$='/contacts']")
    form.locator("[name=value]").fill("+1 212 555 0199")
    form.locator("[name=reason]").select_option("lost")
    form.locator("button").click()  # without the check it is not sent
    expect(page.locator("main .tag.p1")).to_be_visible()
    form.locator("[name=checked]").check()
    form.locator("button").click()

    expect(page.locator("main .tag.p1")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("99")


def test_a_callback_is_claimed_said_and_done(world: World, desk: OpenDesk, pages: Pages) -> None:
    reference, phrase = world.callback("C1007")
    page = desk()
    page.goto(f"{world.url}/desk/callbacks/{reference}")
    expect(page.locator("main")).not_to_contain_text(phrase)

    page.get_by_role("button", name="Claim").click()
    expect(page.locator("main")).not_to_contain_text(phrase)
    page.get_by_role("button", name="Call now").click()

    expect(page.locator(".phrase .words")).to_have_text(phrase)
    keep_screenshot(page, "desk-callback-en")
    pages.foresee("403")
    other = desk("sue")
    other.goto(f"{world.url}/desk/callbacks/{reference}")
    expect(other.locator("main")).to_contain_text("claimed by somebody else")
    assert phrase not in other.content()
    page.get_by_role("button", name="We talked").click()
    expect(page.locator("main .tags")).to_contain_text("done")


def test_the_keys_lead_through_the_desk(world: World, desk: OpenDesk) -> None:
    world.waiting_chat("C1003")
    page = desk()

    page.keyboard.press("j")
    expect(page.locator("#board a.row").first).to_be_focused()
    press_and_load(page, "Enter")
    expect(page.locator("#lines")).to_be_visible()
    page.keyboard.press("g")
    press_and_load(page, "t")
    expect(page).to_have_url(re.compile("/desk/tickets$"))
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    keep_screenshot(page, "desk-help-en")
    assert barriers(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()


def test_signed_out_elsewhere_this_page_says_so(world: World, desk: OpenDesk, pages: Pages) -> None:
    pages.foresee("401|ERR_FAILED")
    page = desk("tom")
    page.route("**/parts/**", lambda route: route.abort())  # else it may learn of it by itself, and leave too early
    other = page.context.new_page()
    other.goto(f"{world.url}/desk")
    other.get_by_role("button", name="Sign out").click()

    page.locator("header").get_by_role("link", name="Tickets").click()

    expect(page.locator("#password")).to_be_visible()


def test_the_agent_s_open_page_is_what_lets_customers_wait(own_world: World, pages: Pages) -> None:
    chat = own_world.gateway.chat()
    page = pages.open(f"{own_world.url}/desk")
    page.locator("#name").fill("ana")
    page.locator("#password").fill(PASSWORDS["ana"])
    with page.expect_response("**/desk/parts/board"):  # asked for when its stream has begun, and so told of ana
        page.keyboard.press("Enter")
    expect(page.locator("#board .none").first).to_be_visible()

    own_world.queue(chat)

    expect(page.locator(f"#row-{chat.id}")).to_be_visible()


PAGES = {
    "queue": "",
    "chat": "/chats/{chat}",
    "tickets": "/tickets?whose=all",
    "ticket": "/tickets/{ticket}",
    "callbacks": "/callbacks",
    "callback": "/callbacks/{callback}",
    "unfreezes": "/unfreezes",
    "customer": "/customers/C1006",
    "timeline": "/customers/C1006/timeline",
    "search": "/search?q=C1006",
    "refused": "/tickets/T-1",
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier(own_world: World, pages: Pages, language: str, scheme: str) -> None:
    chat = own_world.waiting_chat("C1006")
    own_world.lift_request("C1009")
    names = {"chat": chat.id, "ticket": own_world.ticket("C1006"), "callback": own_world.callback("C1006")[0]}
    pages.foresee("404")
    context = pages.context(locale=LOCALES[language], color_scheme=scheme, viewport=WIDE)
    page = context.new_page()
    page.goto(f"{own_world.url}/desk")
    found = {"sign-in": barriers(page)}
    keep_screenshot(page, f"desk-sign-in-{language}-{scheme}")
    page.locator("#name").fill("sue")
    page.locator("#password").fill(PASSWORDS["sue"])
    page.keyboard.press("Enter")
    expect(page.locator("#board")).to_be_visible()

    for name, path in PAGES.items():
        page.goto(f"{own_world.url}/desk{path.format(**names)}")
        if name in ("chat", "callback"):
            press_and_load(page, "c")
            page.locator("#composer, form[action$='/give-back']").first.wait_for()
            if name == "callback":
                press_and_load(page, "c")
                page.locator(".phrase").wait_for()
        found[name] = barriers(page)
        keep_screenshot(page, f"desk-{name}-{language}-{scheme}")

    assert {name: list_ for name, list_ in found.items() if list_} == {}


@pytest.mark.parametrize("width", [320, 1024, 1280])
def test_nothing_is_cut_off_on_a_small_screen(world: World, desk: OpenDesk, width: int) -> None:
    chat = world.waiting_chat("C1006")
    page = desk(viewport={"width": width, "height": 768})

    for name in ("chats/" + chat.id, "customers/C1006/timeline", "tickets", "callbacks"):
        page.goto(f"{world.url}/desk/{name}")

        keep_screenshot(page, f"desk-{name.split('/')[0]}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        for part in page.locator("#board, main, aside").all():
            assert part.evaluate("part => part.scrollWidth <= part.clientWidth"), name


def test_who_picks_up_sees_at_once_who_it_is_how_sure_that_is_and_what_it_is_about(
    world: World, desk: OpenDesk
) -> None:
    chat = world.waiting_chat("C1006")
    page = desk(viewport={"width": 320, "height": 640})

    page.goto(f"{world.url}/desk/chats/{chat.id}")

    for told in ("林美玲", "signed in", "Report a scam", "web chat"):
        expect(page.locator("#head").get_by_text(told).first).to_be_in_viewport()
