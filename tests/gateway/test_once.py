"""Each webhook's work is done once, whoever else gets the same webhook meanwhile."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.gateway.channels.once import Held, Once
from bot.gateway.metrics import Metrics
from bot.gateway.storage import Storage
from wallet_core.database import Database
from wallet_core.errors import StorageUnavailable
from wallet_core.ports import SystemClock
from wallet_core.webhook_answers import StoredAnswer

MEANWHILE = StoredAnswer(status=200, body="meanwhile")


@pytest.fixture
def two(empty_database: Path, tmp_path: Path) -> Iterator[tuple[Once, Once]]:
    """Two processes' doors on one database."""
    path = shutil.copy(empty_database, tmp_path / "wallet.db")
    storages = [Storage(Database(f"sqlite:///{path}"), patience=5) for _ in range(2)]
    counted = Metrics().webhooks_repeated
    yield Once(storages[0], SystemClock(), counted), Once(storages[1], SystemClock(), counted)
    for storage in storages:
        storage.close()


async def test_the_same_at_the_same_time_waits_for_the_one_that_works(two: tuple[Once, Once]) -> None:
    done = []

    async def make(held: Held) -> StoredAnswer:
        await asyncio.sleep(0.1)
        done.append("work")
        return StoredAnswer(status=200, body=f"answer {len(done)}")

    answers = await asyncio.gather(*(once.answer("messages:SM1", make=make, meanwhile=MEANWHILE) for once in two * 3))

    assert done == ["work"]
    assert {answer.body for answer in answers} == {"answer 1"}


async def test_what_failed_is_done_by_the_next(two: tuple[Once, Once]) -> None:
    async def fail(held: Held) -> StoredAnswer:
        raise StorageUnavailable()

    async def make(held: Held) -> StoredAnswer:
        return StoredAnswer(status=200, body="done")

    with pytest.raises(StorageUnavailable):
        await two[0].answer("messages:SM1", make=fail, meanwhile=MEANWHILE)

    answer = await two[1].answer("messages:SM1", make=make, meanwhile=MEANWHILE)

    assert answer.body == "done"


async def test_two_webhooks_do_not_wait_for_each_other(two: tuple[Once, Once]) -> None:
    first_may_end = asyncio.Event()

    async def slow(held: Held) -> StoredAnswer:
        await first_may_end.wait()
        return StoredAnswer(status=200, body="slow")

    async def quick(held: Held) -> StoredAnswer:
        return StoredAnswer(status=200, body="quick")

    waiting = asyncio.create_task(two[0].answer("messages:SM1", make=slow, meanwhile=MEANWHILE))
    other = await two[0].answer("messages:SM2", make=quick, meanwhile=MEANWHILE)
    first_may_end.set()

    assert other.body == "quick"
    assert (await waiting).body == "slow"
