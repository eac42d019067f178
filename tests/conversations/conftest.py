"""One running assistant for all conversations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.assistant import Assistant, running_assistant


@pytest.fixture(scope="session")
def assistant() -> Iterator[Assistant]:
    # The scripts of one run are more talkative than any customer.
    with running_assistant(WALLET_SESSIONS_PER_MINUTE="100000", WALLET_MESSAGES_PER_MINUTE="100000") as started:
        yield started
