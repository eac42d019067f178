"""`python -m bot.simulator`, as the supervisor starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot import doctor
from bot.demo_inbox import DemoInbox
from bot.settings import PROJECT, Settings
from bot.simulator import whereabouts
from tests.gateway.serving import free_port
from tests.simulator.conftest import CUSTOMER
from tests.telephony.phone import Network, simulated_account

_MOST_MEGABYTES = 80


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, state_dir=tmp_path)


def start(settings: Settings, port: int, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot.simulator", "--port", str(port)],
        cwd=PROJECT,
        env={**os.environ, "WALLET_STATE_DIR": str(settings.state_dir), "MALLOC_ARENA_MAX": "2", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def running(settings: Settings) -> Iterator[tuple[subprocess.Popen[str], Network]]:
    port = free_port()
    process, phones = start(settings, port), Network(f"http://127.0.0.1:{port}")
    phones.until(lambda: _answers(port), "the simulator")
    yield process, phones
    phones.close()
    process.kill()
    process.wait()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_it_is_small(running: tuple[subprocess.Popen[str], Network]) -> None:
    process, _ = running

    status = Path(f"/proc/{process.pid}/status").read_text()

    megabytes = int(status.split("VmRSS:")[1].split()[0]) / 1000
    assert megabytes < _MOST_MEGABYTES


def test_it_stops_quickly_and_says_nothing_though_a_page_listens(
    running: tuple[subprocess.Popen[str], Network], settings: Settings
) -> None:
    process, phones = running

    with httpx.stream("GET", f"{phones.address}/simulator/api/events", trust_env=False) as events:
        next(events.iter_lines())
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        output, _ = process.communicate(timeout=10)

    assert time.monotonic() - began < 5
    assert (process.returncode, output) == (0, "")
    assert list(settings.state_dir.iterdir()) == []


def test_a_code_goes_to_the_demo_inbox_too(running: tuple[subprocess.Popen[str], Network], settings: Settings) -> None:
    _, phones = running
    account = simulated_account(phones.address)
    httpx.post(
        f"{phones.address}/v2/Services/{account.verify_service_sid}/Verifications",
        data={"To": CUSTOMER, "Channel": "sms", "Locale": "zh"},
        auth=(account.account_sid, account.auth_token.get_secret_value()),
        trust_env=False,
    ).raise_for_status()

    phone = phones.phone(CUSTOMER)

    assert [(mail.kind, mail.content) for mail in DemoInbox.of(settings).read(to={CUSTOMER})] == [("code", phone.code)]


def test_it_forgets_everything_when_the_demo_world_begins_anew(
    running: tuple[subprocess.Popen[str], Network], settings: Settings
) -> None:
    _, phones = running
    phones.break_with(duplicate=True)
    phones.phone(CUSTOMER).text("Hi")

    assert whereabouts.forget_everything(settings)

    assert phones.phone(CUSTOMER).texts == []
    assert phones.requests == []
    assert phones.get("faults")["duplicate"] is False


def test_where_none_runs_there_is_nothing_to_forget(settings: Settings) -> None:
    assert not whereabouts.forget_everything(settings)
    with whereabouts.told(settings, f"http://127.0.0.1:{free_port()}"):
        assert not whereabouts.forget_everything(settings)


def test_outside_the_demo_it_does_not_start(settings: Settings) -> None:
    production = {
        "WALLET_ENV": "production",
        "WALLET_SECRET_KEY": "a",
        "WALLET_IDENTITY_KEY": "b",
        "WALLET_DATABASE_URL": "postgresql+psycopg://nowhere/",
    }

    process = start(settings, free_port(), **production)
    output, _ = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "nothing to simulate" in output


def test_the_doctor_looks_at_it_in_twilio_s_place(
    running: tuple[subprocess.Popen[str], Network], settings: Settings
) -> None:
    lines = list[str]()

    doctor.report_phone(settings, lines.append)

    told = {line.split()[1]: line for line in lines if line.startswith("ok")}
    assert "the phone simulator's" in "\n".join(lines)
    assert {"account", "number", "codes"} <= told.keys()
