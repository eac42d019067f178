"""The paragraph over a chat: who, what about, what was tried. Made by rule, of sentences that fit what is known."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import yaml

from bot.desk.context import Known
from bot.desk.rendering import Rendering
from bot.settings import PROJECT
from wallet_core.models import AccountStatus, Assurance, Language
from wallet_core.summaries import Summary

_JOINS = {Language.ZH: ("", "、"), Language.EN: (" ", ", ")}


def paragraph(summary: Summary, known: Known, *, rendering: Rendering, language: Language, now: datetime) -> str:
    """One paragraph in the agent's language."""

    def say(key: str, **facts: object) -> str:
        return rendering.say(language, f"summary_{key}", **facts)

    between, listed = _JOINS[language]
    name = known.customer.name if known.customer else ""
    who = "visitor" if known.customer is None else f"level_{int(summary.assurance)}"
    sentences = [
        say(
            who,
            name=name,
            channel=rendering.said(language, "channel", summary.channel),
            language=rendering.said(language, "language", summary.language),
            messages=summary.customer_messages,
        )
    ]
    if summary.handover is not None:
        topic = rendering.topic(language, summary.handover.topic)
        sentences.append(say(f"reason_{summary.handover.reason}", topic=topic))
        if summary.handover.agent_id is None and summary.handover.ended_at is None:
            sentences.append(say("waits", span=rendering.span(language, now - summary.handover.requested_at)))
    topics = topics_tried(summary)
    if topics:
        sentences.append(say("tried", topics=listed.join(rendering.topic(language, one) for one in topics)))
    if summary.receipts:
        sentences.append(say("done", receipts=listed.join(summary.receipts)))
    if known.account is not None and summary.assurance >= Assurance.SIGNED_IN:
        state = "frozen" if known.account.frozen else known.account.status
        if state != AccountStatus.ACTIVE:
            sentences.append(say(f"wallet_{state}"))
    if summary.last_words:
        sentences.append(say("last_words", words=summary.last_words))
    return between.join(sentences)


def topics_tried(summary: Summary) -> list[str]:
    """The topics that the assistant's replies belonged to, in order, each once."""
    found = (_topics().get(tried.name) for tried in summary.tried)
    return list(dict.fromkeys(topic for topic in found if topic is not None))


@cache
def _topics() -> dict[str, str]:
    """The topic of each reply: the domain file that it stands in."""
    topics = {}
    for file in sorted((PROJECT / "bot/rasa/domain").glob("*.yml")):
        if (PROJECT / "data/nlu/en" / file.name).exists() and file.stem not in _NO_MATTER:
            content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
            topics |= dict.fromkeys(content.get("responses") or {}, file.stem)
    return topics


_NO_MATTER = frozenset(
    "greeting thanks goodbye affirm deny bot_challenge change_language repeat talk_to_human out_of_scope".split()
)
