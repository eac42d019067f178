"""Our processes, and Twilio's stand-in, as a test starts and kills them: the product's own, on a clock that it turns.

Each is a process of its own, born of one server process that has imported everything: so that starting one anew takes
no longer than killing it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from ctypes import c_double
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import uvicorn

from bot.logs import configure_logging
from bot.settings import Settings

_LOOK_SECONDS = 0.02
_births = multiprocessing.get_context("forkserver")
_births.set_forkserver_preload(
    ["actions.server", "bot.gateway.app", "bot.simulator.app", "bot.worker", "tests.faults.parts", "twilio.rest"]
)


class TurnedClock:
    """The time of all processes that were given it: it stands until the test turns it, or else goes with the true one.

    Where it stands a slow machine is no slow customer: nothing is too late because it took long.
    """

    def __init__(self, *, stands: bool) -> None:
        self._since = datetime.now(UTC) if stands else None
        self._ahead: Any = _births.RawValue(c_double, 0.0)

    @property
    def stands(self) -> bool:
        return self._since is not None

    def now(self) -> datetime:
        return (self._since or datetime.now(UTC)) + timedelta(seconds=self._ahead.value)

    def turn(self, seconds: float) -> None:
        self._ahead.value += seconds


def start(work: Callable[..., None], *given: Any, log: Path, environment: dict[str, str]) -> BaseProcess:
    """A process that does `work`, with these settings and its lines in `log`."""
    process = _births.Process(target=_live, args=(work, given, str(log), environment), daemon=True)
    process.start()
    return process


def work(clock: TurnedClock) -> None:
    """`python -m bot.worker`."""
    from bot.jobs import build_jobs  # noqa: PLC0415 - the test's own process needs none of it, here and below
    from bot.worker import Worker  # noqa: PLC0415
    from wallet_core.database import Database  # noqa: PLC0415

    configure_logging("worker")
    settings = Settings(_env_file=None)
    asyncio.run(Worker(build_jobs(settings, Database(settings.database), clock)).run())


def serve_gateway(clock: TurnedClock, public: socket.socket) -> None:
    """`python -m bot.supervisor.serve_gateway`: on a socket that outlives it."""
    from bot.gateway.app import create_app  # noqa: PLC0415

    configure_logging("gateway")
    app = create_app(Settings(_env_file=None), clock=clock)
    config = uvicorn.Config(app, access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[public])


def serve_actions(clock: TurnedClock, port: int) -> None:
    """`python -m actions.server`."""
    from rasa_sdk.endpoint import create_app  # noqa: PLC0415

    from actions.server import build_executor, build_wiring  # noqa: PLC0415

    configure_logging("actions")
    wiring = replace(build_wiring(Settings(_env_file=None)), clock=clock)
    app = create_app(build_executor(wiring))
    app.run(host="127.0.0.1", port=port, single_process=True, access_log=False, motd=False)


def simulate(clock: TurnedClock, port: int) -> None:
    """`python -m bot.simulator`, on the same clock."""
    from bot.simulator.app import create_app  # noqa: PLC0415
    from bot.simulator.simulator import Simulator  # noqa: PLC0415
    from bot.simulator.timeline import TimeIsUp, Timeline  # noqa: PLC0415
    from bot.telephony.account import telephony_account  # noqa: PLC0415

    class TurnedTimeline(Timeline):
        def now(self) -> datetime:
            return clock.now()

        async def run(self) -> None:
            """Look every now and then what is due: nobody tells when the clock was turned."""
            while True:
                while (waiter := self._next_due(self.now())) is not None:
                    self.wake(waiter, TimeIsUp)
                await asyncio.sleep(_LOOK_SECONDS)

    account = telephony_account(Settings(_env_file=None, simulator_url=f"http://127.0.0.1:{port}"))
    assert account is not None
    simulator = Simulator(account, timeline=TurnedTimeline())
    uvicorn.run(create_app(simulator), host="127.0.0.1", port=port, access_log=False, log_level="warning")


def _live(work: Callable[..., None], given: tuple[Any, ...], log: str, environment: dict[str, str]) -> None:
    lines = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(lines, stream)
    os.environ.update(environment)
    with suppress(KeyboardInterrupt):
        work(*given)
