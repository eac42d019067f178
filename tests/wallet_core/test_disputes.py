"""Disputes: urgent, with the customer's own transactions, and opened once."""

from __future__ import annotations

from collections.abc import Callable
from random import SystemRandom
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.wallet_core import factories
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import customer_grant
from tests.wallet_core.routings import ROUTING
from tests.wallet_core.ticket_helpers import agent, move, opener
from wallet_core import disputes
from wallet_core.database import Database
from wallet_core.errors import NotFound, RequestConflict, WrongState
from wallet_core.models import Language, Priority, TicketStatus
from wallet_core.policy import Action, Grant
from wallet_core.tickets import TicketView


def dispute(session: Session, grant: Grant, transaction_ids: list[str], **overrides: Any) -> TicketView:
    wish: dict[str, Any] = {
        "summary": "Two payments were not me.",
        "language": Language.EN,
        "routing": ROUTING,
        "now": NOW,
        "random": SystemRandom(),
    }
    return disputes.open_dispute(session, grant=grant, transaction_ids=transaction_ids, **{**wish, **overrides})


def disputer(session: Session) -> tuple[Grant, list[str]]:
    account = factories.create_account(session)
    payments = [factories.create_transaction(session, account_id=account.id).id for _ in range(3)]
    return customer_grant(session, customer_id=account.customer_id, action=Action.DISPUTE), payments


def test_a_dispute_is_an_urgent_fraud_ticket_with_its_transactions(database: Database) -> None:
    with database.transaction() as session:
        grant, payments = disputer(session)

        ticket = dispute(session, grant, payments[:2])

        assert (ticket.queue, ticket.priority) == ("fraud", Priority.URGENT)
        assert ticket.transaction_ids == tuple(payments[:2])


def test_disputing_the_same_transactions_again_gives_the_open_dispute(database: Database) -> None:
    with database.transaction() as session:
        grant, payments = disputer(session)
        first = dispute(session, grant, payments[:2])

        assert dispute(session, grant, payments[:1]) == first
        assert dispute(session, grant, payments[1:]).reference != first.reference

        move(session, agent(session), first.reference, TicketStatus.RESOLVED)
        assert dispute(session, grant, payments[:1]).reference != first.reference


def test_the_same_dispute_many_times_at_once_is_one(database: Database, race: Callable[..., list[object]]) -> None:
    with database.transaction() as session:
        grant, payments = disputer(session)

    def ask() -> str:
        with database.transaction() as session:
            return dispute(session, grant, payments).reference

    assert len(set(race(*[ask] * 8))) == 1


def test_a_dispute_with_a_key_given_before_is_checked_like_any_ticket(database: Database) -> None:
    with database.transaction() as session:
        grant, payments = disputer(session)
        first = dispute(session, grant, payments[:1], request_key="message-1")

        assert dispute(session, grant, payments[:1], request_key="message-1") == first
        with pytest.raises(RequestConflict):
            dispute(session, grant, payments, request_key="message-1")


def test_a_dispute_needs_own_transactions(database: Database) -> None:
    with database.transaction() as session:
        grant, payments = disputer(session)
        _, others = disputer(session)

        for wrong in ([], others[:1], [payments[0], others[0]], ["TX-unknown"]):
            with pytest.raises(NotFound):
                dispute(session, grant, wrong)


def test_a_grant_for_something_else_disputes_nothing(database: Database) -> None:
    with database.transaction() as session:
        account = factories.create_account(session)
        payment = factories.create_transaction(session, account_id=account.id)

        with pytest.raises(WrongState):
            dispute(session, opener(session, account.customer_id), [payment.id])
