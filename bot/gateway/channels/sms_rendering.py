"""Replies as text messages: short, their buttons as numbered choices (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from twilio.twiml.messaging_response import MessagingResponse

from bot.telephony.segments import count_segments, plain, split_text
from wallet_core.models import Role
from wallet_core.transcripts import Button, MessageView

_LONGEST = 320  # characters: what Twilio advises
_MOST_SEGMENTS = 3
_NUMBERED = re.compile(r"\s*(\d{1,2})\s?[.、)]\s*")
# What XML has no place for, and a telephone no picture.
_NO_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def render(lines: Sequence[MessageView]) -> list[str]:
    """The texts that tell these lines of a conversation, in order.

    One text where it fits, its choices numbered at the end; else several, parted between sentences, each at most 320
    characters and three segments long.
    """
    lines = [line for line in lines if line.role is not Role.CUSTOMER]
    said = _clean("\n".join(line.text.strip() for line in lines if line.text.strip()))
    choices = _clean(_choices(said, [button.title for button in offered(lines)]))
    whole = _clean("\n".join(part for part in (said, choices) if part))
    if _fits(whole):
        return [whole] if whole else []
    # The choices stay together, and with the end of what was said where they fit there.
    parts = _parts(said)
    with_choices = "\n".join([*parts[-1:], choices])
    return [*parts[:-1], with_choices] if choices and _fits(with_choices) else [*parts, *_parts(choices)]


def offered(lines: Sequence[MessageView]) -> list[Button]:
    """The choices that a number picks from: the latest offer among these lines, which replaces those before it."""
    offers = [line for line in lines if line.role is not Role.CUSTOMER and line.buttons]
    if not offers:
        return []
    latest = offers[-1]
    together = [
        one for one in offers if one is latest or (latest.answer_to is not None and one.answer_to == latest.answer_to)
    ]
    return [button for line in together for button in line.buttons]


def fit(text: str) -> list[str]:
    """The text as one, or as several where it is too long for that."""
    whole = _clean(text)
    return [whole] if _fits(whole) else _parts(whole)


def reply(bodies: Sequence[str], *, status_urls: Sequence[str | None] = ()) -> str:
    """The messaging TwiML that sends these texts; without any, the one that sends nothing."""
    document = MessagingResponse()
    urls = [*status_urls, *[None] * len(bodies)]
    for body, url in zip(bodies, urls, strict=False):
        document.message(body, **({"status_callback": url} if url else {}))
    return str(document)


def _choices(said: str, titles: Sequence[str]) -> str:
    """A line for each choice, such as "1 Freeze now", but for those that the text itself lists under their number."""
    listed = {int(found[1]) for line in said.splitlines() if (found := _NUMBERED.match(line))}
    lines = []
    for number, title in enumerate(titles, start=1):
        own = _NUMBERED.match(title)
        if own is not None and int(own[1]) == number and number in listed:
            continue
        lines.append(f"{number} {title[own.end() :] if own is not None else title}")
    return "\n".join(lines)


def _clean(text: str) -> str:
    return plain(_NO_CHARACTERS.sub("", text)).strip()


def _fits(text: str) -> bool:
    return len(text) <= _LONGEST and count_segments(text) <= _MOST_SEGMENTS


def _parts(text: str) -> list[str]:
    # Three segments of the small alphabet are more than 320 characters, two are not.
    parts = split_text(text, most_segments=_MOST_SEGMENTS)
    return parts if all(len(part) <= _LONGEST for part in parts) else split_text(text, most_segments=2)
