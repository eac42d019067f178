"""Whether we call, and the call that was missed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actions.customers import names, visitor
from tests.actions.picking_helpers import Call, Wallet
from wallet_core.database import Database
from wallet_core.models import Callback, CallbackStatus, ContactPoint, TransactionStatus

ACTION = "action_wallet_calls_you"
MISSED = {"intent": "wallet_calls_you", "text": "I missed your call about a payment"}


@pytest.fixture
def wallet(database: Database) -> Wallet:
    return Wallet(database)


async def test_who_missed_the_call_about_a_payment_is_called_again(wallet: Wallet, call: Call, wiring: Any) -> None:
    held = wallet.add(5000, "IKEA", status=TransactionStatus.HELD)
    first, _ = await call(ACTION, wallet.conversation, **MISSED)
    with wiring.database.transaction() as session:
        session.query(Callback).update({"status": CallbackStatus.FAILED})

    again, _ = await call(ACTION, wallet.conversation, **MISSED, message_id="m2")

    with wiring.database.reading() as session:
        [missed, asked] = session.query(Callback).order_by(Callback.status)
        assert {missed.transaction_id, asked.transaction_id} == {held}
        assert asked.status is CallbackStatus.REQUESTED
        assert again[0]["receipts"] == [asked.reference] != first[0]["receipts"]
    assert names(again) == ["utter_transfer_held_called"]


async def test_who_cannot_be_called_hears_why(wallet: Wallet, call: Call, wiring: Any) -> None:
    wallet.add(5000, "IKEA", status=TransactionStatus.HELD)
    with wiring.database.transaction() as session:
        session.query(ContactPoint).update({"reported_lost_at": wiring.clock.now()})

    replies, _ = await call(ACTION, wallet.conversation, **MISSED)

    assert names(replies) == ["utter_transfer_held_not_callable"]


async def test_where_nothing_waits_it_is_told_when_we_call(
    database: Database, wallet: Wallet, call: Call, wiring: Any
) -> None:
    wallet.add(5000, "IKEA", status=TransactionStatus.PENDING)
    Wallet(database).add(5000, "IKEA", status=TransactionStatus.HELD)  # somebody else's

    for conversation in (wallet.conversation, visitor(database)):
        replies, _ = await call(ACTION, conversation, **MISSED)

        assert names(replies) == ["utter_wallet_calls_you"]
    with wiring.database.reading() as session:
        assert session.query(Callback).count() == 0
