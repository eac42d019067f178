"""Tells those who wait that something happened in a conversation: at once what this process did, soon what others did.

Who follows a conversation is only woken, and reads the transcript from where they are: so nothing comes twice and
nothing is missed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import batched

import structlog
from prometheus_client import Gauge
from sqlalchemy.orm import Session

from bot.gateway.storage import Storage
from wallet_core import conversations
from wallet_core.conversations import Mark
from wallet_core.errors import StorageUnavailable
from wallet_core.models import Owner
from wallet_core.transcripts import MessageView

log = structlog.get_logger(__name__)

_AT_ONCE = 500


@dataclass(frozen=True)
class Answer:
    """What the sender of a message is told."""

    messages: list[MessageView]
    owner: Owner


class News:
    """One listener's bell, and the answers that came with it, by the number of the message answered."""

    def __init__(self, *, follows: bool) -> None:
        self.follows = follows
        self.typing = False
        self.answers: dict[int, Answer] = {}
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float) -> bool:
        """Until it rings, or that long; whether it rang."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        rang = self._rung.is_set()
        self._rung.clear()
        return rang

    def take_typing(self) -> bool:
        """Whether somebody began to type since this was asked last."""
        typing, self.typing = self.typing, False
        return typing


class Hub:
    """Args: pause: seconds between looks at what other processes did to conversations that are followed here."""

    def __init__(self, storage: Storage, streams: Gauge, *, pause: float) -> None:
        self._storage = storage
        self._streams = streams
        self._pause = pause
        self._listeners: dict[str, set[News]] = defaultdict(set)
        self._marks: dict[str, Mark] = {}

    @contextmanager
    def listen(self, conversation_id: str, *, follows: bool = False) -> Iterator[News]:
        """A bell for this conversation; one that `follows` hears of other processes' doings too."""
        news = News(follows=follows)
        self._listeners[conversation_id].add(news)
        self._streams.inc(follows)
        try:
            yield news
        finally:
            self._streams.dec(follows)
            self._listeners[conversation_id].discard(news)
            if not self._listeners[conversation_id]:
                del self._listeners[conversation_id]
                self._marks.pop(conversation_id, None)

    def changed(self, conversation_id: str, *, by: News | None = None) -> None:
        """Something was stored; whoever did it knows."""
        for news in self._listeners.get(conversation_id, ()):
            if news is not by:
                news.ring()

    def answered(self, conversation_id: str, message_id: int, answer: Answer) -> None:
        """A message was answered: its sender need not read the transcript to know."""
        for news in self._listeners.get(conversation_id, ()):
            news.answers[message_id] = answer
            news.ring()

    def typing(self, conversation_id: str) -> None:
        """An answer is being made."""
        for news in self._listeners.get(conversation_id, ()):
            if news.follows:
                news.typing = True
                news.ring()

    async def watch(self) -> None:
        """Look, again and again, at what other processes did."""
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self._look()
            except StorageUnavailable:
                log.warning("hub.storage_unavailable")

    async def _look(self) -> None:
        followed = [
            conversation_id
            for conversation_id, listeners in self._listeners.items()
            if any(news.follows for news in listeners)
        ]
        for some in batched(followed, _AT_ONCE):
            marks = await self._storage.read(partial(_marks_of, conversation_ids=some))
            for conversation_id, mark in marks.items():
                if self._marks.get(conversation_id) != mark and conversation_id in self._listeners:
                    self._marks[conversation_id] = mark
                    self.changed(conversation_id)


def _marks_of(session: Session, conversation_ids: tuple[str, ...]) -> dict[str, Mark]:
    return conversations.marks(session, conversation_ids=conversation_ids)
