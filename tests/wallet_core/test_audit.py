"""The audit trail: every committed change is in it, in order, and whatever is done to it afterwards is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from wallet_core import audit
from wallet_core.audit import Fault
from wallet_core.audit_hashes import GENESIS, anchor_hash, entry_hash
from wallet_core.database import Database
from wallet_core.errors import InvalidTime
from wallet_core.models import AuditAnchor, AuditEntry
from wallet_core.schema import without_guards


def record(session: Session, now: datetime, **overrides: Any) -> None:
    facts = {
        "chain": "C1",
        "actor": "customer",
        "action": "freeze_full",
        "subject": "FRZ-7KM4RXA",
        "reason": "lost_device",
        "channel": "web",
    }
    audit.record(session, **{**facts, **overrides}, now=now)


def fill(database: Database, now: datetime, *, chain: str = "C1", entries: int = 5) -> None:
    for number in range(entries):
        with database.transaction() as session:
            record(session, now + timedelta(seconds=number), chain=chain, subject=f"S{number + 1}")


def entries_of(database: Database, chain: str = "C1") -> list[AuditEntry]:
    with database.reading() as session:
        wanted = select(AuditEntry).where(AuditEntry.chain == chain).order_by(AuditEntry.position)
        return list(session.scalars(wanted))


def faults(database: Database, **options: Any) -> list[str]:
    with database.reading() as session:
        return [str(finding).split(" [")[0] for finding in audit.verify(session, **options)]


@contextmanager
def tampering(database: Database) -> Iterator[Session]:
    """A session of somebody who owns the tables and has switched off what guards them."""
    with database.transaction() as session, without_guards(session.connection()):
        yield session


def rewrite(database: Database, at_position: int, *, chain: str = "C1", **changes: Any) -> None:
    with tampering(database) as session:
        at = (AuditEntry.chain == chain, AuditEntry.position == at_position)
        session.execute(update(AuditEntry).where(*at).values(**changes))


# What is written


def test_entries_of_a_chain_are_numbered_and_bound_to_one_another(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        record(session, now, subject="first")
        record(session, now, subject="second")
    with database.transaction() as session:
        record(session, now, subject="third")

    entries = entries_of(database)

    assert [(entry.position, entry.subject) for entry in entries] == [(1, "first"), (2, "second"), (3, "third")]
    assert [entry.previous_hash for entry in entries] == [GENESIS, entries[0].hash, entries[1].hash]
    assert faults(database) == []


def test_chains_of_two_customers_are_independent(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        record(session, now, chain="C1")
        record(session, now, chain="C2")

    assert [entry.position for entry in entries_of(database, "C1") + entries_of(database, "C2")] == [1, 1]


def test_what_is_rolled_back_leaves_no_entry(database: Database, now: datetime) -> None:
    with pytest.raises(KeyError), database.transaction() as session:
        record(session, now)
        raise KeyError
    fill(database, now, entries=1)

    assert [entry.position for entry in entries_of(database)] == [1]
    assert faults(database) == []


def test_what_is_recorded_in_a_savepoint_falls_with_it_and_only_with_it(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        record(session, now, subject="before")
        with pytest.raises(KeyError), session.begin_nested():
            record(session, now, subject="lost")
            with session.begin_nested():
                record(session, now, subject="lost-too")
            raise KeyError
        with session.begin_nested():
            record(session, now, subject="kept")

    assert [entry.subject for entry in entries_of(database)] == ["before", "kept"]


def test_a_session_may_commit_more_than_once(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        record(session, now, subject="first")
        session.commit()
        record(session, now, subject="second")

    assert [entry.subject for entry in entries_of(database)] == ["first", "second"]


@pytest.mark.parametrize(
    "overrides",
    [
        {"reason": "my phone was stolen"},
        {"subject": "+12025550100"},
        {"subject": "lin@example.com"},
        {"actor": "林美"},
        {"action": "a" * 65},
        {"channel": "a" * 17},
    ],
)
def test_personal_text_and_what_does_not_fit_is_refused(
    database: Database, now: datetime, overrides: dict[str, str]
) -> None:
    with database.transaction() as session, pytest.raises(ValueError, match="not an identifier"):
        record(session, now, **overrides)

    assert entries_of(database) == []


def test_a_naive_time_is_refused(database: Database, now: datetime) -> None:
    with database.transaction() as session, pytest.raises(InvalidTime):
        record(session, now.replace(tzinfo=None))


def test_many_commits_of_one_customer_at_once_make_one_unbroken_chain(
    database: Database, race: Callable[..., list[object]], now: datetime
) -> None:
    def commit() -> None:
        with database.transaction() as session:
            record(session, now)
            record(session, now)

    results = race(*[commit] * 60)

    assert results == [None] * 60
    assert [entry.position for entry in entries_of(database)] == list(range(1, 121))
    assert faults(database) == []


def test_transactions_that_touch_the_same_chains_in_opposite_order_do_not_block_each_other(
    postgres_database: Database, race: Callable[..., list[object]], now: datetime
) -> None:
    def commit(first: str, second: str) -> None:
        with postgres_database.transaction() as session:
            record(session, now, chain=first)
            session.execute(select(AuditEntry).limit(1))
            record(session, now, chain=second)

    jobs = [lambda: commit("C1", "C2"), lambda: commit("C2", "C1")] * 30
    results = race(*jobs)

    assert results == [None] * 60
    assert faults(postgres_database) == []


def test_one_customers_open_commit_does_not_make_another_customer_wait(
    postgres_database: Database, now: datetime
) -> None:
    with postgres_database.transaction() as slow:
        record(slow, now, chain="C1")
        slow.dispatch.before_commit(slow)  # as far as a commit gets before the database is asked to commit
        assert slow.scalars(select(AuditEntry.chain)).all() == ["C1"]

        with postgres_database.transaction() as quick:
            record(quick, now, chain="C2")

        assert len(entries_of(postgres_database, "C2")) == 1
        assert entries_of(postgres_database, "C1") == []


# What is found


@pytest.mark.parametrize("column", ["actor", "action", "subject", "reason", "channel"])
def test_a_changed_entry_is_named(database: Database, now: datetime, column: str) -> None:
    fill(database, now)

    rewrite(database, 3, **{column: "forged"})

    assert faults(database) == ["changed C1:3"]


def test_a_changed_time_is_found(database: Database, now: datetime) -> None:
    fill(database, now)

    rewrite(database, 5, at=now + timedelta(days=1))

    assert faults(database) == ["changed C1:5"]


def test_a_changed_entry_is_named_though_its_own_hash_was_made_anew(database: Database, now: datetime) -> None:
    fill(database, now)
    old = entries_of(database)[2]
    facts = {"chain": "C1", "position": 3, "at": old.at, "actor": old.actor, "action": old.action, "reason": old.reason}
    facts |= {"subject": "forged", "channel": old.channel, "previous_hash": old.previous_hash}

    rewrite(database, 3, subject="forged", hash=entry_hash(**facts))

    assert faults(database) == ["changed C1:3"]


def test_a_missing_entry_is_named(database: Database, now: datetime) -> None:
    fill(database, now)

    with tampering(database) as session:
        session.execute(delete(AuditEntry).where(AuditEntry.position == 2))

    assert faults(database) == ["missing C1:2"]


def test_missing_entries_in_a_row_are_one_finding(database: Database, now: datetime) -> None:
    fill(database, now, entries=6)

    with tampering(database) as session:
        session.execute(delete(AuditEntry).where(AuditEntry.position.in_([1, 2, 3, 5])))

    assert faults(database) == ["missing C1:1-3", "missing C1:5"]


def test_a_missing_entry_is_named_though_the_later_ones_moved_up(database: Database, now: datetime) -> None:
    fill(database, now)

    with tampering(database) as session:
        session.execute(delete(AuditEntry).where(AuditEntry.position == 3))
    for position in (4, 5):
        rewrite(database, position, position=position - 1)

    assert faults(database) == ["missing C1:3", "reordered C1:3 (from 4)", "reordered C1:4 (from 5)"]


def test_two_reordered_entries_are_named(database: Database, now: datetime) -> None:
    fill(database, now)

    for old, new in ((2, 99), (4, 2), (99, 4)):
        rewrite(database, old, position=new)

    assert faults(database) == ["reordered C1:2 (from 4)", "reordered C1:4 (from 2)"]


def test_faults_of_one_chain_are_not_blamed_on_another(database: Database, now: datetime) -> None:
    fill(database, now, chain="C1")
    fill(database, now, chain="C2")

    rewrite(database, 1, chain="C2", subject="forged")

    assert faults(database) == ["changed C2:1"]


def test_the_first_entry_may_not_point_at_another_beginning(database: Database, now: datetime) -> None:
    fill(database, now, entries=1)
    old = entries_of(database)[0]
    facts = {"chain": "C1", "position": 1, "at": old.at, "actor": old.actor, "action": old.action, "reason": old.reason}
    facts |= {"subject": old.subject, "channel": old.channel, "previous_hash": "1" * 64}

    rewrite(database, 1, previous_hash="1" * 64, hash=entry_hash(**facts))

    assert faults(database) == ["changed C1:1"]


def test_a_finding_names_the_row(database: Database, now: datetime) -> None:
    fill(database, now)
    row = entries_of(database)[3]

    rewrite(database, 4, subject="forged")

    with database.reading() as session:
        (finding,) = audit.verify(session)
    assert (finding.fault, finding.chain, finding.position, finding.entry_id) == (Fault.CHANGED, "C1", 4, row.id)
    assert str(finding) == f"changed C1:4 [row {row.id}]"


# Anchors


def test_a_chain_that_was_cut_short_is_found_by_its_anchor(database: Database, now: datetime) -> None:
    fill(database, now)
    with database.transaction() as session:
        audit.anchor(session, now=now)

    with tampering(database) as session:
        session.execute(delete(AuditEntry).where(AuditEntry.position >= 4))

    assert faults(database) == ["missing C1:4-5"]


def test_a_chain_that_was_wholly_removed_is_found_by_its_anchor(database: Database, now: datetime) -> None:
    fill(database, now)
    with database.transaction() as session:
        audit.anchor(session, now=now)

    with tampering(database) as session:
        session.execute(delete(AuditEntry))

    assert faults(database) == ["missing C1:1-5"]


def test_a_chain_that_was_written_anew_is_found_by_its_anchor(database: Database, now: datetime) -> None:
    fill(database, now, entries=3)
    with database.transaction() as session:
        audit.anchor(session, now=now)

    with tampering(database) as session:
        session.execute(delete(AuditEntry))
    fill(database, now + timedelta(minutes=1), entries=4)

    assert faults(database) == ["changed C1:3"]


def test_anchors_hold_the_chains_that_grew(database: Database, now: datetime) -> None:
    fill(database, now, chain="C1", entries=2)
    fill(database, now, chain="C2", entries=1)

    with database.transaction() as session:
        first = audit.anchor(session, now=now + timedelta(minutes=10))
    with database.transaction() as session:
        nothing_new = audit.anchor(session, now=now + timedelta(minutes=20))
    fill(database, now + timedelta(minutes=25), chain="C2", entries=1)
    with database.transaction() as session:
        second = audit.anchor(session, now=now + timedelta(minutes=30))

    assert first is not None
    assert second is not None
    assert (first.id, first.chains, second.id, second.chains) == (1, 2, 2, 1)
    assert nothing_new is None
    with database.reading() as session:
        newest = session.get_one(AuditAnchor, 2)
        assert newest.previous_hash == first.hash
        assert newest.heads == {"C2": [2, entries_of(database, "C2")[1].hash]}
    assert faults(database) == []


def test_entries_long_before_the_last_anchor_are_not_read_again(database: Database, now: datetime) -> None:
    fill(database, now, chain="C1", entries=2)
    with database.transaction() as session:
        audit.anchor(session, now=now + timedelta(hours=3))
    fill(database, now + timedelta(hours=4), chain="C2", entries=1)

    with database.transaction() as session:
        second = audit.anchor(session, now=now + timedelta(hours=5))

    assert second is not None
    assert second.chains == 1


def test_anchors_made_at_once_follow_one_another(
    database: Database, race: Callable[..., list[object]], now: datetime
) -> None:
    def grow_and_anchor(chain: str) -> None:
        with database.transaction() as session:
            record(session, now, chain=chain)
        with database.transaction() as session:
            audit.anchor(session, now=now)

    results = race(*(lambda chain=f"C{number}": grow_and_anchor(chain) for number in range(20)))

    assert results == [None] * 20
    assert faults(database) == []
    with database.reading() as session:
        anchored = {chain for anchor in session.scalars(select(AuditAnchor)) for chain in anchor.heads}
    assert anchored == {f"C{number}" for number in range(20)}


def make_anchors(database: Database, now: datetime, number: int) -> list[str]:
    hashes = []
    for minute in range(number):
        fill(database, now + timedelta(minutes=minute), entries=1)
        with database.transaction() as session:
            made = audit.anchor(session, now=now + timedelta(minutes=minute))
            assert made is not None
            hashes.append(made.hash)
    return hashes


def test_a_changed_anchor_is_named(database: Database, now: datetime) -> None:
    make_anchors(database, now, 3)

    with tampering(database) as session:
        session.get_one(AuditAnchor, 2).heads = {}
        session.flush()

    assert faults(database) == ["changed anchors:2"]


def test_a_changed_anchor_is_named_though_its_own_hash_was_made_anew(database: Database, now: datetime) -> None:
    make_anchors(database, now, 3)

    with tampering(database) as session:
        anchor = session.get_one(AuditAnchor, 2)
        anchor.heads = {}
        anchor.hash = anchor_hash(id=2, at=anchor.at, heads={}, previous_hash=anchor.previous_hash)
        session.flush()

    assert faults(database) == ["changed anchors:2"]


def test_a_missing_anchor_is_named(database: Database, now: datetime) -> None:
    make_anchors(database, now, 3)

    with tampering(database) as session:
        session.execute(delete(AuditAnchor).where(AuditAnchor.id == 2))

    assert faults(database) == ["missing anchors:2"]


def test_the_newest_anchor_is_missed_by_who_kept_its_hash(database: Database, now: datetime) -> None:
    hashes = make_anchors(database, now, 3)

    with tampering(database) as session:
        session.execute(delete(AuditAnchor).where(AuditAnchor.id == 3))

    assert faults(database, anchor_hash_kept=hashes[1]) == []
    assert faults(database, anchor_hash_kept=hashes[2]) == ["missing anchors:3"]


def test_an_anchor_at_a_naive_time_is_refused(database: Database, now: datetime) -> None:
    with database.transaction() as session, pytest.raises(InvalidTime):
        audit.anchor(session, now=now.replace(tzinfo=None))
