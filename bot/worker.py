"""The worker: does what is due. `python -m bot.worker [--port N]`; any number of them may run.

Each job runs again and again at its own pace, one after the other. One that fails is tried again after pauses that
grow, and keeps no other from running. With `--port`, `GET /healthz` on loopback answers 200 while the loop goes round.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.jobs import Job, build_jobs
from bot.logs import configure_logging
from bot.settings import Settings
from wallet_core.database import Database
from wallet_core.errors import WalletError

log = structlog.get_logger(__name__)

_LONGEST_PAUSE = 60.0
_STALE_AFTER = 60.0


@dataclass
class _Pace:
    due: float = 0.0
    failures: int = 0


class Worker:
    """Runs jobs until it is stopped; a job in work is finished first."""

    def __init__(self, jobs: Sequence[Job], *, poll: float = 0.2) -> None:
        self._jobs, self._poll = jobs, poll
        self._paces = {job.name: _Pace() for job in jobs}
        self._stopping = asyncio.Event()
        self._last_round: float | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            for job in self._jobs:
                if loop.time() >= self._paces[job.name].due and not self._stopping.is_set():
                    await self._do(job)
            self._last_round = loop.time()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._poll)

    def stop(self) -> None:
        self._stopping.set()

    @property
    def healthy(self) -> bool:
        """Whether the loop went round within the last minute."""
        now = asyncio.get_running_loop().time()
        return self._last_round is not None and now - self._last_round < _STALE_AFTER

    async def _do(self, job: Job) -> None:
        pace = self._paces[job.name]
        try:
            done = await asyncio.to_thread(job.work)
        except WalletError as error:
            self._put_off(job, pace, error.code)
        except Exception:
            log.exception("job.broken", job=job.name)
            self._put_off(job, pace, "broken")
        else:
            pace.failures, pace.due = 0, asyncio.get_running_loop().time() + job.every
            if done:
                log.info("job.done", job=job.name, count=done)

    def _put_off(self, job: Job, pace: _Pace, code: str) -> None:
        pace.failures += 1
        pause = min(job.every * 2**pace.failures, max(job.every, _LONGEST_PAUSE))
        pace.due = asyncio.get_running_loop().time() + pause
        log.warning("job.put_off", job=job.name, code=code, seconds=pause)


async def _serve_health(worker: Worker, port: int) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(reader.readline(), 2)
            status = "200 OK" if worker.healthy else "503 Service Unavailable"
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", port)


async def work(settings: Settings, *, port: int | None = None) -> None:
    """Work until SIGTERM or SIGINT."""
    database = Database(settings.database)
    worker = Worker(build_jobs(settings, database))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    health = await _serve_health(worker, port) if port else None
    try:
        await worker.run()
    finally:
        if health:
            health.close()
        database.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description="Does what is due.")
    parser.add_argument("--port", type=int, help="answer health questions on this loopback port")
    port = parser.parse_args().port
    configure_logging("worker")
    asyncio.run(work(Settings(), port=port))


if __name__ == "__main__":
    main()
