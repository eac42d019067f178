"""Saying whose wallet it is: by number or wallet id, and nothing tells whether there is such a customer."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from wallet_core.conversations import ConversationView, get_conversation
from wallet_core.database import Database
from wallet_core.errors import WrongState
from wallet_core.models import Assurance
from wallet_core.verification import claim_by_name


def claimed(session: Session, name: str, now: datetime) -> ConversationView:
    conversation = factories.create_conversation(session)
    claim_by_name(session, conversation_id=conversation.id, name=name, now=now)
    return get_conversation(session, conversation_id=conversation.id)


@pytest.mark.parametrize("name", ["+1 202 555 0177", "+12025550177", "a777777", " A777777 "])
def test_a_customer_is_claimed_by_number_or_wallet(database: Database, now: datetime, name: str) -> None:
    with database.transaction() as session:
        customer = factories.create_customer(session, phone="+12025550177")
        factories.create_account(session, id="A777777", customer_id=customer.id)

        conversation = claimed(session, name, now)

        assert (conversation.customer_id, conversation.assurance) == (customer.id, Assurance.CLAIMED)


@pytest.mark.parametrize("name", ["W999999", "+12025559999", "12025550177", "", "nobody"])
def test_an_unknown_name_is_a_claim_of_nobody(database: Database, now: datetime, name: str) -> None:
    with database.transaction() as session:
        conversation = claimed(session, name, now)

        assert (conversation.customer_id, conversation.assurance) == (None, Assurance.CLAIMED)


def test_who_is_signed_in_claims_nobody_else(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        customer = factories.create_customer(session)
        conversation = factories.create_conversation(session, customer_id=customer.id)

        with pytest.raises(WrongState):
            claim_by_name(session, conversation_id=conversation.id, name="W999999", now=now)
