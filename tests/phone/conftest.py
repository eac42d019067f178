"""One running assistant for all scripts of texts and calls, and the telephones of its simulator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.assistant import Assistant, running_assistant
from tests.telephony.phone import Network


@pytest.fixture(scope="session")
def assistant() -> Iterator[Assistant]:
    # The scripts of one run are more talkative than any customer.
    with running_assistant(
        WALLET_SESSIONS_PER_MINUTE="100000", WALLET_MESSAGES_PER_MINUTE="100000", WALLET_TEXTS_PER_MINUTE="100000"
    ) as started:
        yield started


@pytest.fixture
def phones(assistant: Assistant) -> Iterator[Network]:
    """The telephones, with nothing broken and nothing on record."""
    network = Network(assistant.url)
    network.reset()
    yield network
    network.close()
