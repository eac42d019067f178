"""What every action promises: refusals become replies, nothing escapes, success is told only once it is committed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select

from actions.base import Event, Turn, WalletAction, Wiring
from actions.server import all_actions, build_executor
from bot.settings import PROJECT
from tests.actions.conftest import LosingDatabase, caller, make_wiring
from tests.wallet_core import factories
from wallet_core import freezes, schema
from wallet_core.database import Database
from wallet_core.models import Ticket


def signed_in(database: Database, **account: Any) -> tuple[str, str]:
    """A customer's account and a conversation in which they are signed in."""
    with database.transaction() as session:
        made = factories.create_account(session, **account)
        conversation = factories.create_conversation(session, customer_id=made.customer_id)
        return made.id, conversation.id


async def test_a_freeze_is_told_with_its_receipt(database: Database, call: Callable[..., Any]) -> None:
    account_id, conversation_id = signed_in(database)

    replies, _ = await call("action_freeze_account", conversation_id, freeze_confirmed=True)

    with database.reading() as session:
        standing = freezes.active(session, account_id=account_id)
    assert [reply["response"] for reply in replies] == ["utter_freeze_done"]
    assert replies[0]["receipts"] == [standing[0].reference]


async def test_a_freeze_that_was_not_committed_is_not_told(tmp_path: Path) -> None:
    database = LosingDatabase(f"sqlite:///{tmp_path}/wallet.db")
    schema.migrate(database)
    account_id, conversation_id = signed_in(Database(f"sqlite:///{tmp_path}/wallet.db"))
    call = caller(build_executor(make_wiring(database)))

    replies, _ = await call("action_freeze_account", conversation_id, freeze_confirmed=True)

    with database.reading() as session:
        assert freezes.active(session, account_id=account_id) == []
    assert [reply["response"] for reply in replies] == ["utter_error_storage_unavailable"]


async def test_a_refusal_is_told_in_its_own_words_and_writes_nothing(
    database: Database, call: Callable[..., Any]
) -> None:
    _, conversation_id = signed_in(database, status="closed")

    replies, events = await call("action_freeze_account", conversation_id, freeze_confirmed=True)

    assert [reply["response"] for reply in replies] == ["utter_error_account_closed"]
    assert not any(event.get("name") == "freeze_aftermath_form" for event in events)


async def test_a_message_that_comes_twice_opens_one_ticket(database: Database, call: Callable[..., Any]) -> None:
    _, conversation_id = signed_in(database)

    first, _ = await call("action_open_ticket", conversation_id, ticket_summary="charged twice", message_id="m7")
    again, _ = await call("action_open_ticket", conversation_id, ticket_summary="charged twice", message_id="m7")

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1
    assert first[0]["receipts"] == again[0]["receipts"]


async def test_slots_authorise_nothing(database: Database, call: Callable[..., Any]) -> None:
    account_id, _ = signed_in(database)
    with database.transaction() as session:
        visitor = factories.create_conversation(session).id

    replies, _ = await call(
        "action_freeze_account", visitor, freeze_confirmed=True, signed_in=True, customer_id="C1", account_id=account_id
    )

    with database.reading() as session:
        assert freezes.active(session, account_id=account_id) == []
    assert [reply["response"] for reply in replies] == ["utter_freeze_needs_sign_in"]


async def test_nothing_escapes_from_a_broken_action(wiring: Wiring) -> None:
    class Broken(WalletAction):
        action_name = "action_broken_on_purpose"

        def act(self, turn: Turn) -> list[Event]:
            turn.say("utter_freeze_done", reference="FRZ-2222222")
            raise ZeroDivisionError

    executor = build_executor(wiring)
    executor.register_action(Broken(wiring))

    replies, events = await caller(executor)("action_broken_on_purpose", "nobody")

    assert [reply["response"] for reply in replies] == ["utter_error_unexpected"]
    assert events == []


def named_in_the_domain() -> list[str | dict[str, dict[str, bool]]]:
    return [
        action
        for path in (PROJECT / "bot/rasa/domain").glob("*.yml")
        for action in yaml.safe_load(path.read_text(encoding="utf-8")).get("actions") or []
    ]


def test_every_action_of_the_domain_is_served() -> None:
    named = {name for action in named_in_the_domain() for name in ([action] if isinstance(action, str) else action)}

    served = {kind.__dict__.get("action_name") or f"validate_{kind.form_name}" for kind in all_actions()}

    assert named <= served


def test_no_action_is_sent_the_domain() -> None:
    configured = [action for action in named_in_the_domain() if isinstance(action, dict)]
    plain = [action for action in named_in_the_domain() if isinstance(action, str)]

    assert not [name for name in plain if name.startswith("validate_")]  # Rasa would send it to these
    assert all(config == {"send_domain": False} for action in configured for config in action.values())
