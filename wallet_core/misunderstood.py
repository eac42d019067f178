"""Which of the customers' sentences were not understood: where the next training sentences come from.

Read from the transcripts alone, from what we answered and what the customer did next. Texts are as stored: masked.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.models import Language, Message, Role
from wallet_core.times import require_aware

# What our answers are called that say we did not understand. A reply's name says so by its beginning or its end.
UNKNOWN_NAMES = ("utter_out_of_scope", "utter_default")
WHICH_TOPIC_NAMES = ("utter_clarify",)
WHICH_FACT_NAMES = ("_not_understood", "_unclear")
DENIED_NAMES = ("utter_deny",)
_BROKEN_NAMES = ("utter_error_",)  # what is out of order is no matter of words

_SOON = timedelta(minutes=10)  # later, the same words are a new question
_READ_AT_ONCE = 1000


class Trouble(StrEnum):
    """How it showed. Of one message the first of these counts."""

    UNKNOWN = "unknown"  # we said that it is beyond us
    CORRECTED = "corrected"  # we asked which topic was meant, and it was none of them
    ASKED_BACK = "asked_back"  # we asked which topic, or which amount, time, number was meant
    SAID_AGAIN = "said_again"  # it was answered, said again at once, and answered the same


class MisunderstoodView(BaseModel, frozen=True):
    """Messages that differ in no letter or digit and had the same trouble."""

    text: str  # as it was last written
    language: Language
    trouble: Trouble
    count: int
    last_at: datetime
    meant: dict[str, int]  # topics that were then chosen of those we asked about, and how often


def collect(
    session: Session,
    *,
    since: datetime,
    language: Language | None = None,
    newest_first: bool = False,
    limit: int | None = None,
) -> list[MisunderstoodView]:
    """What customers wrote since then and we did not understand, the most frequent first.

    What they chose by a button is not listed. Reads all messages since then, one after the other.

    Raises:
        InvalidTime: `since` carries no zone.
    """
    found: dict[tuple[Language, Trouble, str], list[_Misunderstood]] = defaultdict(list)
    for one in _misunderstood(_lines(session, since=require_aware(since))):
        if language in (None, one.said.language):
            found[one.said.language, one.trouble, _comparable(one.said.text)].append(one)
    views = [_view(group) for group in found.values()]
    views.sort(key=lambda view: view.last_at, reverse=True)
    if not newest_first:
        views.sort(key=lambda view: view.count, reverse=True)
    return views[:limit]


class _Line(NamedTuple):
    conversation_id: str
    id: int
    role: Role
    text: str
    language: Language
    buttons: list[Any]
    name: str | None
    at: datetime
    button_id: str | None
    answer_to: int | None


class _Misunderstood(NamedTuple):
    said: _Line
    trouble: Trouble
    meant: str | None = None


class _Turn:
    """A customer's message and our answer to it."""

    def __init__(self, said: _Line, answer: list[_Line]) -> None:
        self.said, self.answer = said, answer
        self.names = [line.name or "" for line in answer]
        self.written = said.button_id is None and said.name is None  # neither pressed nor an answer to a challenge

    def answered_by(self, *names: str) -> bool:
        return any(name.startswith(names) for name in self.names)

    @property
    def asked_which_topic(self) -> bool:
        return self.answered_by(*WHICH_TOPIC_NAMES)

    @property
    def asked_which_fact(self) -> bool:
        return any(name.endswith(WHICH_FACT_NAMES) for name in self.names)


def _lines(session: Session, *, since: datetime) -> Iterator[_Line]:
    rows = session.execute(
        select(*(getattr(Message, column) for column in _Line._fields))
        .where(Message.at >= since, Message.role.in_((Role.CUSTOMER, Role.BOT)))
        .order_by(Message.conversation_id, Message.id)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    return (_Line._make(row) for row in rows)


def _misunderstood(lines: Iterable[_Line]) -> Iterator[_Misunderstood]:
    for _, conversation in groupby(lines, key=lambda line: line.conversation_id):
        turns = _turns(list(conversation))
        for turn, following in zip(turns, [*turns[1:], None], strict=True):
            trouble = _trouble(turn, following)
            if trouble is not None:
                yield _Misunderstood(turn.said, trouble, _chosen(turn, following) if following else None)


def _turns(lines: list[_Line]) -> list[_Turn]:
    answers: dict[int, list[_Line]] = defaultdict(list)
    for line in lines:
        if line.role is Role.BOT and line.answer_to is not None:
            answers[line.answer_to].append(line)
    return [_Turn(line, answers[line.id]) for line in lines if line.role is Role.CUSTOMER]


def _trouble(turn: _Turn, following: _Turn | None) -> Trouble | None:
    if not turn.written:
        return None
    if turn.answered_by(*UNKNOWN_NAMES):
        return Trouble.UNKNOWN
    if turn.asked_which_topic and following is not None and _rejects(following):
        return Trouble.CORRECTED
    if turn.asked_which_topic or turn.asked_which_fact:
        return Trouble.ASKED_BACK
    if following is not None and _says_again(turn, following):
        return Trouble.SAID_AGAIN
    return None


def _rejects(following: _Turn) -> bool:
    """Whether what came after our question chose none of the topics: a no, or words that we understood no better."""
    return following.asked_which_topic or following.answered_by(*DENIED_NAMES, *UNKNOWN_NAMES)


def _says_again(turn: _Turn, following: _Turn) -> bool:
    return (
        following.written
        and following.said.at - turn.said.at <= _SOON
        and _comparable(following.said.text) == _comparable(turn.said.text)
        and bool(turn.names)
        and following.names == turn.names
        and not turn.answered_by(*_BROKEN_NAMES)
    )


def _chosen(turn: _Turn, following: _Turn) -> str | None:
    """The topic whose button was pressed, of those that our question offered."""
    offered = {
        button["id"]: str(button["payload"])
        for line in turn.answer
        if (line.name or "").startswith(WHICH_TOPIC_NAMES)
        for button in line.buttons
    }
    payload = offered.get(following.said.button_id or "", "")
    return payload.removeprefix("/").partition("{")[0] or None


def _comparable(text: str) -> str:
    """The letters and digits of a text; of one that has none, the text."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum()) or plain


def _view(group: list[_Misunderstood]) -> MisunderstoodView:
    last = max(group, key=lambda one: one.said.at)
    return MisunderstoodView(
        text=last.said.text,
        language=last.said.language,
        trouble=last.trouble,
        count=len(group),
        last_at=last.said.at,
        meant=dict(Counter(one.meant for one in group if one.meant).most_common()),
    )
