"""Callbacks as they are kept and shown: each with its own reference, to whom it belongs, and never with its phrase."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from tests.wallet_core.callback_helpers import (
    asker,
    create_callback,
    new_customer,
    report,
    request,
    ring,
    stored,
    stranger,
    take,
)
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import agent_grant
from tests.wallet_core.routings import ROUTING
from wallet_core import callbacks
from wallet_core.callbacks import AttemptOutcome
from wallet_core.database import Database
from wallet_core.errors import NotFound, StorageUnavailable
from wallet_core.policy import Action, Grant

HOUR = timedelta(hours=1)


# Kept


def test_a_reference_that_is_taken_is_drawn_anew(database: Database) -> None:
    with database.transaction() as session:
        first = request(session, asker(session, new_customer(session)), random=Random(5))
        row = stored(session, first.reference)
        row.id = "another-id"
        session.flush()

        second = request(session, asker(session, new_customer(session)), random=Random(5))

        assert second.reference != first.reference


def test_where_every_reference_drawn_is_taken_nothing_is_stored(database: Database) -> None:
    class Stuck(Random):
        def choice(self, seq: Any) -> Any:
            return seq[0]

    with database.transaction() as session:
        request(session, asker(session, new_customer(session)), random=Stuck())
        grant = asker(session, new_customer(session))

        with pytest.raises(StorageUnavailable):
            request(session, grant, random=Stuck())

        assert callbacks.callbacks_of(session, grant=grant) == []


def test_a_mistake_of_the_program_is_not_taken_for_a_clash_of_references(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        nowhere = Grant(
            grant.action, grant.customer_id, None, grant.assurance, grant.channel, "no conversation", grant.actor
        )

        with pytest.raises(IntegrityError):
            request(session, nowhere)


# Shown


def test_a_phrase_is_in_the_receipt_and_nowhere_else(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        receipt = request(session, grant)

        assert receipt.phrase
        for view in (
            callbacks.callback_by_reference(session, grant=grant, reference=receipt.reference),
            callbacks.pending_callback(session, grant=grant, now=NOW),
            *callbacks.callbacks_of(session, grant=grant),
        ):
            assert view is not None
            assert receipt.phrase not in view.model_dump_json()
            assert view.phrase_given


def test_the_newest_callbacks_are_seen_first(database: Database) -> None:
    with database.transaction() as session:
        grant = asker(session, new_customer(session))
        references = []
        for number in range(3):
            moment: datetime = NOW + number * HOUR
            references.append(request(session, grant, now=moment).reference)
            callbacks.cancel_callback(session, grant=grant, reference=references[-1], now=moment)

        seen = callbacks.callbacks_of(session, grant=grant, limit=2)

        assert [view.reference for view in seen] == references[:0:-1]


@pytest.mark.parametrize("reference", ["CB-2346789", "T-7R4C6MY", "", "my callback"])
def test_an_unknown_callback_is_not_found(database: Database, reference: str) -> None:
    with database.transaction() as session:
        create_callback(session)
        grant = asker(session, new_customer(session))

        with pytest.raises(NotFound):
            callbacks.cancel_callback(session, grant=grant, reference=reference, now=NOW)


def test_what_became_of_a_strangers_request_is_not_told(database: Database) -> None:
    with database.transaction() as session:
        views = []
        for name in (new_customer(session), None):
            grant = stranger(session, name)
            receipt = request(session, grant)
            if name:
                attempt = ring(session, take(session).id)
                report(session, attempt.id, AttemptOutcome.CONNECTED)
            later = NOW + HOUR
            view = callbacks.callback_by_reference(session, grant=grant, reference=receipt.reference)
            still = callbacks.pending_callback(session, grant=grant, now=later)
            changed = callbacks.change_window(
                session, grant=grant, reference=receipt.reference, routing=ROUTING, start=later, now=later
            )
            cancelled = callbacks.cancel_callback(session, grant=grant, reference=receipt.reference, now=later)
            gone = callbacks.pending_callback(session, grant=grant, now=later)
            views.append(
                [seen and seen.model_dump(exclude={"reference"}) for seen in (view, still, changed, cancelled, gone)]
            )

        assert views[0] == views[1]
        assert views[0][0]["status"] is None
        assert views[0][4] is None


def test_a_stranger_sees_neither_the_owners_callbacks_nor_another_conversations(database: Database) -> None:
    with database.transaction() as session:
        customer_id = new_customer(session)
        owners = request(session, asker(session, customer_id))
        other = request(session, stranger(session, customer_id))
        grant = stranger(session, customer_id)

        for reference in (owners.reference, other.reference, "CB-unknown"):
            with pytest.raises(NotFound):
                callbacks.callback_by_reference(session, grant=grant, reference=reference)
        assert callbacks.callbacks_of(session, grant=grant) == []


def test_claiming_another_name_does_not_tell_whether_the_one_before_exists(database: Database) -> None:
    with database.transaction() as session:
        second = new_customer(session)
        seen = []
        for first in (new_customer(session), None):
            grant = stranger(session, first)
            request(session, grant)
            again = Grant(
                grant.action, second, None, grant.assurance, grant.channel, grant.conversation_id, grant.actor
            )
            seen.append(len(callbacks.callbacks_of(session, grant=again)))

        assert seen == [1, 1]


def test_an_agent_sees_the_customers_callbacks_or_all_and_has_to_name_whom_to_call(database: Database) -> None:
    with database.transaction() as session:
        first, second = (create_callback(session) for _ in range(2))
        one = agent_grant(session, customer_id=first.customer_id, action=Action.CALLBACK_ON_FILE)
        everybody = agent_grant(session, customer_id=None, action=Action.CALLBACK_ON_FILE)

        assert [view.reference for view in callbacks.callbacks_of(session, grant=one)] == [first.reference]
        assert {view.reference for view in callbacks.callbacks_of(session, grant=everybody)} == {
            first.reference,
            second.reference,
        }
        with pytest.raises(NotFound):
            request(session, everybody)
