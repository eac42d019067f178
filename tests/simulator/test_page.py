"""The telephones in a real browser, through the gateway, as somebody who tries the demo has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from bot.gateway.app import create_app as create_gateway
from bot.settings import Settings
from bot.simulator.app import create_app
from bot.simulator.simulator import Simulator
from bot.simulator.timeline import Timeline
from tests.browser import PATIENCE, Pages, barriers, keep_screenshot
from tests.gateway.serving import Served, free_port
from tests.simulator.conftest import OurSide
from tests.telephony.phone import simulated_account

# The clock runs here: questions stay open for longer than a busy machine may need, though not for a minute.
MENU = (
    "<Gather input='dtmf speech' language='en-US' numDigits='1' timeout='50' action='/turn'>"
    "<Say language='en-US' voice='Polly.Joanna-Neural'>Press 1 to freeze, 0 for a person.</Say></Gather>"
)
AGENT = "+12025550191"
KEYS = "123456789*0#"


@dataclass
class Desk:
    """The page, open; the customer's telephone lies on the left, the agent's on the right."""

    page: Page
    ours: OurSide

    @property
    def left(self) -> Locator:
        return self.page.locator(".phone").nth(0)

    @property
    def right(self) -> Locator:
        return self.page.locator(".phone").nth(1)

    @property
    def entries(self) -> Locator:
        return self.page.locator(".entry")

    def call(self) -> Locator:
        self.left.locator(".dial").click()
        return self.left.locator(".talking")

    def press(self, phone: Locator, key: str) -> None:
        phone.locator(".talking .keys button").nth(KEYS.index(key)).click()


@pytest.fixture(scope="module")
def our_side() -> OurSide:
    return OurSide()


@pytest.fixture(scope="module")
def gateway(our_side: OurSide, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway that shows the page, and a simulator whose webhooks go to what the test answers."""
    url = f"http://127.0.0.1:{free_port()}"
    transport = httpx.ASGITransport(our_side.app)
    simulator = Simulator(simulated_account(url), timeline=Timeline(), transport=transport)
    settings = Settings(_env_file=None, state_dir=tmp_path_factory.mktemp("page"), simulator_url=url)
    serving = [Served(create_app(simulator), port=int(url.rpartition(":")[2])), Served(create_gateway(settings))]
    yield serving[1].url
    for served in serving[::-1]:
        served.stop()


@pytest.fixture
def ours(our_side: OurSide) -> OurSide:
    our_side.answers.clear()
    our_side.hooks.clear()
    return our_side


@pytest.fixture
def address(gateway: str) -> str:
    """Of the page, with nothing on its telephones yet."""
    httpx.post(f"{gateway}/simulator/api/reset", trust_env=False, timeout=PATIENCE / 1000).raise_for_status()
    return f"{gateway}/simulator"


def open_page(pages: Pages, ours: OurSide, address: str, **options: Any) -> Desk:
    ours.answers["/twilio/voice"] = MENU
    desk = Desk(pages.open(address, **{"viewport": {"width": 1500, "height": 900}, **options}), ours)
    expect(desk.left.locator(".number")).not_to_be_empty()
    return desk


@pytest.fixture
def desk(address: str, ours: OurSide, pages: Pages) -> Desk:
    return open_page(pages, ours, address)


def test_a_call_is_heard_answered_by_keys_and_words_and_ended(desk: Desk) -> None:
    talk = desk.call()
    expect(talk.locator(".captions li").last).to_contain_text("Press 1 to freeze")
    expect(talk.locator(".asks")).to_contain_text("1 digits or speech (en-US)")

    desk.ours.answers["/turn"] = "<Gather input='speech' timeout='50' action='/turn'><Say>What happened?</Say></Gather>"
    desk.press(desk.left, "1")
    expect(talk.locator(".captions li").last).to_contain_text("What happened?")
    desk.ours.answers["/turn"] = "<Say>Frozen.</Say><Pause length='30'/>"
    with desk.page.expect_response("**/speaking"):  # words that come with it at the same moment would be lost
        talk.locator(".speak input").fill("My phone is gone")
    talk.locator(".speak button").click()
    expect(talk.locator(".captions li").last).to_contain_text("Frozen.")
    talk.locator(".hang").click()

    expect(talk).to_be_hidden()
    expect(desk.left.locator(".recent li")).to_have_count(1)
    assert [form.get("Digits") or form.get("SpeechResult") for form in desk.ours.to("/turn")] == [
        "1",
        "My phone is gone",
    ]


def test_each_request_can_be_opened_with_its_twiml(desk: Desk) -> None:
    talk = desk.call()
    expect(talk.locator(".captions li").first).to_be_visible()

    desk.entries.first.locator("summary").click()

    expect(desk.entries.first.locator("dl")).to_contain_text("CallSid")
    expect(desk.entries.first.locator("pre .xml-tag").first).to_have_text("<Response")


def test_texts_are_bubbles_with_their_parts(desk: Desk) -> None:
    desk.ours.answers["/twilio/messages"] = f"<Message>{'余额' * 40}</Message>"
    desk.left.locator('.tabs [data-tab="texts"]').click()

    desk.left.locator(".write input").fill("<b>balance</b>")
    desk.left.locator(".write button").click()

    expect(desk.left.locator(".bubble.own")).to_contain_text("<b>balance</b>")
    expect(desk.left.locator(".bubble").last).to_contain_text("2 segments · delivered")


def test_an_agent_takes_the_call_hears_the_whisper_and_speaks_with_the_customer(desk: Desk) -> None:
    desk.ours.answers |= {
        "/turn": f"<Dial><Number url='/whisper'>{AGENT}</Number></Dial>",
        "/whisper": "<Gather numDigits='1' timeout='50' action='/accept'><Say>Emily. Press 1.</Say></Gather><Hangup/>",
    }
    talk = desk.call()
    expect(talk.locator(".captions li").first).to_be_visible()
    desk.press(desk.left, "0")
    desk.right.get_by_role("button", name="Answer").click()
    at_agents = desk.right.locator(".talking")
    expect(at_agents.locator(".captions")).to_contain_text("Emily. Press 1.")

    desk.press(desk.right, "1")
    expect(talk.locator(".status")).to_have_text("Connected")
    at_agents.locator(".speak input").fill("Hello Emily")
    at_agents.locator(".speak button").click()

    expect(talk.locator(".captions li").last).to_contain_text("Hello Emily")
    keep_screenshot(desk.page, "simulator-connected")


def test_the_clock_can_be_turned_and_faults_switched(desk: Desk) -> None:
    talk = desk.call()
    expect(talk.locator(".captions li").first).to_be_visible()

    desk.page.get_by_role("button", name="+1 min", exact=True).click()
    expect(desk.left.locator(".recent li")).to_have_count(1)  # nobody said anything
    desk.page.locator("#faults summary").click()
    desk.page.get_by_label("Send every webhook twice").check()
    expect(desk.page.locator("#faults.some")).to_be_visible()  # the simulator knows
    desk.call()

    expect(desk.entries.locator(".path", has_text=re.compile("/twilio/voice$"))).to_have_count(3)


def test_a_telephone_can_be_somebody_elses(desk: Desk) -> None:
    desk.left.locator(".people").select_option(label="陈思雨 · +12025550101")
    desk.call()

    expect(desk.left.locator(".captions li").first).to_be_visible()
    assert desk.ours.to("/twilio/voice")[-1]["From"] == "+12025550101"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_the_page_has_no_barrier(address: str, ours: OurSide, pages: Pages, locale: str, scheme: str) -> None:
    desk = open_page(pages, ours, address, locale=locale, color_scheme=scheme)
    found = barriers(desk.page)
    talk = desk.call()
    expect(talk.locator(".captions li").first).to_be_visible()
    desk.entries.first.locator("summary").click()

    found += barriers(desk.page)
    keep_screenshot(desk.page, f"simulator-{locale[:2]}-{scheme}")

    assert "\n".join(found) == ""


@pytest.mark.parametrize("width", [360, 800, 1500])
def test_nothing_is_wider_than_the_window(address: str, ours: OurSide, pages: Pages, width: int) -> None:
    desk = open_page(pages, ours, address, viewport={"width": width, "height": 900})

    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
