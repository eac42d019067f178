"""What is promised: output that people read and programs take apart, and one line with exit code 1 for a fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from bot.settings import DEMO_KEY, PROJECT
from bot.supervisor.ports import claim, free_port
from wallet_core.demo import CUSTOMERS


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def call(state: Path, *words: str, given: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command; `given` is its standard input."""
    variables = {**os.environ, "WALLET_STATE_DIR": str(state), **environment}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *words],
        cwd=PROJECT,
        env=variables,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_one_line(answer: subprocess.CompletedProcess[str], *, says: str) -> None:
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith("wallet-assistant: ")
    assert says in answer.stderr


def test_demo_customers_are_one_a_line_with_the_id_first(state: Path) -> None:
    answer = call(state, "demo", "customers")

    assert [line.split()[0] for line in answer.stdout.splitlines()] == [person.id for person in CUSTOMERS]


def test_demo_customers_as_json_have_all_that_their_papers_would_say(state: Path) -> None:
    people = json.loads(call(state, "demo", "customers", "--json").stdout)

    assert {"id", "name", "language", "phone", "email", "birth_date", "document_tail", "state"} <= set(people[0])
    assert len(people) == len(CUSTOMERS)


def test_a_demo_token_signs_that_customer_in_for_as_long_as_asked(state: Path) -> None:
    answer = call(state, "demo", "token", "C1001", "--expires-in", "30")

    claims = jwt.decode(answer.stdout.strip(), DEMO_KEY, algorithms=["HS256"], audience="wallet-assistant")
    assert claims["sub"] == "C1001"
    assert 0 < claims["exp"] - datetime.now(UTC).timestamp() <= 31
    assert claims["jti"]


def test_two_tokens_are_never_the_same(state: Path) -> None:
    assert call(state, "demo", "token", "C1001").stdout != call(state, "demo", "token", "C1001").stdout


def test_an_unknown_demo_customer_is_refused(state: Path) -> None:
    assert_one_line(call(state, "demo", "token", "C9999"), says="C9999 is no demo customer")


def test_there_is_no_demo_world_in_production(state: Path) -> None:
    production = {
        "WALLET_ENV": "production",
        "WALLET_SECRET_KEY": "a",
        "WALLET_IDENTITY_KEY": "b",
        "WALLET_DATABASE_URL": "postgresql+psycopg://nowhere/",
    }

    for words in (("demo", "token", "C1001"), ("demo", "reset")):
        assert_one_line(call(state, *words, **production), says="there is no demo world")


def test_a_wrong_setting_is_named(state: Path) -> None:
    assert_one_line(call(state, "db", "migrate", PORT="abc"), says="PORT")
    assert_one_line(call(state, "db", "migrate", WALLET_ENV="production"), says="WALLET_SECRET_KEY is missing")


def test_a_taken_port_is_told_in_one_line(state: Path) -> None:
    port = free_port()

    with claim("127.0.0.1", port):
        answer = call(state, "run", PORT=str(port))

    assert_one_line(answer, says=f"port {port} is taken")


def test_a_database_out_of_reach_is_told_in_one_line(state: Path) -> None:
    answer = call(
        state, "db", "migrate", WALLET_DATABASE_URL=f"postgresql+psycopg://a:secret@127.0.0.1:{free_port()}/x"
    )

    assert_one_line(answer, says="the database cannot be used")
    assert "secret" not in answer.stderr


def test_a_state_folder_that_cannot_be_had_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert_one_line(call(tmp_path / "file" / "state", "db", "migrate"), says="file")


def test_the_database_is_made_checked_and_the_demo_world_begun_anew(state: Path) -> None:
    migrated = call(state, "db", "migrate")
    begun = call(state, "demo", "reset")
    again = call(state, "demo", "reset")
    held = call(state, "demo", "hold-payment", "C1008", "--amount", "120", "--payee", "Harbour Books")
    asked = call(state, "demo", "confirm-registration", "C1001")
    too_much = call(state, "demo", "hold-payment", "C1008", "--amount", "99999999")
    rated = call(state, "db", "rates", str(PROJECT / "data/rates.yml"))
    checked = call(state, "db", "verify-audit")

    assert migrated.stdout.startswith("the database is at version ")
    assert begun.returncode == again.returncode == 0
    assert again.stdout == "the demo world is as on the first day\n"
    assert "120.00 HKD to Harbour Books is held" in held.stdout and "rings, see /simulator" in held.stdout
    assert "rings, see /simulator" in asked.stdout
    assert_one_line(too_much, says="the wallet may not pay that (limit_exceeded)")
    assert rated.stdout == "22 rates of USD hold for 8760 hours\n"
    assert checked.stdout == "the audit trail is whole\n"


def test_the_doctor_looks_at_everything(state: Path) -> None:
    answer = call(state, "doctor", PORT=str(free_port()))

    assert answer.returncode == 0, answer.stdout
    looked_at = {line[7:].split()[0] for line in answer.stdout.splitlines()}
    assert {"application", "Rasa", "settings", "disk", "port", "database", "model"} <= looked_at


def test_what_cannot_be_evaluated_is_told_before_anything_is_started(state: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{}\n")

    assert_one_line(call(state, "evaluate", str(tmp_path / "bad.jsonl")), says="bad.jsonl:1")


def test_the_command_starts_quickly_for_it_loads_nothing_that_it_does_not_need() -> None:
    script = "import sys, bot.cli; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert not {"sqlalchemy", "pydantic", "httpx", "fastapi", "uvicorn", "alembic"} & set(loaded.stdout.split())
