"""What holds for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest
import structlog

from bot.logs import configure_logging


@pytest.fixture(scope="session", autouse=True)
def _logs_go_to_the_terminal() -> Iterator[None]:
    """Straight to file descriptor 1, which outlives the output that a single test captures.

    Before the first application is made in this process: a logger keeps the output that it began with.
    """
    with open(1, "w", buffering=1, closefd=False) as terminal:
        with redirect_stdout(terminal):
            configure_logging("gateway")
        yield
        structlog.reset_defaults()
