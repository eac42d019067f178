"""A lock between processes of one machine, by a file: two assistants may share one state folder."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

_POLL_SECONDS = 0.2


@asynccontextmanager
async def file_lock(path: Path, *, waiting: Callable[[], None]) -> AsyncIterator[None]:
    """Hold `path` as a lock; `waiting` is called once when another process has it.

    The kernel frees it when its holder ends, in whichever way.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as held:
        told = False
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    waiting()
                    told = True
                await asyncio.sleep(_POLL_SECONDS)
        yield
