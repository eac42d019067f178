"""The shelf that dialogues stand on between turns: a file of this host, or the Redis that all Rasa servers share."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import List, Optional, Protocol, Text

from redis.asyncio import Redis

from components.shared import shared_redis

_TABLE = "CREATE TABLE IF NOT EXISTS dialogues (sender TEXT PRIMARY KEY, tracker TEXT NOT NULL)"
_PREFIX = "wallet:dialogue:"
_A_WEEK = 7 * 24 * 60 * 60


class Dialogues(Protocol):
    """Serialised trackers by sender."""

    async def read(self, sender: Text) -> Optional[Text]: ...

    async def write(self, sender: Text, tracker: Text) -> None: ...

    async def senders(self) -> List[Text]: ...


def dialogues(path: Text) -> Dialogues:
    """As the environment says: shared, or in the file at `path`."""
    redis = shared_redis()
    if redis is None:
        return FileDialogues(path)
    return SharedDialogues(redis, seconds=int(os.environ.get("DIALOGUES_KEPT_SECONDS", _A_WEEK)))


class FileDialogues:
    """A SQLite file."""

    def __init__(self, path: Text) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # One thread, Rasa's, and no statement is left half done there.
        self._connection = sqlite3.connect(path, check_same_thread=False, timeout=5, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(_TABLE)

    async def read(self, sender: Text) -> Optional[Text]:
        row = self._connection.execute("SELECT tracker FROM dialogues WHERE sender = ?", (sender,)).fetchone()
        return row[0] if row else None

    async def write(self, sender: Text, tracker: Text) -> None:
        self._connection.execute(
            "INSERT INTO dialogues VALUES (?, ?) ON CONFLICT (sender) DO UPDATE SET tracker = excluded.tracker",
            (sender, tracker),
        )

    async def senders(self) -> List[Text]:
        return [row[0] for row in self._connection.execute("SELECT sender FROM dialogues")]


class SharedDialogues:
    """Redis, where a dialogue is forgotten `seconds` after its last turn: memory is dear."""

    def __init__(self, redis: Redis, *, seconds: int) -> None:
        self._redis = redis
        self._seconds = seconds

    async def read(self, sender: Text) -> Optional[Text]:
        return await self._redis.get(_PREFIX + sender)

    async def write(self, sender: Text, tracker: Text) -> None:
        await self._redis.set(_PREFIX + sender, tracker, ex=self._seconds)

    async def senders(self) -> List[Text]:
        return [key[len(_PREFIX) :] async for key in self._redis.scan_iter(match=_PREFIX + "*")]
