"""`rasa init`'s default project, in Rasa's environment and with nothing changed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot import rasa_environment
from bot.supervisor.ports import free_port
from tests.load.speed.servers import Start, below, run_to_end, started

_TRAINING_SECONDS = 1800
_QUIET = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}


@dataclass(frozen=True)
class RasaInit:
    """The default project's own server, with Rasa's REST channel."""

    url: str
    pid: int
    start_seconds: float

    def megabytes(self) -> dict[str, float]:
        return {"rasa": sum(one.megabytes for one in below(self.pid))}


def make(folder: Path) -> float:
    """Make and train it; the seconds of the training, and of copying a few small files."""
    folder.mkdir(parents=True)
    return run_to_end(_start(folder, "init", "--no-prompt", "--init-dir", str(folder)), limit=_TRAINING_SECONDS)


def model(folder: Path) -> Path:
    return max((folder / "models").glob("*.tar.gz"))


@contextmanager
def running(folder: Path) -> Iterator[RasaInit]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    start = _start(folder, "run", "--enable-api", "-i", "127.0.0.1", "-p", str(port), "-m", str(model(folder)))
    with started(start, ready_url=f"{url}/version") as (pid, seconds):
        yield RasaInit(url, pid, seconds)


def environment() -> Mapping[str, str]:
    ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    return {**{name: value for name, value in os.environ.items() if name not in ours}, **_QUIET}


def _start(folder: Path, verb: str, *arguments: str) -> Start:
    command = [str(rasa_environment.PYTHON), "-m", "rasa", verb, *arguments]
    return Start(command, folder, environment(), folder.parent / f"rasa-{verb}.log")
