"""The paragraph over a chat: who, what about, what was tried. Made by rule, of sentences that fit what is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.desk.context import Known
from bot.desk.rendering import Rendering
from bot.gateway.texts import Texts
from wallet_core.models import AccountStatus, Assurance, Language
from wallet_core.summaries import Summary

_ASKING_FOR_A_PERSON = "talk_to_human"
_JOINS = {Language.ZH: ("", "、"), Language.EN: (" ", ", ")}


def paragraph(
    summary: Summary, known: Known, topics: Sequence[str], *, rendering: Rendering, language: Language, now: datetime
) -> str:
    """One paragraph in the agent's language; `topics` are those of `topics_tried`."""

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


def topics_tried(summary: Summary, *, texts: Texts, rendering: Rendering) -> list[str]:
    """The topics that the assistant's replies belonged to, in order, each once; of small talk there are none."""
    found = (texts.topic_of(tried.name) for tried in summary.tried)
    return list(dict.fromkeys(topic for topic in found if topic is not None and _matters(topic, rendering)))


def _matters(topic: str, rendering: Rendering) -> bool:
    return topic != _ASKING_FOR_A_PERSON and rendering.has_topic(topic)
