"""What is promised: what was stored gets done, once, and one job that fails keeps no other from its work."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import SystemRandom

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import jobs
from bot.jobs import Job
from bot.settings import Settings
from bot.supervisor.ports import free_port
from bot.supervisor.probes import answers
from bot.worker import Worker, _serve_health
from tests.telephony.accounts import PHONE_SETTINGS
from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import customer_grant
from wallet_core import audit, login, schema
from wallet_core.built_in_login import BuiltInLoginService
from wallet_core.database import Database
from wallet_core.errors import StorageUnavailable
from wallet_core.models import (
    Account,
    AccountStatus,
    Assurance,
    AuditAnchor,
)
from wallet_core.policy import Action


@dataclass
class Hands:
    """A clock that is put forward by hand."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/wallet.db")
    schema.migrate(database)
    yield database
    database.dispose()


def ask_for_unlock(session: Session) -> Account:
    account = factories.create_account(session, status=AccountStatus.LOCKED)
    grant = customer_grant(
        session, action=Action.UNLOCK, customer_id=account.customer_id, assurance=Assurance.PROVEN, now=NOW
    )
    login.request_unlock(session, grant=grant, now=NOW, random=SystemRandom())
    return account


def test_what_was_asked_of_the_login_and_left_undone_is_carried_out(database: Database) -> None:
    with database.transaction() as session:
        account_id = ask_for_unlock(session).id
    service, clock = BuiltInLoginService(base_url="https://login.example", secret_key="k"), Hands()

    at_once = jobs.carry_out_login(database, clock, service, set())
    clock.at += timedelta(minutes=1)
    left_behind = jobs.carry_out_login(database, clock, service, set())

    assert (at_once, left_behind) == (0, 1)
    with database.reading() as session:
        assert session.get_one(Account, account_id).status is AccountStatus.ACTIVE


def test_what_the_login_can_not_do_any_more_is_not_asked_for_again_and_again(database: Database) -> None:
    with database.transaction() as session:
        ask_for_unlock(session).status = AccountStatus.CLOSED
    service = BuiltInLoginService(base_url="https://login.example", secret_key="k")
    refused = set[str]()

    done = jobs.carry_out_login(database, Hands(NOW + timedelta(minutes=1)), service, refused)

    assert (done, len(refused)) == (0, 1)
    assert service.unlocked == {}


def test_the_audit_trail_is_anchored_when_it_grew(database: Database) -> None:
    with database.transaction() as session:
        audit.record(session, chain="C1", actor="system", action="x", subject="y", reason="z", channel="web", now=NOW)

    first = jobs.anchor_audit(database, Hands())
    second = jobs.anchor_audit(database, Hands(NOW + timedelta(minutes=5)))

    assert (first, second) == (1, 0)
    with database.reading() as session:
        assert len(session.scalars(select(AuditAnchor)).all()) == 1


def test_without_real_services_nothing_is_claimed_to_be_sent_in_production(database: Database) -> None:
    settings = Settings(env="production", secret_key="a", identity_key="b", database_url="postgresql+psycopg://x/")

    assert not {"send_notices", "login_requests"} & {job.name for job in jobs.build_jobs(settings, database)}


def test_in_production_texts_are_sent_as_soon_as_there_is_a_phone(database: Database) -> None:
    settings = Settings(
        env="production", secret_key="a", identity_key="b", database_url="postgresql+psycopg://x/", **PHONE_SETTINGS
    )

    assert "send_notices" in {job.name for job in jobs.build_jobs(settings, database)}


async def run_until(worker: Worker, condition) -> None:  # type: ignore[no-untyped-def]
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)
    worker.stop()
    await running


async def test_a_job_that_fails_keeps_no_other_from_its_work() -> None:
    done = list[str]()

    def unavailable() -> int:
        done.append("storage")
        raise StorageUnavailable()

    def broken() -> int:
        done.append("broken")
        raise ZeroDivisionError

    def well() -> int:
        done.append("well")
        return 1

    worker = Worker(
        [Job("storage", 0.001, unavailable), Job("broken", 0.001, broken), Job("well", 0.001, well)], poll=0
    )

    await run_until(worker, lambda: done.count("well") >= 3)

    assert {"storage", "broken"} <= set(done)


async def test_pauses_of_a_job_that_fails_grow() -> None:
    tried = list[float]()

    def fails() -> int:
        tried.append(asyncio.run_coroutine_threadsafe(_time(), loop).result())
        raise StorageUnavailable()

    loop = asyncio.get_running_loop()
    worker = Worker([Job("storage", 0.01, fails)], poll=0.001)

    await run_until(worker, lambda: len(tried) >= 4)

    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert pauses[0] >= 0.02
    assert pauses[1] >= 0.04
    assert pauses[2] >= 0.08


async def _time() -> float:
    return asyncio.get_running_loop().time()


async def test_health_is_answered_while_the_loop_goes_round() -> None:
    worker, port = Worker([Job("well", 60, lambda: 0)], poll=0.01), free_port()
    server = await _serve_health(worker, port)

    before = await answers(f"http://127.0.0.1:{port}/healthz")
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(60):
        while not await answers(f"http://127.0.0.1:{port}/healthz"):
            await asyncio.sleep(0.01)
    worker.stop()
    await running
    server.close()

    assert not before
