"""What holds for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest
import structlog
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from bot.logs import configure_logging
from tests.assistant import Assistant, people_at_any_hour, running_assistant

_ONE_ASSISTANT = ("tests/conversations/", "tests/phone/", "tests/widget/test_whole.py")
_ONE_BROWSER = ("tests/desk/", "tests/simulator/", "tests/widget/")

# How long an example takes is up to the machine: the first with a date in it loads the date parser.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


class _ByFile(LoadScopeScheduling):
    """Files run side by side; those that speak with the running assistant, and a package with a browser, stay together."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        if file.startswith(_ONE_ASSISTANT):
            return "assistant"
        return next((package for package in _ONE_BROWSER if file.startswith(package)), file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long and cannot be parted begins first: at the end nobody waits for one worker alone."""
    items.sort(key=lambda item: not item.nodeid.startswith(("tests/faults/", *_ONE_ASSISTANT, *_ONE_BROWSER)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _ByFile:
    return _ByFile(config, log)


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


@pytest.fixture(scope="session")
def assistant() -> Iterator[Assistant]:
    """The whole assistant, as `make run` starts it: one for all tests that speak with it."""
    # Together they are more talkative than any customer, and a busy machine is no broken one.
    with running_assistant(
        WALLET_SESSIONS_PER_MINUTE="100000",
        WALLET_MESSAGES_PER_MINUTE="100000",
        WALLET_TEXTS_PER_MINUTE="100000",
        WALLET_STORAGE_SECONDS="30",
        WALLET_ROUTING=str(people_at_any_hour()),
    ) as started:
        yield started
