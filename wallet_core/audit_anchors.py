"""Anchors: the heads of the audit chains at one moment, bound to the anchor before.

An entry is found out by the ones after it, the last of a chain by an anchor. The last anchor itself is found out by a
copy of its hash that is kept outside this database, such as in the log of whoever made it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wallet_core.audit_hashes import GENESIS, anchor_hash
from wallet_core.models import AuditAnchor, AuditEntry
from wallet_core.times import require_aware

# An entry may be committed after an anchor though it was numbered before it; so each anchor looks back over this time.
_OVERLAP = timedelta(hours=1)


class AnchorView(BaseModel, frozen=True):
    """An anchor; keep its `hash` outside the database. `chains` is how many heads it holds."""

    id: int
    at: datetime
    hash: str
    chains: int


def anchor(session: Session, *, now: datetime) -> AnchorView | None:
    """Write down the heads of the chains that grew since the last anchor; None where none did.

    Takes as long as there are entries since the last anchor. Two at one moment make one anchor after the other.

    Raises:
        InvalidTime: `now` carries no zone.
    """
    at = require_aware(now)
    while True:
        last = session.scalars(select(AuditAnchor).order_by(AuditAnchor.id.desc()).limit(1)).one_or_none()
        heads = _grown(session, last)
        if not heads:
            return None
        id = last.id + 1 if last else 1
        previous_hash = last.hash if last else GENESIS
        hash_ = anchor_hash(id=id, at=at, heads=heads, previous_hash=previous_hash)
        make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        statement = make(AuditAnchor).values(id=id, at=at, heads=heads, previous_hash=previous_hash, hash=hash_)
        if session.execute(statement.on_conflict_do_nothing().returning(AuditAnchor.id)).first() is not None:
            return AnchorView(id=id, at=at, hash=hash_, chains=len(heads))


def _grown(session: Session, last: AuditAnchor | None) -> dict[str, Any]:
    recent = select(AuditEntry.chain, func.max(AuditEntry.position).label("position")).group_by(AuditEntry.chain)
    known: dict[str, Any] = {}
    if last is not None:
        since = last.at - _OVERLAP
        # Entries lie by their ids in about the order of time, so this reads back from the newest and stops soon.
        before = select(AuditEntry.id).where(AuditEntry.at < since).order_by(AuditEntry.id.desc()).limit(1)
        recent = recent.where(AuditEntry.id > (session.scalars(before).one_or_none() or 0))
        for anchored in session.scalars(select(AuditAnchor).where(AuditAnchor.at >= since).order_by(AuditAnchor.id)):
            known.update(anchored.heads)
    newest = recent.subquery()
    heads = select(AuditEntry.chain, AuditEntry.position, AuditEntry.hash).join(
        newest, (AuditEntry.chain == newest.c.chain) & (AuditEntry.position == newest.c.position)
    )
    found = {row.chain: [row.position, row.hash] for row in session.execute(heads.order_by(AuditEntry.chain))}
    return {chain: head for chain, head in found.items() if known.get(chain) != head}
