"""A lock between processes of one machine, by a file: two assistants may share one state folder.

The kernel frees it when its holder ends, in whichever way.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

_POLL_SECONDS = 0.2


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold `path` as a lock; wait as long as another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@asynccontextmanager
async def waiting_file_lock(path: Path, *, waiting: Callable[[], None]) -> AsyncIterator[None]:
    """The same without blocking the event loop; `waiting` is called once when another process has it."""
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
