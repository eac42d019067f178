"""How identities are verified, and for a customer whether theirs is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.actions.customers import customer, names, visitor
from wallet_core.database import Database


@pytest.mark.parametrize(
    ("verified", "reply"), [(True, "utter_identity_verified"), (False, "utter_identity_not_verified")]
)
async def test_a_customer_hears_whether_theirs_is_verified(
    database: Database, call: Callable[..., Any], verified: bool, reply: str
) -> None:
    _, conversation_id = customer(database, verified=verified)

    replies, _ = await call("action_verify_identity", conversation_id)

    assert names(replies) == [reply]


async def test_a_visitor_hears_how_it_goes_and_with_which_documents(
    database: Database, call: Callable[..., Any]
) -> None:
    replies, _ = await call("action_verify_identity", visitor(database), language="zh")

    assert names(replies) == ["utter_verify_identity"]
    assert (replies[0]["documents"], replies[0]["hours"]) == ("身份证、护照或居留许可", 24)
