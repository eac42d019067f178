"""Answers each webhook once, across processes: one does the work, the same again gets the same answer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from bot.gateway.storage import Storage
from wallet_core import webhook_answers
from wallet_core.errors import StorageUnavailable
from wallet_core.ports import Clock
from wallet_core.webhook_answers import StoredAnswer, Taken

# Twilio waits for 15 s. Whoever holds a webhook for longer than this is dead, for nobody waits for it any more.
_HELD_FOR = timedelta(seconds=15)
_LONGEST_WAIT = 12.0
_SHORTEST_LOOK, _LONGEST_LOOK = 0.02, 0.25


class Once:
    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def answer(
        self, key: str, *, make: Callable[[], Awaitable[StoredAnswer]], meanwhile: StoredAnswer
    ) -> StoredAnswer:
        """What the webhook `key` is answered.

        Args:
            make: does the work. It is done again where its process died before the answer was kept, so that what it
                does must be done once by the same identity.
            meanwhile: for a repeat that came while the first is at work and will not end in time.

        Raises:
            StorageUnavailable: nothing was done.
            What `make` raises; the next one then tries again.
        """
        holder = secrets.token_hex(16)
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + _LONGEST_WAIT, _SHORTEST_LOOK
        while True:
            taken = await self._take(key, holder)
            if taken.answer is not None:
                return taken.answer
            if taken.mine:
                return await self._do(key, holder, make)
            if loop.time() > end:
                return meanwhile
            await asyncio.sleep(pause)
            pause = min(pause * 1.6, _LONGEST_LOOK)

    async def _do(self, key: str, holder: str, make: Callable[[], Awaitable[StoredAnswer]]) -> StoredAnswer:
        try:
            made = await make()
        except BaseException:
            with suppress(StorageUnavailable):  # then its time runs out
                await self._storage.write(lambda session: webhook_answers.let_go(session, key=key, holder=holder))
            raise
        return await self._storage.write(
            lambda session: webhook_answers.keep_answer(session, key=key, holder=holder, answer=made)
        )

    async def _take(self, key: str, holder: str) -> Taken:
        now = self._clock.now()
        return await self._storage.write(
            lambda session: webhook_answers.take(session, key=key, holder=holder, now=now, until=now + _HELD_FOR)
        )
