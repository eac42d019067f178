"""Time that can be turned, and who waits for it.

The timeline knows which of its tasks are at work and which only wait for an hour, a key or a hang-up. So a test may ask
for "until nothing moves", turn the clock, and ask again, without ever sleeping.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

_LONGEST_SETTLING = 60.0  # seconds of real time


class TimeIsUp:
    """What a waiter gets that nobody woke before it was due."""


class Waiter:
    """One thing that somebody waits for; woken once."""

    def __init__(self, due: datetime | None) -> None:
        self.due = due
        self.parked = False
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


class Timeline:
    """A clock that runs, or stands and is turned. `now` makes it a clock for everything else too."""

    def __init__(self, stands_at: datetime | None = None) -> None:
        self._stands_at = stands_at
        self._offset = timedelta()
        self._awake = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._dues: list[tuple[datetime, int, Waiter]] = []
        self._numbers = itertools.count()
        self._earlier = asyncio.Event()
        self._tasks = set[asyncio.Task[Any]]()

    @property
    def stands(self) -> bool:
        return self._stands_at is not None

    def now(self) -> datetime:
        return self._stands_at or datetime.now(UTC) + self._offset

    def stop(self) -> None:
        """Let the clock stand. Speech then takes no time, for nobody listens."""
        self._stands_at = self.now()

    def go(self) -> None:
        """Let the clock run on from where it stands."""
        self._move_to(self.now(), stands=False)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task that counts as at work wherever it does not wait by `park`."""
        self._wakes()
        task = asyncio.create_task(self._live(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def waiter(self, due: datetime | None = None) -> Waiter:
        waiter = Waiter(due)
        if due is not None:
            heapq.heappush(self._dues, (due, next(self._numbers), waiter))
            self._earlier.set()
        return waiter

    async def park(self, waiter: Waiter) -> Any:
        """Wait until woken, or until the waiter is due (`TimeIsUp`).

        Raises:
            whatever the waiter was interrupted with.
        """
        if not waiter.future.done():
            waiter.parked = True
            self._rests()
        return await waiter.future

    def wake(self, waiter: Waiter, value: Any = None) -> None:
        if not waiter.future.done():
            self._unpark(waiter)
            waiter.future.set_result(value)

    def interrupt(self, waiter: Waiter, reason: Exception) -> None:
        if not waiter.future.done():
            self._unpark(waiter)
            waiter.future.set_exception(reason)

    async def pass_time(self, seconds: float) -> None:
        """Park for so long."""
        await self.park(self.waiter(self.now() + timedelta(seconds=seconds)))

    async def settle(self) -> None:
        """Until all tasks wait for the clock or for somebody."""
        async with asyncio.timeout(_LONGEST_SETTLING):
            while self._awake:
                await self._quiet.wait()
                await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Turn the clock; whatever falls due in between happens, in order."""
        target = self.now() + timedelta(seconds=seconds)
        await self.settle()
        while (waiter := self._next_due(target)) is not None:
            self._move_to(max(self.now(), min(waiter.due or target, target)), stands=self.stands)
            self.wake(waiter, TimeIsUp)
            await self.settle()
        if self.now() < target:
            self._move_to(target, stands=self.stands)

    async def run(self) -> None:
        """Wake what is due, for ever. Needed only where the clock runs by itself."""
        while True:
            self._earlier.clear()
            while not self.stands and (waiter := self._next_due(self.now())) is not None:
                self.wake(waiter, TimeIsUp)
            pause = (self._dues[0][0] - self.now()).total_seconds() if self._dues and not self.stands else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._earlier.wait(), pause)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _live(self, work: Coroutine[Any, Any, Any]) -> Any:
        try:
            return await work
        finally:
            self._rests()

    def _next_due(self, moment: datetime) -> Waiter | None:
        while self._dues and (self._dues[0][2].future.done() or self._dues[0][0] <= moment):
            waiter = heapq.heappop(self._dues)[2]
            if not waiter.future.done():
                return waiter
        return None

    def _move_to(self, moment: datetime, *, stands: bool) -> None:
        self._stands_at = moment if stands else None
        self._offset = moment - datetime.now(UTC)
        self._earlier.set()

    def _unpark(self, waiter: Waiter) -> None:
        if waiter.parked:
            waiter.parked = False
            self._wakes()

    def _wakes(self) -> None:
        self._awake += 1
        self._quiet.clear()

    def _rests(self) -> None:
        self._awake -= 1
        if not self._awake:
            self._quiet.set()
