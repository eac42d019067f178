"""Checking the audit trail against its own hashes: what was changed, is missing, or stands elsewhere than it did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.audit_hashes import GENESIS, anchor_hash, entry_hash
from wallet_core.models import AuditAnchor, AuditEntry

ANCHORS = "anchors"

# An entry that moved up is still known for what it was if no more than so many before it were removed.
_REMOVED_AT_MOST = 100


class Fault(StrEnum):
    CHANGED = "changed"  # what stands there is not what was written
    MISSING = "missing"  # something was written there and is gone
    REORDERED = "reordered"  # it was written at another position


class Finding(BaseModel, frozen=True):
    """One fault, at `position` of a `chain` (`anchors` for the anchors themselves; their position is their id).

    `until` ends a run of missing entries; `belongs_at` is where a reordered entry was written; `entry_id` is the row
    at fault, None where it is gone.
    """

    fault: Fault
    chain: str
    position: int
    until: int | None = None
    belongs_at: int | None = None
    entry_id: int | None = None

    def __str__(self) -> str:
        place = f"{self.chain}:{self.position}" + (f"-{self.until}" if self.until else "")
        origin = f" (from {self.belongs_at})" if self.belongs_at else ""
        row = f" [row {self.entry_id}]" if self.entry_id else ""
        return f"{self.fault} {place}{origin}{row}"


def verify(session: Session, *, anchor_hash_kept: str | None = None) -> list[Finding]:
    """All faults of all chains and of the anchors, none if all is as it was written.

    `anchor_hash_kept` is the hash of an anchor that was kept outside the database: if no anchor has it, the newest ones
    were cut off or all were written anew, and that is a finding too. Reads the whole trail, a chain at a time.
    """
    findings: list[Finding] = []
    anchored: dict[str, dict[int, str]] = {}
    anchors = list(session.scalars(select(AuditAnchor).order_by(AuditAnchor.id)))
    for anchor in anchors:
        for chain, (position, hash_) in anchor.heads.items():
            anchored.setdefault(chain, {})[position] = hash_
    findings += _check_anchors(anchors, anchor_hash_kept)
    wanted = select(AuditEntry).order_by(AuditEntry.chain, AuditEntry.position)
    rows = session.scalars(wanted.execution_options(yield_per=1000))
    for chain, entries in groupby(rows, key=lambda entry: entry.chain):
        findings += _check_chain(chain, list(entries), anchored.pop(chain, {}))
    for chain, heads in sorted(anchored.items()):
        findings += _missing(chain, (), last=max(heads))
    return findings


def _check_chain(chain: str, entries: list[AuditEntry], anchored: dict[int, str]) -> Iterator[Finding]:
    furthest = max(len(entries), max(anchored, default=0)) + _REMOVED_AT_MOST
    origins = {entry.position: _origin(entry, furthest) for entry in entries}
    written = {origins[entry.position] or entry.position: entry for entry in entries}
    changed = {entry.position for entry in entries if origins[entry.position] is None}
    for position, entry in written.items():
        before = written.get(position - 1)
        expected = GENESIS if position == 1 else before.hash if before is not None else None
        if expected is not None and entry.previous_hash != expected and entry.position not in changed:
            # Its own hash holds, and so it names the one before as it was written: that one was changed and rehashed.
            changed.add(before.position if before is not None else entry.position)
        if position in anchored and anchored[position] != entry.hash:
            changed.add(entry.position)
    yield from _missing(chain, written, last=max([*written, *anchored]))
    for entry in entries:
        if entry.position in changed:
            yield Finding(fault=Fault.CHANGED, chain=chain, position=entry.position, entry_id=entry.id)
        elif origins[entry.position] != entry.position:
            yield Finding(
                fault=Fault.REORDERED,
                chain=chain,
                position=entry.position,
                belongs_at=origins[entry.position],
                entry_id=entry.id,
            )


def _origin(entry: AuditEntry, furthest: int) -> int | None:
    """The position at which the entry's content and hash were written; None where they do not belong together."""
    candidates = (entry.position, *range(1, furthest + 1))
    return next((position for position in candidates if _hash(entry, position) == entry.hash), None)


def _hash(entry: AuditEntry, position: int) -> str:
    return entry_hash(
        chain=entry.chain,
        position=position,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        reason=entry.reason,
        channel=entry.channel,
        previous_hash=entry.previous_hash,
    )


def _missing(chain: str, present: Iterable[int], *, last: int) -> Iterator[Finding]:
    """One finding for each gap between 1 and `last`."""
    expected = 1
    for position in [*sorted(present), last + 1]:
        if position > expected:
            until = position - 1 if position - 1 > expected else None
            yield Finding(fault=Fault.MISSING, chain=chain, position=expected, until=until)
        expected = max(expected, position + 1)


def _check_anchors(anchors: list[AuditAnchor], kept: str | None) -> Iterator[Finding]:
    by_id = {anchor.id: anchor for anchor in anchors}
    newest = max(by_id, default=0)
    yield from _missing(ANCHORS, by_id, last=newest)
    changed = set()
    for id, anchor in by_id.items():
        hash_ = anchor_hash(id=id, at=anchor.at, heads=anchor.heads, previous_hash=anchor.previous_hash)
        before = by_id.get(id - 1)
        if hash_ != anchor.hash:
            changed.add(id)
        elif before is not None and anchor.previous_hash != before.hash:
            changed.add(before.id)
    for id in sorted(changed):
        yield Finding(fault=Fault.CHANGED, chain=ANCHORS, position=id, entry_id=id)
    if kept is not None and kept not in {anchor.hash for anchor in anchors}:
        yield Finding(fault=Fault.MISSING, chain=ANCHORS, position=newest + 1)
