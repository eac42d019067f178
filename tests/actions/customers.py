"""Customers in a conversation, for tests of what an action says to whom."""

from __future__ import annotations

from typing import Any

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from wallet_core.database import Database
from wallet_core.models import Freeze, FreezeKind


def visitor(database: Database) -> str:
    """The conversation of somebody unknown."""
    with database.transaction() as session:
        return str(factories.create_conversation(session).id)


def customer(database: Database, *, frozen: bool = False, verified: bool = True, **account: Any) -> tuple[str, str]:
    """A signed-in customer: the wallet and the conversation."""
    with database.transaction() as session:
        who = factories.create_customer(session, identity_verified=verified)
        wallet = factories.create_account(session, customer_id=who.id, **account)
        conversation = factories.create_conversation(session, customer_id=who.id)
        if frozen:
            session.add(
                Freeze(
                    reference="FRZ-2222222",
                    account_id=wallet.id,
                    kind=FreezeKind.FULL,
                    reason="freeze_account",
                    assurance=2,
                    channel="web",
                    conversation_id=conversation.id,
                    created_at=NOW,
                )
            )
        return str(wallet.id), str(conversation.id)


def names(replies: list[dict[str, Any]]) -> list[str]:
    return [reply["response"] for reply in replies]
