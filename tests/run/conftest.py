"""Tiny commands stand in for the real processes: what is tested is how they are kept."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.supervisor.processes import Command

PATIENCE_SECONDS = 60


class Lines(list[tuple[str, str]]):
    """What the display was given."""

    def say(self, name: str, line: str) -> None:
        self.append((name, line))

    def of(self, name: str) -> list[str]:
        return [line for who, line in self if who == name]


@pytest.fixture
def lines() -> Lines:
    return Lines()


def shell(script: str, folder: Path) -> Command:
    return Command(["sh", "-c", script], folder)


def python(script: str, folder: Path, *arguments: str) -> Command:
    return Command([sys.executable, "-S", "-c", script, *arguments], folder)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not fetched by its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within a minute; looked at often, so that a test takes no longer than it must."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return False
