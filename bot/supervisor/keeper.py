"""Starts the processes of the assistant, waits until all answer, starts again what dies, stops all of them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.failures import CannotGoOn
from bot.supervisor.display import Say
from bot.supervisor.probes import answers
from bot.supervisor.processes import Command, Process

OWN_NAME = "run"


@dataclass(frozen=True)
class Child:
    """A process to keep. `command` is asked for once, does what must be done before the first start, and may raise
    `CannotGoOn`.
    """

    name: str
    command: Callable[[], Awaitable[Command]]
    ready_url: str | None = None  # answers 200 when it is ready; without one, being started is being ready
    stops_first: bool = False  # those that serve customers end before those that they need


class Keeper:
    """All children together. `run` returns when it was asked to stop, and then none of them is left.

    A child that dies is started again after a pause that grows with each death in a row. One that dies `tries` times
    before it was ever ready will not mend itself: then all is stopped and `CannotGoOn` raised.
    """

    def __init__(
        self,
        children: Sequence[Child],
        say: Say,
        *,
        pauses: Sequence[float] = (1, 2, 4, 8, 15, 30),
        steady_after: float = 60,
        patience: float = 6,
        tries: int = 3,
        poll: float = 0.5,
        remind: float = 20,
    ) -> None:
        self._children, self._say = children, say
        self._pauses, self._steady_after, self._patience = pauses, steady_after, patience
        self._tries, self._poll, self._remind = tries, poll, remind
        self._running: dict[str, Process] = {}
        self._ready = {child.name: asyncio.Event() for child in children}
        self._last_line: dict[str, str] = {}
        self._stopping = asyncio.Event()

    async def run(self, when_ready: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup asks to ignore it
                loop.add_signal_handler(number, self.stop)
        keeping = [asyncio.create_task(self._keep(child)) for child in self._children]
        announcing = asyncio.create_task(self._announce(when_ready))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([*keeping, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping.set()
            announcing.cancel()
            await self._stop_all()
            await asyncio.gather(*keeping, announcing, stopping, return_exceptions=True)
        for task in keeping:
            task.result()

    def stop(self) -> None:
        """Stop in order; asked a second time, at once."""
        if self._stopping.is_set():
            for process in self._running.values():
                process.kill()
        self._stopping.set()

    async def _keep(self, child: Child) -> None:
        command = await self._unless_stopped(child.command())
        loop = asyncio.get_running_loop()
        deaths = 0
        while command and not self._stopping.is_set():
            began = loop.time()
            code = await self._live_once(child, command)
            if self._stopping.is_set():
                return
            if loop.time() - began > self._steady_after:
                deaths = 0
            deaths += 1
            if deaths >= self._tries and not self._ready[child.name].is_set():
                last = self._last_line.get(child.name, "it said nothing")
                raise CannotGoOn(f"{child.name} does not start ({_described(code)}, {deaths} times): {last}")
            pause = self._pauses[min(deaths, len(self._pauses)) - 1]
            self._say(OWN_NAME, f"{child.name} ended ({_described(code)}); starting it again in {pause:g} s")
            await self._unless_stopped(asyncio.sleep(pause))

    async def _live_once(self, child: Child, command: Command) -> int:
        process = self._running[child.name] = await Process.start(command)
        relaying = asyncio.create_task(self._relay(child, process))
        probing = asyncio.create_task(self._probe(child))
        try:
            if self._stopping.is_set():  # asked while it was being started
                await process.stop(patience=self._patience)
            return await process.ended()
        finally:
            del self._running[child.name]
            probing.cancel()
            await asyncio.wait([relaying], timeout=1)
            relaying.cancel()
            process.close()

    async def _relay(self, child: Child, process: Process) -> None:
        async for line in process.lines():
            self._last_line[child.name] = line
            self._say(child.name, line)

    async def _probe(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        began = reminded = loop.time()
        while child.ready_url and not await answers(child.ready_url):
            if loop.time() - reminded > self._remind:
                reminded = loop.time()
                self._say(OWN_NAME, f"waiting for {child.name} ({loop.time() - began:.0f} s)")
            await asyncio.sleep(self._poll)
        self._say(OWN_NAME, f"{child.name} is ready after {loop.time() - began:.1f} s")
        self._ready[child.name].set()

    async def _announce(self, when_ready: Callable[[], None]) -> None:
        for event in self._ready.values():
            await event.wait()
        when_ready()

    async def _stop_all(self) -> None:
        for first in (True, False):
            names = {child.name for child in self._children if child.stops_first is first}
            leaving = [process for name, process in self._running.items() if name in names]
            await asyncio.gather(*(process.stop(patience=self._patience) for process in leaving))

    async def _unless_stopped[T](self, work: Awaitable[T]) -> T | None:
        """What `work` comes to; None where we were asked to stop before that, and then it is cancelled."""
        task = asyncio.ensure_future(work)
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done() and not task.cancelled():
            return task.result()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return None


async def while_running[T](children: Sequence[Child], say: Say, work: Callable[[], Awaitable[T]]) -> T | None:
    """What `work` comes to with the children running; None where we were stopped before its end.

    Raises:
        CannotGoOn: a child does not start.
    """
    keeper, ready = Keeper(children, say), asyncio.Event()

    async def wait_and_work() -> T:
        await ready.wait()
        return await work()

    keeping, working = asyncio.create_task(keeper.run(ready.set)), asyncio.create_task(wait_and_work())
    try:
        await asyncio.wait({keeping, working}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        keeper.stop()
        await keeping


def _described(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
