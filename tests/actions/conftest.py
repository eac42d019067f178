"""Actions on a fresh SQLite wallet, called as Rasa calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rasa_sdk.executor import ActionExecutor
from sqlalchemy.orm import Session

from actions.base import Wiring
from actions.server import build_executor
from bot.settings import PROJECT
from tests.actions.replies import require_known
from tests.wallet_core.factories import NOW, SECRET_KEY
from wallet_core import schema
from wallet_core.built_in_login import BuiltInLoginService
from wallet_core.codes import BuiltInCodeSender
from wallet_core.database import Database
from wallet_core.errors import StorageUnavailable
from wallet_core.fees import load_fees
from wallet_core.offer import load_offer
from wallet_core.phrases import load_phrases
from wallet_core.routing import load_routing
from wallet_core.support import load_support

Reply = dict[str, Any]
Result = tuple[list[Reply], list[dict[str, Any]]]


class StandingClock:
    """It stands still, unless a test moves it."""

    time = NOW

    def now(self) -> datetime:
        return self.time


class LosingDatabase(Database):
    """Its connection breaks just when a transaction is to be committed."""

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with super().transaction() as session:
            yield session
            session.rollback()
            raise StorageUnavailable


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/wallet.db")
    schema.migrate(database)
    yield database
    database.dispose()


@pytest.fixture
def wiring(database: Database) -> Wiring:
    return make_wiring(database)


@pytest.fixture
def inbox(wiring: Wiring) -> list[tuple[str, str]]:
    """What was sent by the code sender and the login: to whom, and the code or link."""
    return wiring.inbox  # type: ignore[attr-defined]


def make_wiring(database: Database) -> Wiring:
    data, clock, inbox = PROJECT / "data", StandingClock(), list[tuple[str, str]]()

    def deliver(destination: str, content: str) -> None:
        inbox.append((destination, content))

    wiring = Wiring(
        database=database,
        clock=clock,
        random=Random(1),
        fees=load_fees(data / "fees.yml"),
        routing=load_routing(data / "routing.yml"),
        support=load_support(data / "support.yml"),
        offer=load_offer(data / "offer.yml"),
        phrases=load_phrases(data / "phrases.yml"),
        code_sender=BuiltInCodeSender(database, secret_key=SECRET_KEY, clock=clock, random=Random(2), deliver=deliver),
        login_service=BuiltInLoginService(base_url="https://login.test", secret_key=SECRET_KEY, deliver=deliver),
        secret_key=SECRET_KEY,
    )
    object.__setattr__(wiring, "inbox", inbox)
    return wiring


@pytest.fixture
def call(wiring: Wiring) -> Callable[..., Any]:
    """`await call("action_x", conversation_id, intent=…, text=…, slots={…})` → (replies, events).

    Before it Rasa's events `happened`, then the customer `said` these.
    """
    return caller(build_executor(wiring))


def caller(executor: ActionExecutor) -> Callable[..., Any]:
    async def call(
        action: str,
        conversation_id: str,
        *,
        intent: str = "affirm",
        text: str = "yes",
        message_id: str = "m1",
        language: str = "en",
        form: str | None = None,
        channel: str = "web",
        entities: list[dict[str, Any]] | None = None,
        said: tuple[str, ...] = (),
        happened: list[dict[str, Any]] | None = None,
        challenge: str | None = None,
        **slots: Any,
    ) -> Result:
        result = await executor.run(
            {
                "next_action": action,
                "sender_id": conversation_id,
                "tracker": {
                    "sender_id": conversation_id,
                    "slots": {"language": language, **slots},
                    "latest_message": {
                        "intent": {"name": intent, "confidence": 1.0},
                        "entities": entities or [],
                        "text": text,
                        "metadata": {"message_id": message_id, "channel": channel, "challenge": challenge},
                    },
                    "events": [
                        {"event": "user", "text": ""},
                        *({"event": "slot", "name": name, "value": value} for name, value in slots.items()),
                        *(happened or []),
                        *({"event": "user", "text": words} for words in said),
                    ],
                    "paused": False,
                    "active_loop": {"name": form} if form else {},
                    "latest_action_name": "action_listen",
                },
            }
        )
        assert result is not None
        require_known(result.responses)
        return result.responses, result.events

    return call
