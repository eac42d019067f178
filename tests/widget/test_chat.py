"""The chat as customers use it, in a real browser and both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.browser import keep_screenshot
from tests.gateway.conftest import Gateway
from tests.widget.conftest import ChatWindow, DemoPage, window
from wallet_core.conversations import end_conversation, lock
from wallet_core.models import Language, Message, Owner, Rating, Role
from wallet_core.ports import SystemClock
from wallet_core.transcripts import Reply, append_message

TALK = {"en": ("a choice please, now", "Yes"), "zh": ("请给我 a choice 好吗", "Yes")}


def session_id(chat: ChatWindow) -> str:
    """Of the conversation that this tab remembers."""
    found: str = chat.page.evaluate("JSON.parse(Object.values({...sessionStorage})[0]).id")
    return found


def tell(gateway: Gateway, chat: ChatWindow, role: Role, text: str, *, name: str | None = None) -> None:
    reply = Reply(text=text, language=Language.EN, name=name)
    with gateway.database.transaction() as session:
        append_message(session, conversation_id=session_id(chat), role=role, reply=reply, now=SystemClock().now())


def another_tab(chat: ChatWindow) -> ChatWindow:
    """The same page in another tab, which waits longer for this one to give it the conversation: it may be busy."""
    page = chat.page.context.new_page()
    page.add_init_script("{ const later = setTimeout; window.setTimeout = (act, pause) => later(act, 20 * pause); }")
    page.goto(chat.page.url)
    return window(page).open()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_customer_talks_presses_and_is_answered(demo_page: DemoPage, language: str) -> None:
    chat = demo_page.visit(language).open()
    text, title = TALK[language]

    chat.say(text)
    chat.button(title).click()

    expect(chat.lines("bot").last).to_contain_text("/affirm")
    assert chat.said()[1:] == [text, f"#1 {text}", title, "#2 /affirm"]
    expect(chat.page.locator("wallet-chat .choices")).to_have_count(0)
    expect(chat.input).to_be_focused()
    keep_screenshot(chat.page, f"chat-{language}")


def test_after_loading_again_everything_is_where_it_was(demo_page: DemoPage) -> None:
    chat = demo_page.visit(customer="C1010").open()
    chat.say("a choice, before loading again")
    expect(chat.button("Yes")).to_be_visible()
    said = chat.said()

    chat.page.reload()
    chat.ready()

    expect(chat.lines()).to_have_count(len(said))
    assert chat.said() == said
    chat.button("No").click()
    expect(chat.lines("bot").last).to_have_text(re.compile("#2 /deny"))
    assert chat.page.evaluate("document.activeElement.tagName") != "BUTTON"


def test_a_closed_window_stays_closed_and_counts_what_comes(gateway: Gateway, demo_page: DemoPage) -> None:
    chat = demo_page.visit().open()
    chat.button("close").click()
    expect(chat.page.locator("wallet-chat .launcher")).to_be_focused()

    chat.page.reload()
    expect(chat.page.locator("wallet-chat .launcher")).to_be_visible()
    expect(chat.lines("bot")).to_have_count(1)
    tell(gateway, chat, Role.AGENT, "Ana here, are you still there?")

    expect(chat.page.get_by_role("button", name="1 new")).to_be_visible()
    chat.open()
    expect(chat.page.locator("wallet-chat .badge")).to_be_hidden()
    expect(chat.lines("agent")).to_contain_text("Ana here")


def test_another_customer_never_sees_the_conversation_before(demo_page: DemoPage) -> None:
    chat = demo_page.visit(customer="C1010").open()
    chat.say("my secret matter is this")
    expect(chat.lines("bot")).to_have_count(2)

    chat.page.goto(f"{demo_page.gateway.http.base_url}/?lang=en&customer=C1009")
    chat.ready()

    expect(chat.lines("bot")).to_have_count(1)
    assert "secret matter" not in chat.page.content()
    assert not any("secret matter" in text for text in chat.said())


def test_what_is_written_offline_is_sent_once_when_the_network_is_back(gateway: Gateway, demo_page: DemoPage) -> None:
    demo_page.pages.foresee("ERR_INTERNET_DISCONNECTED|WebSocket")
    chat = demo_page.visit().open()
    chat.page.context.set_offline(True)
    expect(chat.status).to_have_text(chat.words["offline"])

    chat.say("written in a tunnel")
    chat.say("and one more there")
    expect(chat.lines("pending")).to_have_count(2)
    expect(chat.lines("pending").first).to_contain_text(chat.words["waits"])
    keep_screenshot(chat.page, "chat-offline")
    chat.page.context.set_offline(False)

    expect(chat.lines("bot").last).to_contain_text("#2 and one more there")
    expect(chat.lines("pending")).to_have_count(0)
    assert gateway.rasa.texts(session_id(chat)) == ["written in a tunnel", "and one more there"]


def test_what_waits_to_be_sent_outlives_loading_again(gateway: Gateway, demo_page: DemoPage) -> None:
    demo_page.pages.foresee("503|Failed to load")
    chat = demo_page.visit().open()
    chat.page.route(
        "**/api/chat/**", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    chat.page.route_web_socket("**/stream", lambda socket: socket.close())
    chat.page.reload()
    chat.ready()
    chat.say("before it was loaded again")
    expect(chat.lines("pending")).to_have_count(1)

    chat.page.unroute_all()
    chat.page.reload()

    expect(chat.lines("bot").last).to_contain_text("#1 before it was loaded again")
    assert gateway.rasa.texts(session_id(chat)) == ["before it was loaded again"]


def test_without_websockets_it_goes_by_http(gateway: Gateway, demo_page: DemoPage) -> None:
    chat = demo_page.visit(without_streams=True).open()

    chat.say("is anybody there?")
    expect(chat.lines("bot").last).to_contain_text("#1 is anybody there?")
    tell(gateway, chat, Role.AGENT, "Ana here")

    expect(chat.lines("agent")).to_contain_text("Ana here")
    assert chat.said()[1:] == ["is anybody there?", "#1 is anybody there?", "Ana here"]


def test_two_tabs_are_one_conversation(gateway: Gateway, demo_page: DemoPage) -> None:
    one = demo_page.visit(customer="C1010").open()
    other = another_tab(one)

    one.say("said in one tab")
    expect(other.lines("bot").last).to_contain_text("#1 said in one tab")
    other.say("said in the other")
    for tab in (one, other):
        expect(tab.lines("bot").last).to_contain_text("#2 said in the other")

    assert one.said() == other.said()
    assert session_id(one) == session_id(other)


def test_signing_out_in_one_tab_ends_it_in_the_other(demo_page: DemoPage) -> None:
    one = demo_page.visit(customer="C1010").open()
    other = another_tab(one)
    one.say("a matter of mine")
    expect(other.lines("bot").last).to_contain_text("#1 a matter of mine")

    one.page.evaluate("document.querySelector('wallet-chat').reset()")

    expect(other.lines("bot")).to_have_count(1)
    assert other.page.evaluate("JSON.stringify({...sessionStorage})").count("a matter") == 0


def test_the_freeze_takes_one_tap_and_the_page_shows_it_within_a_second(demo_page: DemoPage) -> None:
    chat = demo_page.visit(customer="C1007").open()
    expect(chat.page.locator(".pill")).to_have_text("Active")

    chat.button("freeze").click()

    receipt = chat.page.locator("wallet-chat .receipt")
    expect(receipt).to_contain_text("Wallet frozen")
    expect(chat.page.locator(".pill")).to_have_text("Frozen", timeout=1_500)
    expect(chat.page.locator(".trouble")).to_contain_text(receipt.locator("b").inner_text())
    keep_screenshot(chat.page, "freeze-en")


def test_a_freeze_that_cannot_be_sent_says_so_and_whom_to_call(demo_page: DemoPage) -> None:
    demo_page.pages.foresee("ERR_INTERNET_DISCONNECTED|WebSocket")
    chat = demo_page.visit(customer="C1008").open()
    chat.page.context.set_offline(True)

    chat.button("freeze").click()

    expect(chat.lines("pending")).to_contain_text("Not frozen yet")
    expect(chat.lines("pending")).to_contain_text("+1 800 555 0199")
    expect(chat.button("freeze")).to_be_disabled()
    chat.page.context.set_offline(False)
    expect(chat.page.locator("wallet-chat .receipt")).to_have_count(1)
    expect(chat.button("freeze")).to_be_enabled()


def test_a_visitor_has_no_freeze_button(demo_page: DemoPage) -> None:
    chat = demo_page.visit().open()

    expect(chat.button("freeze")).to_be_hidden()


def test_while_a_person_answers_the_assistants_buttons_are_out_of_the_way(
    gateway: Gateway, demo_page: DemoPage
) -> None:
    chat = demo_page.visit().open()
    chat.say("a choice before the agent comes")
    expect(chat.button("Yes")).to_be_visible()

    _give(gateway, chat, Owner.AGENT)
    expect(chat.button("Yes")).to_be_hidden()
    _give(gateway, chat, Owner.BOT)

    chat.button("Yes").click()
    expect(chat.lines("bot").last).to_contain_text("/affirm")


def test_a_reference_and_an_amount_stay_on_one_line(gateway: Gateway, demo_page: DemoPage) -> None:
    chat = demo_page.visit().open()

    tell(gateway, chat, Role.AGENT, "Frozen: FRZ-MW7A98P. Spent -US$45.00 and −¥1,200.00 on 2026-11-22")

    expect(chat.lines("agent").locator(".said")).to_have_text(
        "Frozen: FRZ-MW7A98P. Spent -US$45.00 and −¥1,200.00 on 2026-11-22"
    )
    assert chat.lines("agent").locator(".unbroken").all_inner_texts()[:3] == ["FRZ-MW7A98P", "-US$45.00", "−¥1,200.00"]


def _give(gateway: Gateway, chat: ChatWindow, owner: Owner) -> None:
    with gateway.database.transaction() as session:
        lock(session, session_id(chat)).owner = owner


def test_a_receipt_is_copied(demo_page: DemoPage) -> None:
    chat = demo_page.visit(customer="C1010", permissions=["clipboard-read", "clipboard-write"]).open()
    chat.button("freeze").click()
    reference = chat.page.locator("wallet-chat .receipt b").inner_text()

    chat.button(f"Copy {reference}").click()

    expect(chat.status).to_have_text(f"{reference} copied")
    assert chat.page.evaluate("navigator.clipboard.readText()") == reference


def test_the_callback_phrase_is_a_card_and_stays_out_of_the_transcript_file(
    gateway: Gateway, demo_page: DemoPage, tmp_path: Path
) -> None:
    chat = demo_page.visit(customer="C1010").open()
    text = 'Our call will begin with two words: "amber harbor". Only we know them.'
    tell(gateway, chat, Role.BOT, text, name="utter_callback_phrase")

    card = chat.page.locator("wallet-chat .card.phrase")
    expect(card).to_contain_text("keep it to yourself")
    expect(card.locator("b")).to_have_text("amber harbor")
    keep_screenshot(chat.page, "callback-phrase")
    with chat.page.expect_download() as downloading:
        chat.menu("download")
    downloading.value.save_as(tmp_path / "chat.txt")
    saved = (tmp_path / "chat.txt").read_text(encoding="utf-8-sig")

    assert downloading.value.suggested_filename.endswith(".txt")
    assert "Only we know them." in saved
    assert "amber harbor" not in saved


def test_at_the_end_it_can_be_rated_kept_and_begun_anew(gateway: Gateway, demo_page: DemoPage, tmp_path: Path) -> None:
    chat = demo_page.visit(customer="C1010").open()
    chat.say("thanks, that was all")
    expect(chat.lines("bot")).to_have_count(2)
    ended = session_id(chat)

    chat.menu("end")
    expect(chat.page.get_by_text(chat.words["ended"])).to_be_visible()
    expect(chat.input).to_be_hidden()
    chat.button("4 of 5").click()
    expect(chat.page.get_by_text(chat.words["rate_thanks"])).to_be_visible()
    chat.button("5 of 5").click()
    expect(chat.button("5 of 5")).to_have_attribute("aria-pressed", "true")
    keep_screenshot(chat.page, "chat-ended")
    with chat.page.expect_download() as downloading:
        chat.button("download").click()
    downloading.value.save_as(tmp_path / "chat.txt")
    chat.button("anew").click()
    chat.ready()

    with gateway.database.reading() as session:
        scores = session.scalars(select(Rating.score).where(Rating.subject == f"conversation:{ended}")).all()
    assert scores == [5]
    assert "thanks, that was all" in (tmp_path / "chat.txt").read_text(encoding="utf-8-sig")
    expect(chat.lines("bot")).to_have_count(1)
    expect(chat.input).to_be_focused()
    assert session_id(chat) != ended


def test_an_end_that_somebody_else_made_is_told(gateway: Gateway, demo_page: DemoPage) -> None:
    chat = demo_page.visit().open()

    with gateway.database.transaction() as session:
        end_conversation(session, conversation_id=session_id(chat), now=SystemClock().now())

    expect(chat.page.get_by_text(chat.words["ended"])).to_be_visible()


def test_a_session_that_is_no_more_is_told_and_another_begun(gateway: Gateway, demo_page: DemoPage) -> None:
    demo_page.pages.foresee("401")
    chat = demo_page.visit().open()
    lost = session_id(chat)
    address = chat.page.url
    chat.page.goto("about:blank")  # nobody is there to be told of it before the page is loaded again
    with gateway.database.transaction() as session:
        lock(session, lost).token_hash = "0" * 64

    chat.page.goto(address)
    chat.ready()

    assert session_id(chat) != lost


def test_labels_change_language_at_any_time_and_the_assistant_is_told(gateway: Gateway, demo_page: DemoPage) -> None:
    chat = demo_page.visit(customer="C1010").open()

    chat.button("中文").click()

    chat.words = window(chat.page, "zh").words
    expect(chat.button("freeze")).to_be_visible()
    expect(chat.input).to_have_attribute("placeholder", chat.words["composer_hint"])
    expect(chat.lines("bot").last).to_contain_text("#1 请用中文跟我说")
    keep_screenshot(chat.page, "chat-switched")
    chat.page.evaluate("document.querySelector('wallet-chat').locale = 'en'")
    chat.words = window(chat.page, "en").words
    expect(chat.button("freeze")).to_be_visible()
    assert gateway.rasa.texts(session_id(chat)) == ["请用中文跟我说"]


def test_it_shows_that_somebody_writes_and_who_answers(gateway: Gateway, demo_page: DemoPage) -> None:
    chat = demo_page.visit().open()
    gateway.rasa.hold()
    chat.say("take your time")

    expect(chat.status).to_have_text(chat.words["typing"])
    gateway.rasa.release()
    expect(chat.status).to_have_text("")
    with gateway.database.transaction() as session:
        lock(session, session_id(chat)).owner = Owner.AGENT
    expect(chat.status).to_have_text(chat.words["owner_agent"])


def test_script_is_text(demo_page: DemoPage) -> None:
    chat = demo_page.visit().open()
    nasty = "<img src=x onerror=\"document.title='caught'\"><script>document.title='caught'</script>"

    chat.say(nasty)

    expect(chat.lines("bot").last).to_contain_text(nasty)
    assert chat.page.title() == "Oak Wallet"
    assert (
        chat.page.evaluate("document.querySelector('wallet-chat').shadowRoot.querySelectorAll('img, script').length")
        == 0
    )


def test_too_long_a_text_is_told_and_not_cut_off(gateway: Gateway, demo_page: DemoPage) -> None:
    chat = demo_page.visit().open()

    chat.input.fill("好" * 1900)
    expect(chat.page.get_by_text("100 characters left")).to_be_visible()
    chat.input.fill("👍" * 2001)
    expect(chat.page.get_by_text("1 characters too many")).to_be_visible()
    chat.input.press("Enter")

    expect(chat.lines("customer")).to_have_count(0)
    assert chat.input.input_value() == "👍" * 2001
    chat.say("👍" * 2000)
    expect(chat.lines("bot")).to_have_count(2)
    assert gateway.rasa.texts(session_id(chat)) == ["👍" * 2000]


def test_what_the_server_refuses_is_told_in_the_customers_language(gateway: Gateway, demo_page: DemoPage) -> None:
    demo_page.pages.foresee("422")  # the browser's own word, where there is no stream yet and it goes by HTTP
    chat = demo_page.visit("zh").open()

    chat.page.evaluate("document.querySelector('wallet-chat').send('   ')")

    expect(chat.lines("refused")).to_contain_text(chat.words["problem_text_empty"])
    assert gateway.rasa.texts(session_id(chat)) == []


def test_no_message_comes_twice_when_answers_get_lost(gateway: Gateway, demo_page: DemoPage) -> None:
    demo_page.pages.foresee("ERR_FAILED|Failed to load")
    chat = demo_page.visit(without_streams=True).open()
    lost = []

    def lose(route, request) -> None:  # type: ignore[no-untyped-def]
        if request.method != "POST" or len(lost) == 2:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    chat.page.route("**/messages", lose)
    chat.say("only once, please")

    expect(chat.lines("bot").last).to_contain_text("#1 only once, please")
    expect(chat.lines("pending")).to_have_count(0)
    with gateway.database.reading() as session:
        mine = select(Message.text).where(Message.conversation_id == session_id(chat), Message.role == Role.CUSTOMER)
        assert session.scalars(mine).all() == ["only once, please"]
    assert gateway.rasa.texts(session_id(chat)) == ["only once, please"]
