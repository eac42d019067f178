"""Servers for a measurement: started, waited for, weighed, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx

from bot.failures import CannotGoOn
from bot.supervisor.processes import die_with_parent

_START_SECONDS = 300
_STOP_SECONDS = 20


@dataclass(frozen=True)
class Start:
    """What to start, where, with which environment; its lines go to `log`."""

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    log: Path


class Running(NamedTuple):
    pid: int
    parent: int
    megabytes: float  # resident; what two processes share is in both
    arguments: str


def run_to_end(start: Start, *, limit: float) -> float:
    """Run a command; the seconds that it took.

    Raises:
        CannotGoOn: it failed, or took longer than `limit` seconds.
    """
    began = time.monotonic()
    process = _popen(start)
    try:
        code = process.wait(limit)
    except subprocess.TimeoutExpired:
        raise CannotGoOn(f"not ended after {limit:g} s: {' '.join(start.arguments)}; see {start.log}.") from None
    finally:
        _end(process, signal.SIGKILL)
    if code != 0:
        raise CannotGoOn(f"exit code {code} of {' '.join(start.arguments)}: {_last_line(start.log)}")
    return time.monotonic() - began


@contextmanager
def started(start: Start, *, ready_url: str) -> Iterator[tuple[int, float]]:
    """Start a server, and stop it in the end: its process, and the seconds until `ready_url` answered 200.

    Raises:
        CannotGoOn: it ended, or was not ready in time.
    """
    began = time.monotonic()
    process = _popen(start)
    try:
        while not _is_ready(ready_url):
            if process.poll() is not None or time.monotonic() - began > _START_SECONDS:
                raise CannotGoOn(f"not started: {' '.join(start.arguments)}: {_last_line(start.log)}")
            time.sleep(0.2)
        yield process.pid, time.monotonic() - began
    finally:
        _end(process, signal.SIGINT)


def below(pid: int) -> list[Running]:
    """The process and all that it started, as they are now."""
    listing = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,rss=,args="],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    everybody = [_running(line) for line in listing.splitlines()]
    found = [one for one in everybody if one.pid == pid]
    for one in found:  # grows meanwhile
        found += [other for other in everybody if other.parent == one.pid]
    return found


def _running(line: str) -> Running:
    pid, parent, kilobytes, *arguments = line.split(None, 3)
    return Running(int(pid), int(parent), int(kilobytes) / 1024, "".join(arguments))


def _popen(start: Start) -> subprocess.Popen[bytes]:
    start.log.parent.mkdir(parents=True, exist_ok=True)
    with start.log.open("wb") as lines:
        return subprocess.Popen(
            start.arguments,
            cwd=start.folder,
            env=dict(start.environment),
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
            start_new_session=True,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - there is one thread here
        )


def _end(process: subprocess.Popen[bytes], ask: signal.Signals) -> None:
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        process.send_signal(ask)
        process.wait(_STOP_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_STOP_SECONDS)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
