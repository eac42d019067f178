"""The demo customers' pocket: what was sent to them can be read there, and in production nothing is sent at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.demo_inbox import DemoInbox
from bot.outside import build_code_sender, build_login_service
from bot.settings import Environment, Settings
from tests.gateway.conftest import Gateway
from tests.gateway.test_challenges import ask_code
from wallet_core.database import Database
from wallet_core.errors import ServiceUnavailable
from wallet_core.models import ContactKind, Language
from wallet_core.ports import SystemClock, secure_random


@pytest.fixture
def inbox(tmp_path: Path) -> DemoInbox:
    return DemoInbox(tmp_path / "inbox.jsonl")


def test_what_was_delivered_is_read_by_its_receiver_alone(inbox: DemoInbox) -> None:
    inbox.deliver(to="+12025550101", kind="code", content="483920")
    inbox.deliver(to="a@example.com", kind="link", content="https://login.test/1")
    inbox.deliver(to="+12025550101", kind="notice", content="您的钱包已冻结")

    mine = inbox.read(to={"+12025550101"})

    assert [(mail.kind, mail.content) for mail in mine] == [("code", "483920"), ("notice", "您的钱包已冻结")]
    assert inbox.read(to={"nobody@example.com"}) == []


def test_nobody_else_on_the_machine_reads_the_file(inbox: DemoInbox, tmp_path: Path) -> None:
    inbox.deliver(to="+12025550101", kind="code", content="483920")

    assert stat.S_IMODE((tmp_path / "inbox.jsonl").stat().st_mode) == 0o600


def test_it_does_not_grow_for_ever(inbox: DemoInbox, tmp_path: Path) -> None:
    for number in range(40):
        inbox.deliver(to="+12025550101", kind="notice", content=f"{number}{'x' * 10_000}")

    assert (tmp_path / "inbox.jsonl").stat().st_size < 300_000
    assert inbox.read(to={"+12025550101"})[-1].content.startswith("39")


def test_before_anything_came_and_after_a_reset_it_is_empty(inbox: DemoInbox) -> None:
    assert inbox.read(to={"+12025550101"}) == []
    inbox.deliver(to="+12025550101", kind="code", content="483920")
    inbox.clear()
    inbox.clear()

    assert inbox.read(to={"+12025550101"}) == []


def test_the_demo_page_reads_a_customer_s_inbox(gateway: Gateway) -> None:
    asked = ask_code(gateway)

    mails = gateway.http.get("/demo/inbox", params={"customer_id": asked.customer}).json()

    assert [(mail["kind"], mail["content"]) for mail in mails] == [("code", asked.code)]
    assert gateway.http.get("/demo/inbox", params={"to": mails[0]["to"]}).json() == mails
    assert gateway.http.get("/demo/inbox").json() == []


def test_in_production_nothing_is_simulated(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        env=Environment.PRODUCTION,
        secret_key="k" * 40,
        identity_key="i" * 40,
        database_url="postgresql+psycopg://nowhere/none",
        state_dir=tmp_path,
    )
    database = Database(f"sqlite:///{tmp_path}/wallet.db")

    sender = build_code_sender(settings, database, clock=SystemClock(), random=secure_random())
    login = build_login_service(settings)

    with pytest.raises(ServiceUnavailable):
        sender.send(destination="+12025550101", kind=ContactKind.PHONE, language=Language.EN)
    with pytest.raises(ServiceUnavailable):
        sender.check(reference="r", destination="+12025550101", code="483920")
    with pytest.raises(ServiceUnavailable):
        login.unlock(customer_id="C1", request_key="k")
    assert list(tmp_path.glob("*.jsonl")) == []
