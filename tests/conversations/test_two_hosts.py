"""What is promised: of several hosts on one PostgreSQL and one Redis any takes any turn; with Redis dead, nobody is lied to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.assistant import Assistant, Chat, running_assistant
from tests.conversations.customers import make_customer
from tests.postgres import PostgreSQL, postgres_server
from tests.redis_server import RedisServer, redis_process, redis_server

__all__ = ["postgres_server", "redis_process", "redis_server"]


@pytest.fixture(scope="module")
def hosts(postgres_server: PostgreSQL, redis_process: RedisServer) -> Iterator[tuple[Assistant, Assistant]]:
    name = postgres_server.create_database()
    shared = {
        "WALLET_DATABASE_URL": postgres_server.url(name),
        "WALLET_REDIS_URL": redis_process.url,
        "WALLET_STORAGE_SECONDS": "5",
        "WALLET_TURN_DEADLINE_SECONDS": "20",  # a busy machine is no broken one
    }
    with running_assistant("one", **shared) as one, running_assistant("other", **shared) as other:
        yield one, other
    postgres_server.drop_database(name)


def test_a_wish_that_one_host_heard_is_gone_on_with_at_the_other(
    hosts: tuple[Assistant, Assistant], redis_server: RedisServer
) -> None:
    one, other = hosts
    chat = one.chat(customer_id=make_customer(one.database, language="en"))
    chat.say("freeze my wallet")
    assert chat.receipts == []
    assert redis_server.client.exists(f"wallet:dialogue:{chat.id}")

    there = _through(other, chat)
    there.say("yes")

    assert [receipt[:3] for receipt in there.receipts] == ["FRZ"]
    assert redis_server.client.keys("wallet:turn:*") == []
    assert not [*one.settings.state_dir.glob("dialogues.db"), *other.settings.state_dir.glob("dialogues.db")]


def test_while_redis_is_dead_the_emergency_freeze_works_and_then_the_dialogue_goes_on(
    hosts: tuple[Assistant, Assistant], redis_server: RedisServer
) -> None:
    one, other = hosts
    frightened = one.chat(customer_id=make_customer(one.database, language="en"))
    curious = other.chat()
    redis_server.kill()

    frightened.say("freeze my wallet")
    told, claimed = frightened.text, frightened.receipts
    frightened.send({"button": "emergency_freeze"})
    frozen = frightened.receipts
    missing = one.http.get("/readyz").json()["missing"]
    redis_server.start()
    curious.say("how do I contact customer service")

    assert told and claimed == []
    assert [receipt[:3] for receipt in frozen] == ["FRZ"]
    assert missing == ["redis"]
    assert "800" in curious.text
    logs = one.log.read_text() + other.log.read_text()
    assert "turn.failed" in logs and "s3cret" not in logs


def _through(host: Assistant, chat: Chat) -> Chat:
    """The same chat by another door."""
    return replace(chat, assistant=host)
