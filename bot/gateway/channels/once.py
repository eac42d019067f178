"""Answers each webhook once, across processes: one does the work, the same again gets the same answer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import Counter
from sqlalchemy.orm import Session

from bot.gateway.storage import Storage
from wallet_core import webhook_answers
from wallet_core.errors import StorageUnavailable
from wallet_core.ports import Clock
from wallet_core.webhook_answers import StoredAnswer, Taken

# Twilio waits for 15 s. Whoever holds a webhook for longer than this is dead, for nobody waits for it any more.
_HELD_FOR = timedelta(seconds=15)
_LONGEST_WAIT = 12.0
_SHORTEST_LOOK, _LONGEST_LOOK = 0.02, 0.25


class TakenOver(Exception):
    """The webhook was held for too long, and somebody else answers it: what was done for it now must not count."""


@dataclass
class Held:
    """A webhook that is ours to answer."""

    key: str
    holder: str
    kept: bool = False

    def keep(self, session: Session, answer: StoredAnswer) -> StoredAnswer:
        """Keep the answer in the transaction of what it tells, so that one is never there without the other.

        Raises:
            TakenOver: and the transaction has to fall.
        """
        if webhook_answers.keep_answer(session, key=self.key, holder=self.holder, answer=answer) != answer:
            raise TakenOver()
        self.kept = True
        return answer


class Once:
    """Args: repeated: counts webhooks that came again."""

    def __init__(self, storage: Storage, clock: Clock, repeated: Counter) -> None:
        self._storage = storage
        self._clock = clock
        self._repeated = repeated

    async def answer(
        self, key: str, *, make: Callable[[Held], Awaitable[StoredAnswer]], meanwhile: StoredAnswer
    ) -> StoredAnswer:
        """What the webhook `key` is answered.

        Args:
            make: does the work, and may keep the answer itself. It is done again where its process died before the
                answer was kept, so that what it does must be done once by the same identity.
            meanwhile: for a repeat that came while the first is at work and will not end in time.

        Raises:
            StorageUnavailable: nothing was done.
            What `make` raises; the next one then tries again.
        """
        held = Held(key, secrets.token_hex(16))
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + _LONGEST_WAIT, _SHORTEST_LOOK
        while True:
            taken = await self._take(held)
            if taken.answer is not None:
                self._repeated.inc()
                return taken.answer
            if taken.mine:
                with suppress(TakenOver):
                    return await self._do(held, make)
            if loop.time() > end:
                return meanwhile
            await asyncio.sleep(pause)
            pause = min(pause * 1.6, _LONGEST_LOOK)

    async def _do(self, held: Held, make: Callable[[Held], Awaitable[StoredAnswer]]) -> StoredAnswer:
        try:
            made = await make(held)
        except TakenOver:
            raise
        except BaseException:
            with suppress(StorageUnavailable):  # then its time runs out
                await self._storage.write(
                    lambda session: webhook_answers.let_go(session, key=held.key, holder=held.holder)
                )
            raise
        return made if held.kept else await self._storage.write(lambda session: held.keep(session, made))

    async def _take(self, held: Held) -> Taken:
        now = self._clock.now()
        return await self._storage.write(
            lambda session: webhook_answers.take(
                session, key=held.key, holder=held.holder, now=now, until=now + _HELD_FOR
            )
        )
