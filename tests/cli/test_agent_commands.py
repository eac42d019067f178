"""What agents decide by command: a freeze ends only where its owner asked and an agent agreed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from subprocess import CompletedProcess

import pytest

from tests.cli.test_cli import assert_one_line, call
from tests.wallet_core import factories
from wallet_core import schema
from wallet_core.database import Database
from wallet_core.models import Agent, DeskAccount, DeskSession, Freeze, FreezeKind, Notice
from wallet_core.passwords import is_password
from wallet_core.ports import SystemClock
from wallet_core.references import ReferenceKind, new_reference

REFERENCE = new_reference(ReferenceKind.FREEZE, Random(7))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def database(state: Path) -> Database:
    """With an agent called ana, and a customer who asked for a full freeze to be lifted."""
    state.mkdir()
    database = Database(f"sqlite:///{state}/wallet.db")
    schema.migrate(database)
    now = SystemClock().now()
    with database.transaction() as session:
        factories.create_agent(session, id="ana")
        account = factories.create_account(session, customer_id=factories.create_customer(session, id="C7").id)
        session.add(
            Freeze(
                reference=REFERENCE,
                account_id=account.id,
                kind=FreezeKind.FULL,
                reason="lost_device",
                assurance=2,
                channel="web",
                created_at=now - timedelta(hours=2),
                lift_requested_at=now - timedelta(hours=1),
            )
        )
    return database


def lifted_by(database: Database) -> str | None:
    with database.reading() as session:
        return session.query(Freeze).one().lifted_by


def test_who_waits_is_listed(state: Path, database: Database) -> None:
    [line] = call(state, "agent", "unfreezes").stdout.splitlines()

    assert line.split()[:2] == [REFERENCE, "C7"]


def test_an_agent_s_yes_lifts_the_freeze_and_the_owner_is_told(state: Path, database: Database) -> None:
    answer = call(state, "agent", "approve-unfreeze", REFERENCE.lower(), "--agent", "ana")
    again = call(state, "agent", "approve-unfreeze", REFERENCE, "--agent", "ana")

    assert answer.stdout.strip() == f"{REFERENCE} is lifted"
    assert again.stdout.strip() == f"{REFERENCE} was lifted before"
    assert lifted_by(database) == "agent:ana"
    with database.reading() as session:
        assert {notice.name for notice in session.query(Notice)} == {"utter_notice_freeze_lifted"}


def test_an_agent_s_no_leaves_it_standing(state: Path, database: Database) -> None:
    answer = call(state, "agent", "deny-unfreeze", REFERENCE, "--agent", "ana")
    afterwards = call(state, "agent", "approve-unfreeze", REFERENCE, "--agent", "ana")

    assert answer.stdout.strip() == f"{REFERENCE} stands"
    assert_one_line(afterwards, says="has not asked for that")
    assert lifted_by(database) is None
    assert call(state, "agent", "unfreezes").stdout.strip() == "nobody waits"


@pytest.mark.parametrize(
    ("reference", "agent", "says"),
    [
        (REFERENCE, "nobody", "no such agent"),
        ("FRZ-2222222", "ana", "no such full freeze"),
        ("x", "ana", "no such full"),
    ],
)
def test_whom_and_what_there_is_not_is_told_in_one_line(
    state: Path, database: Database, reference: str, agent: str, says: str
) -> None:
    answer = call(state, "agent", "approve-unfreeze", reference, "--agent", agent)

    assert_one_line(answer, says=says)
    assert lifted_by(database) is None


def test_what_came_to_a_demo_customer_is_printed(state: Path) -> None:
    from bot.demo_inbox import DemoInbox  # noqa: PLC0415

    DemoInbox(state / "demo_inbox.jsonl").deliver(to="+12025550101", kind="code", content="483920")

    assert "483920" in call(state, "demo", "inbox", "+12025550101").stdout
    assert call(state, "demo", "inbox", "C1001").stdout.strip() == "nothing came yet"


# Agents themselves

GOOD = "a long enough password"


def add(state: Path, *arguments: str, password: str = GOOD) -> CompletedProcess[str]:
    return call(
        state, "agent", "add", "tess", "--name", "Tess Vale", "--password-stdin", *arguments, given=f"{password}\n"
    )


def test_an_agent_is_taken_on_with_a_password_that_fits(state: Path, database: Database) -> None:
    added = add(state, "--queues", "fraud", "--languages", "en", "--role", "supervisor")

    assert added.returncode == 0, added.stderr
    assert "tess  Tess Vale  supervisor  off duty  fraud  en" in call(state, "agent", "list").stdout
    with database.reading() as session:
        kept = session.get_one(DeskAccount, "tess").password_hash
    assert kept is not None and GOOD not in kept
    assert is_password(GOOD, password_hash=kept)


@pytest.mark.parametrize(
    ("arguments", "password", "says"),
    [
        ([], "short", "at least 10"),
        (["--queues", "gold"], GOOD, "no queue called gold"),
        (["--languages", "fr"], GOOD, "fr"),
        (["--role", "king"], GOOD, "king"),
        (["--phone", "12"], GOOD, "invalid_number"),
    ],
)
def test_what_is_wrong_with_a_new_agent_is_told_in_one_line(
    state: Path, database: Database, arguments: list[str], password: str, says: str
) -> None:
    answer = add(state, *arguments, password=password)

    assert_one_line(answer, says=says)
    with database.reading() as session:
        assert session.get(Agent, "tess") is None


def test_nobody_is_taken_on_twice(state: Path, database: Database) -> None:
    add(state)

    assert_one_line(add(state), says="already")


def test_another_password_signs_them_out_and_closing_takes_them_off_duty(state: Path, database: Database) -> None:
    add(state)
    with database.transaction() as session:
        now = SystemClock().now()
        session.add(DeskSession(token_hash="x", agent_id="tess", created_at=now, last_seen_at=now, ended_at=None))

    call(state, "agent", "password", "tess", "--password-stdin", given="another good password\n")
    call(state, "agent", "on", "tess")
    on = "on duty" in next(line for line in call(state, "agent", "list").stdout.splitlines() if "tess" in line)
    call(state, "agent", "close", "tess")

    with database.reading() as session:
        assert session.get_one(DeskSession, "x").ended_at is not None
        assert session.get_one(DeskAccount, "tess").password_hash is None
        assert session.get_one(Agent, "tess").on_duty is False
    assert on


def test_an_unknown_agent_and_an_auditor_are_not_put_on_duty(state: Path, database: Database) -> None:
    add(state, "--role", "auditor")

    assert_one_line(call(state, "agent", "on", "nobody"), says="no such agent")
    assert_one_line(call(state, "agent", "on", "tess"), says="never on duty")


def test_agents_go_on_duty_and_off_it_and_say_where_calls_reach_them(state: Path, database: Database) -> None:
    call(state, "agent", "off", "ana")
    call(state, "agent", "phone", "ana")
    away = _of("ana", call(state, "agent", "list").stdout)

    call(state, "agent", "on", "ana")
    call(state, "agent", "phone", "ana", "+1 202 555 0191")
    there = _of("ana", call(state, "agent", "list").stdout)

    assert "off duty" in away and away.endswith("no phone")
    assert "on duty" in there and there.endswith("  phone")


def test_a_number_that_cannot_be_called_is_told_in_a_line(state: Path, database: Database) -> None:
    assert_one_line(call(state, "agent", "phone", "ana", "+1 900 555 0123"), says="no number to call")


def _of(agent_id: str, listed: str) -> str:
    return next(line for line in listed.splitlines() if line.startswith(agent_id))
