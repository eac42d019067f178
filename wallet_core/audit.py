"""The audit trail: who did what, why, when, by which channel. Append-only, without personal text.

Each entry is bound by its hash to the one before of the same chain, a chain being a customer (or a conversation where
nobody is known): one chain for all would make every commit wait for every other. The heads are anchored at intervals,
so that a chain cut short is found too.

Entries are put in at the end of the transaction that caused them, chains in sorted order. So a chain is the last
thing a transaction waits for, it is held only while the commit runs, and no order of calls can lead to a deadlock.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, SessionTransaction

from wallet_core.audit_anchors import AnchorView, anchor
from wallet_core.audit_hashes import GENESIS, entry_hash
from wallet_core.audit_verification import Fault, Finding, verify
from wallet_core.models import AuditEntry
from wallet_core.times import require_aware

__all__ = ["AnchorView", "Fault", "Finding", "anchor", "record", "verify"]

_QUEUE = "audit_queue"
_LENGTHS = {
    "chain": 64,
    "actor": 64,
    "action": 64,
    "subject": 64,
    "reason": 64,
    "channel": 16,
}
# Identifiers only: no spaces, no letters beyond ASCII, no + or @, so that names, numbers and addresses do not fit.
_PLAIN = re.compile(r"[A-Za-z0-9_.:/-]*")


@dataclass(frozen=True)
class _Queued:
    facts: dict[str, Any]
    savepoint: SessionTransaction | None  # where it was recorded; it falls with that


def record(
    session: Session,
    *,
    chain: str,
    actor: str,
    action: str,
    subject: str,
    reason: str,
    channel: str,
    now: datetime,
) -> None:
    """Have an entry appended to `chain` when the session's transaction commits; with its rollback it is gone.

    `chain` is the customer's id, or the conversation's where the customer is unknown. The texts are identifiers
    (letters, digits and `_ . : / -`), never what somebody said.

    Raises:
        ValueError: a text is not an identifier or too long for its column, a mistake of the program.
        InvalidTime: `now` carries no zone.
    """
    facts = {
        "chain": chain,
        "actor": actor,
        "action": action,
        "subject": subject,
        "reason": reason,
        "channel": channel,
    }
    facts = {name: str(value) for name, value in facts.items()}
    for name, value in facts.items():
        if len(value) > _LENGTHS[name] or not _PLAIN.fullmatch(value):
            raise ValueError(f"audit {name} is not an identifier of at most {_LENGTHS[name]} characters")
    _queue(session).append(_Queued({**facts, "at": require_aware(now)}, session.get_nested_transaction()))


def _queue(session: Session) -> list[_Queued]:
    if _QUEUE not in session.info:
        session.info[_QUEUE] = []
        event.listen(session, "before_commit", _append_queued)
        event.listen(session, "after_soft_rollback", _drop_rolled_back)
    queue: list[_Queued] = session.info[_QUEUE]
    return queue


def _append_queued(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint is released; the end of the transaction is still to come
    queue = _queue(session)
    waiting = defaultdict(list)
    for queued in queue:
        waiting[queued.facts["chain"]].append(queued.facts)
    queue.clear()
    if waiting:
        session.flush()  # whatever else locks rows does so before the chains
    for chain in sorted(waiting):
        _append(session, chain, waiting[chain])


def _append(session: Session, chain: str, entries: Sequence[dict[str, Any]]) -> None:
    while True:
        position, previous_hash = _head(session, chain)
        rows = []
        for entry in entries:
            position += 1
            hash_ = entry_hash(position=position, previous_hash=previous_hash, **entry)
            rows.append(
                {
                    **entry,
                    "position": position,
                    "previous_hash": previous_hash,
                    "hash": hash_,
                }
            )
            previous_hash = hash_
        if _take_position(session, rows[0]):
            if rows[1:]:
                session.execute(insert(AuditEntry), rows[1:])
            return


def _head(session: Session, chain: str) -> tuple[int, str]:
    newest = (
        select(AuditEntry.position, AuditEntry.hash)
        .where(AuditEntry.chain == chain)
        .order_by(AuditEntry.position.desc())
        .limit(1)
    )
    found = session.execute(newest).first()
    return (found.position, found.hash) if found else (0, GENESIS)


def _take_position(session: Session, row: dict[str, Any]) -> bool:
    """Insert the first new entry; false if another transaction had that position.

    Where the other one is still open, PostgreSQL waits here for its end: that is the lock on the chain. On SQLite
    there is one writer at a time anyway.
    """
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = make(AuditEntry).values(row).on_conflict_do_nothing(index_elements=["chain", "position"])
    return session.execute(statement.returning(AuditEntry.id)).first() is not None


def _drop_rolled_back(session: Session, ended: SessionTransaction) -> None:
    def fell(queued: _Queued) -> bool:
        within = queued.savepoint
        while within is not None and within is not ended:
            within = within.parent
        return within is ended

    queue = _queue(session)
    queue[:] = [queued for queued in queue if ended.nested and not fell(queued)]
