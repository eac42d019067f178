"""From the key that sends a message to the painted answer, in a real browser."""

from __future__ import annotations

from itertools import islice

from playwright.sync_api import Page

from bot.failures import CannotGoOn
from tests.browser import NONE, find_browser, running_browser
from tests.load.speed.figures import Sample

# After the frame in which the answer stands was handed to the screen.
_WATCH = """() => {
    window.painted = [];
    const log = document.querySelector("wallet-chat").shadowRoot.querySelector("[role=log]");
    window.addEventListener("keydown", ({key}) => key === "Enter" && (window.began = performance.now()), true);
    new MutationObserver((changes) => {
        const answer = changes.some(({addedNodes}) => [...addedNodes].some((node) => node.matches?.(".bot")));
        if (!answer || !window.began) return;
        const began = window.began;
        window.began = 0;
        requestAnimationFrame(() => {
            const {port1, port2} = new MessageChannel();
            port1.onmessage = () => window.painted.push(performance.now() - began);
            port2.postMessage(null);
        });
    }).observe(log, {childList: true, subtree: true});
}"""
_SENTENCES = {
    "en": ("What is a digital wallet?", "How do I protect my data?", "Which shops take the wallet?", "thank you"),
    "zh": ("什么是数字钱包？", "怎么保护个人信息？", "哪些商家能用？", "谢谢"),
}
_WARMING = 5


def painting(url: str, count: int) -> Sample:
    """So many messages of a visitor's, in both languages by turns.

    Raises:
        CannotGoOn: there is no browser.
    """
    program = find_browser()
    if program is None:
        raise CannotGoOn(NONE)
    sample = Sample()
    with running_browser(program) as browser:
        for language, sentences in _SENTENCES.items():
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{url}/?lang={language}&customer=visitor")
            page.locator("wallet-chat .line.bot").first.wait_for()
            page.evaluate(_WATCH)
            for number in range(_WARMING + count // 2):
                seconds = _say(page, sentences[number % len(sentences)], number + 1)
                if number >= _WARMING:
                    sample.add(seconds, None)
            page.close()
    return sample


def _say(page: Page, text: str, answers: int) -> float:
    page.locator("wallet-chat textarea").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_function("answers => window.painted.length >= answers", arg=answers)
    milliseconds: float = next(islice(page.evaluate("window.painted"), answers - 1, None))
    return milliseconds / 1000
