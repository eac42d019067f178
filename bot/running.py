"""An assistant to speak to: the one that runs already, or else one started for this command and stopped after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bot.failures import CannotGoOn
from bot.settings import PROJECT, Settings
from bot.supervisor.ports import free_port
from bot.supervisor.processes import die_with_parent
from bot.supervisor.stack import address

_PATIENCE_SECONDS = 20
_LONGEST_START_SECONDS = 600


@contextmanager
def assistant(settings: Settings, *, log: str) -> Iterator[str]:
    """The address of a ready assistant. Its lines go to `<state folder>/logs/<log>.log` where it is ours.

    Raises:
        CannotGoOn: it could not be started; with its last line.
    """
    if _is_ready(address(settings)):
        yield address(settings)
        return
    port = free_port()
    place = settings.state_dir.absolute() / "logs" / f"{log}.log"
    place.parent.mkdir(parents=True, exist_ok=True)
    print(f"starting an assistant for this (some seconds; its lines: {place})", file=sys.stderr, flush=True)
    with place.open("w") as lines:
        child = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "run"],
            cwd=PROJECT,
            env={**os.environ, "PORT": str(port), "WALLET_HOST": "127.0.0.1"},
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
            start_new_session=True,
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - there is one thread here
        )
    try:
        own = f"http://127.0.0.1:{port}"
        _wait(child, own, place)
        yield own
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()


def _wait(child: subprocess.Popen[bytes], own: str, place: Path) -> None:
    until = time.monotonic() + _LONGEST_START_SECONDS
    while not _is_ready(own):
        if child.poll() is not None:
            last = place.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise CannotGoOn(f"no assistant could be started: {' '.join(last)}")
        if time.monotonic() > until:
            raise CannotGoOn(f"the assistant was not ready after {_LONGEST_START_SECONDS} s; see {place}.")
        time.sleep(0.2)


def _is_ready(own: str) -> bool:
    try:
        return httpx.get(f"{own}/readyz", timeout=2, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
