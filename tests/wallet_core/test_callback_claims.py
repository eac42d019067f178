"""Claiming callbacks: one holder at a time, for as long as the lease, and what a lost worker held is taken up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.wallet_core.callback_helpers import asker, create_callback, expire, report, ring, status_of, take
from tests.wallet_core.factories import NOW
from tests.wallet_core.grants import agent_grant
from wallet_core import callbacks
from wallet_core.callbacks import AttemptOutcome, ClaimedCallback
from wallet_core.database import Database
from wallet_core.errors import AgentOnly, NotFound, WrongState
from wallet_core.models import CallbackBlock, CallbackStatus, Priority
from wallet_core.policy import Action

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=2)


def test_due_callbacks_are_claimed_by_due_time_then_priority(database: Database) -> None:
    with database.transaction() as session:
        late = create_callback(session, due_at=NOW, window_start=NOW, priority=Priority.URGENT).id
        first_low = create_callback(session, due_at=NOW - MINUTE, priority=Priority.LOW).id
        first_high = create_callback(session, due_at=NOW - MINUTE, priority=Priority.HIGH).id
        create_callback(session, due_at=NOW + MINUTE)

    with database.transaction() as session:
        claimed = callbacks.claim_due(session, holder="worker-1", now=NOW)

        assert [due.id for due in claimed] == [first_high, first_low, late]
        assert {due.held_until for due in claimed} == {NOW + LEASE}
        assert {status_of(session, due.id) for due in claimed} == {CallbackStatus.CALLING}


def test_no_more_are_claimed_than_wanted(database: Database) -> None:
    with database.transaction() as session:
        for _ in range(3):
            create_callback(session)

        assert len(callbacks.claim_due(session, holder="worker-1", now=NOW, limit=2)) == 2
        assert len(callbacks.claim_due(session, holder="worker-2", now=NOW, limit=2)) == 1


@pytest.mark.parametrize("status", sorted(set(CallbackStatus) - {CallbackStatus.REQUESTED}))
def test_what_is_over_or_in_hand_is_not_claimed(sqlite_database: Database, status: CallbackStatus) -> None:
    with sqlite_database.transaction() as session:
        create_callback(session, status=status, holder="worker-9", held_until=NOW + MINUTE)

        assert callbacks.claim_due(session, holder="worker-1", now=NOW) == []


def test_nothing_is_claimed_after_its_window(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, due_at=NOW - HOUR, window_start=NOW - HOUR, window_end=NOW)

        assert callbacks.claim_due(session, holder="worker-1", now=NOW) == []


def test_what_is_due_to_a_blocked_number_is_not_claimed(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session, number="+12025550123")
        session.add(CallbackBlock(number="+12025550123", until=NOW + HOUR))
        session.flush()

        assert callbacks.claim_due(session, holder="worker-1", now=NOW) == []
        assert expire(session, NOW) == [callback.reference]


def test_while_one_worker_is_claiming_another_passes_over_its_rows(postgres_database: Database) -> None:
    with postgres_database.transaction() as session:
        expected = {create_callback(session).id for _ in range(4)}

    with postgres_database.transaction() as one, postgres_database.transaction() as other:
        first = callbacks.claim_due(one, holder="worker-1", now=NOW, limit=2)
        second = callbacks.claim_due(other, holder="worker-2", now=NOW, limit=4)

    assert (len(first), len(second)) == (2, 2)
    assert {due.id for due in first + second} == expected


def test_workers_that_claim_together_never_get_the_same_one(
    database: Database, race: Callable[..., list[object]]
) -> None:
    with database.transaction() as session:
        for _ in range(40):
            create_callback(session)

    def claim(number: int) -> Callable[[], object]:
        def job() -> object:
            taken: list[ClaimedCallback] = []
            while True:
                with database.transaction() as session:
                    more = callbacks.claim_due(session, holder=f"worker-{number}", now=NOW, limit=3)
                if not more:
                    return [due.id for due in taken]
                taken += more

        return job

    results = race(*[claim(number) for number in range(8)])

    taken = [id_ for ids in results if isinstance(ids, list) for id_ in ids]
    assert len(taken) == len(set(taken)) == 40


# Leases


def test_what_a_lost_worker_held_is_taken_up_after_its_lease(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session)
        lost = take(session, holder="worker-1")

        assert callbacks.claim_due(session, holder="worker-2", now=NOW + LEASE - MINUTE) == []
        found = take(session, holder="worker-2", now=NOW + LEASE)

        assert (found.id, found.holder, found.open_attempt) == (lost.id, "worker-2", None)


def test_a_call_that_a_lost_worker_began_comes_with_it_even_after_the_window(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session, window_end=NOW + MINUTE)
        attempt = ring(session, take(session).id)

        found = take(session, holder="worker-2", now=NOW + HOUR)

        assert found.open_attempt is not None
        assert (found.open_attempt.id, found.open_attempt.holder) == (attempt.id, "worker-1")
        with pytest.raises(WrongState) as refused:
            ring(session, found.id, holder="worker-2", now=NOW + HOUR)
        assert refused.value.facts["state"] == "attempt_open"
        assert (
            report(session, attempt.id, AttemptOutcome.UNKNOWN, now=NOW + HOUR, holder="worker-2").status
            is CallbackStatus.EXPIRED
        )


def test_a_lease_is_renewed_by_who_holds_it(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session)
        claimed = take(session)

        until = callbacks.renew_lease(session, callback_id=claimed.id, holder="worker-1", now=NOW + MINUTE)

        assert until == NOW + MINUTE + LEASE
        assert callbacks.claim_due(session, holder="worker-2", now=NOW + LEASE) == []


@pytest.mark.parametrize("work", ["renew", "release", "start", "outcome"])
def test_who_lost_the_lease_is_refused_even_before_another_has_it(database: Database, work: str) -> None:
    with database.transaction() as session:
        create_callback(session)
        claimed = take(session)
        attempt = ring(session, claimed.id) if work == "outcome" else None
        late = NOW + LEASE
        attempts: dict[str, Callable[[], object]] = {
            "renew": lambda: callbacks.renew_lease(session, callback_id=claimed.id, holder="worker-1", now=late),
            "release": lambda: callbacks.release(session, callback_id=claimed.id, holder="worker-1", now=late),
            "start": lambda: ring(session, claimed.id, now=late),
            "outcome": lambda: report(
                session, attempt.id if attempt else "", AttemptOutcome.BUSY, now=late, holder="worker-1"
            ),
        }

        with pytest.raises(WrongState) as refused:
            attempts[work]()

        assert refused.value.facts["state"] == "lease_lost"


def test_who_never_had_it_is_refused(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session)
        claimed = take(session)

        with pytest.raises(WrongState):
            ring(session, claimed.id, holder="worker-2")
        with pytest.raises(NotFound):
            ring(session, "unknown")


def test_a_worker_that_stops_gives_back_what_it_has_not_begun(database: Database) -> None:
    with database.transaction() as session:
        create_callback(session)
        claimed = take(session)

        callbacks.release(session, callback_id=claimed.id, holder="worker-1", now=NOW)
        again = take(session, holder="worker-2")
        ring(session, again.id, holder="worker-2")

        with pytest.raises(WrongState):
            callbacks.release(session, callback_id=again.id, holder="worker-2", now=NOW)


# Agents


def test_an_agent_takes_a_callback_ahead_of_its_turn(database: Database) -> None:
    with database.transaction() as session:
        callback = create_callback(session, due_at=NOW + HOUR)
        ana, ben = (agent_grant(session, customer_id=None, action=Action.CALLBACK_ON_FILE) for _ in range(2))

        claimed = callbacks.claim(session, grant=ana, reference=callback.reference, now=NOW)

        assert claimed.holder == ana.actor
        with pytest.raises(WrongState):
            callbacks.claim(session, grant=ben, reference=callback.reference, now=NOW)
        assert callbacks.claim(session, grant=ben, reference=callback.reference, now=NOW + LEASE).holder == ben.actor


def test_only_agents_take_callbacks_and_only_those_that_are_called(database: Database) -> None:
    with database.transaction() as session:
        mine = create_callback(session)
        nobodys = create_callback(session)
        nobodys.customer_id = nobodys.number = None
        session.flush()
        ana = agent_grant(session, customer_id=None, action=Action.CALLBACK_ON_FILE)

        with pytest.raises(AgentOnly):
            callbacks.claim(session, grant=asker(session, str(mine.customer_id)), reference=mine.reference, now=NOW)
        with pytest.raises(NotFound):
            callbacks.claim(session, grant=ana, reference=nobodys.reference, now=NOW)
        with pytest.raises(WrongState):
            callbacks.claim(session, grant=ana, reference=mine.reference, now=NOW + 3 * HOUR)
