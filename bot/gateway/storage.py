"""The database as the event loop sees it: work is done in threads, and nobody waits longer than a customer would."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from sqlalchemy.orm import Session

from wallet_core.database import Database
from wallet_core.errors import StorageUnavailable


class Storage:
    """Runs functions over a database session, `write` in a transaction of its own.

    Who waits for longer than `patience` seconds hears StorageUnavailable, and what they asked for is not done any more.
    Should it have been committed at that very moment, then it carries an identity, and asking again does nothing twice.
    """

    def __init__(self, database: Database, *, patience: float, threads: int = 16) -> None:
        self._database = database
        self._patience = patience
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="storage")
        # SQLite has one writer, and those who wait for it sleep and try again: in line, nobody sleeps too long.
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="writing") if database.is_sqlite else self._pool

    async def write[Result](self, work: Callable[[Session], Result]) -> Result:
        """Raises: StorageUnavailable, and whatever `work` raises; then nothing was written."""

        def run(given_up: Event) -> Result:
            _stop_if(given_up)
            with self._database.transaction() as session:
                result = work(session)
                _stop_if(given_up)
            return result

        return await self._run(run, self._writing)

    async def read[Result](self, work: Callable[[Session], Result]) -> Result:
        """Raises: StorageUnavailable, and whatever `work` raises."""

        def run(given_up: Event) -> Result:
            _stop_if(given_up)
            with self._database.reading() as session:
                return work(session)

        return await self._run(run, self._pool)

    async def check(self) -> bool:
        """Whether the database answers."""
        try:
            await self._run(lambda given_up: self._database.check(), self._pool)
        except StorageUnavailable:
            return False
        return True

    def close(self) -> None:
        for threads in (self._pool, self._writing):
            threads.shutdown(wait=False, cancel_futures=True)
        self._database.dispose()

    async def _run[Result](self, work: Callable[[Event], Result], threads: ThreadPoolExecutor) -> Result:
        given_up = Event()
        context = contextvars.copy_context()
        running = asyncio.get_running_loop().run_in_executor(threads, context.run, work, given_up)
        try:
            return await asyncio.wait_for(running, self._patience)
        except TimeoutError as error:
            given_up.set()
            raise StorageUnavailable() from error


def _stop_if(given_up: Event) -> None:
    if given_up.is_set():
        raise StorageUnavailable()
