"""The demo's wallet page: who one is, what is in the wallet, what came to the phone, and the chat beside it."""

from __future__ import annotations

from playwright.sync_api import expect

from bot.demo_inbox import DemoInbox
from tests.browser import keep_screenshot
from tests.gateway.conftest import Gateway
from tests.widget.conftest import DemoPage, window
from wallet_core import accounts, demo, transactions
from wallet_core.ports import SystemClock


def test_it_shows_what_the_core_says(gateway: Gateway, demo_page: DemoPage) -> None:
    now = SystemClock().now()
    with gateway.database.reading() as session:
        account = accounts.account_of(session, customer_id="C1007", now=now)
        last = transactions.recent(session, account_id=account.id, limit=12, now=now)

    page = demo_page.visit(customer="C1007").page

    expect(page.locator(".amount")).to_have_text(f"€{account.balance.decimal:,}")
    expect(page.locator("#history li")).to_have_count(len(last))
    assert page.locator("#history b").all_inner_texts() == [transaction.counterparty for transaction in last]


def test_without_a_wish_one_is_somebody_of_the_browsers_language(gateway: Gateway, demo_page: DemoPage) -> None:
    for locale, name in (("en-US", "Grace Miller"), ("zh-CN", "张伟")):
        page = demo_page.pages.open(str(gateway.http.base_url), locale=locale)
        expect(page.locator("#people [aria-pressed=true]")).to_contain_text(name)
        expect(page.locator(".balance")).to_contain_text(name)


def test_choosing_somebody_changes_the_wallet_and_the_chat_and_loading_again_keeps_it(demo_page: DemoPage) -> None:
    chat = demo_page.visit(viewport={"width": 1440, "height": 900}).ready()
    expect(chat.button("freeze")).to_be_hidden()
    chat.say("as a visitor")
    expect(chat.lines("bot")).to_have_count(2)

    chat.page.get_by_role("button", name="Emily Carter").click()

    expect(chat.page.locator(".pill")).to_have_text("Frozen")
    expect(chat.button("freeze")).to_be_visible()
    expect(chat.lines("customer")).to_have_count(0)
    chat.page.reload()
    expect(chat.page.locator(".balance")).to_contain_text("Emily Carter's wallet")
    expect(chat.button("freeze")).to_be_visible()


def test_codes_and_notices_appear_by_themselves(gateway: Gateway, demo_page: DemoPage) -> None:
    person = next(person for person in demo.CUSTOMERS if person.id == "C1004")
    page = demo_page.visit(customer=person.id).page
    expect(page.locator(".balance")).to_be_visible()
    expect(page.locator("#inbox")).to_be_hidden()

    inbox = DemoInbox.of(gateway.settings)
    inbox.deliver(to=person.phone, kind="code", content="483920")
    inbox.deliver(to=person.email, kind="notice", content="<b>Your wallet</b> was frozen.")
    inbox.deliver(to="somebody@example.com", kind="code", content="000000")

    expect(page.locator("#mails li")).to_have_count(2, timeout=2_500)
    expect(page.locator("#mails")).to_contain_text("483920")
    expect(page.locator("#mails")).to_contain_text("<b>Your wallet</b> was frozen.")
    keep_screenshot(page, "wallet-inbox")


def test_a_suggestion_is_said_in_the_chat(gateway: Gateway, demo_page: DemoPage) -> None:
    chat = demo_page.visit(customer="C1003")

    chat.page.get_by_role("button", name="I'm locked out").click()

    expect(chat.lines("bot").last).to_contain_text("#1 I'm locked out")


def test_its_language_changes_with_the_chats_labels(demo_page: DemoPage) -> None:
    chat = demo_page.visit(customer="C1009").open()

    chat.page.locator("#language").click()

    expect(chat.page.locator("#name")).to_have_text("橡树钱包")
    expect(chat.page.locator(".balance")).to_contain_text("张伟的钱包")
    expect(chat.page.locator("html")).to_have_attribute("lang", "zh")
    chat.words = window(chat.page, "zh").words
    expect(chat.button("freeze")).to_be_visible()
    chat.page.reload()
    expect(chat.page.locator("#name")).to_have_text("橡树钱包")


def test_it_says_that_it_is_a_demonstration_and_leads_to_the_rest_of_it(demo_page: DemoPage) -> None:
    for language, word in (("en", "invented"), ("zh", "虚构")):
        page = demo_page.visit(language).page
        expect(page.locator(".demo")).to_contain_text(word)
        assert [link.get_attribute("href") for link in page.locator("nav a").all()] == ["/simulator", "/desk", "/docs"]
