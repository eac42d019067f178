"""Wrong codes, facts and names, counted by the way they came; five close that way for a while.

Ways are the conversation, the network address and the phone number, kept as keyed hashes. Beyond these, wrong answers
about one customer are counted whichever way they came, so that many ways together cannot guess for long. That lock
is not told, for an unknown name cannot have it and it would show who is a customer: while it is on, a right answer is
refused like a wrong one.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from wallet_core.customers import standard_number
from wallet_core.keyed import keyed_hash
from wallet_core.models import FailedAttempt

CONVERSATION, ADDRESS, NUMBER, CUSTOMER = "conversation", "address", "number", "customer"


class Ways(BaseModel, frozen=True):
    """How an answer came: `address` is the client's network address, `number` the phone it was sent or called from."""

    conversation_id: str
    address: str | None = None
    number: str | None = None


class AttemptLimits(BaseModel, frozen=True):
    """How many wrong answers close a way, and for how long; a customer's is the one over all ways together."""

    attempts: int = 5
    closed_for: timedelta = timedelta(minutes=30)
    customer_attempts: int = 20
    customer_closed_for: timedelta = timedelta(hours=24)


LIMITS = AttemptLimits()

type Hashes = dict[str, str]  # a way's name and its keyed hash


def hash_ways(ways: Ways, *, secret_key: str, number: str | None = None, customer_id: str | None = None) -> Hashes:
    """Each way's name with its keyed hash. `number` stands in where `ways` has none."""
    values = {
        CONVERSATION: ways.conversation_id,
        ADDRESS: network(ways.address),
        NUMBER: _number(ways.number or number),
        CUSTOMER: customer_id,
    }
    return {way: keyed_hash(secret_key, "way", way, value) for way, value in values.items() if value}


def hold_ways(session: Session, hashes: Hashes) -> None:
    """Let one transaction at a time count each of these ways, until it ends: else many at once would pass the limit.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        for way_hash in sorted(hashes.values()):
            key = int.from_bytes(bytes.fromhex(way_hash[:16]), "big", signed=True)
            session.execute(select(func.pg_advisory_xact_lock(key)))


def closed_until(session: Session, hashes: Hashes, *, limits: AttemptLimits, now: datetime) -> datetime | None:
    """When the last of these ways opens again, or None where all are open."""
    ends = [_end(session, way, way_hash, limits, now) for way, way_hash in hashes.items()]
    return max((end for end in ends if end is not None), default=None)


def count_attempt(session: Session, hashes: Hashes, *, now: datetime) -> tuple[int, ...]:
    """Count one wrong answer on each way and give the rows, for `forgive_attempt`."""
    rows = [FailedAttempt(way=way, way_hash=way_hash, at=now) for way, way_hash in hashes.items()]
    session.add_all(rows)
    session.flush()
    return tuple(row.id for row in rows)


def forgive_attempt(session: Session, rows: tuple[int, ...]) -> None:
    """Take back an attempt that was counted before its answer was known, and was right or never judged."""
    session.execute(delete(FailedAttempt).where(FailedAttempt.id.in_(rows)))


def _end(session: Session, way: str, way_hash: str, limits: AttemptLimits, now: datetime) -> datetime | None:
    number, length = limits.attempts, limits.closed_for
    if way == CUSTOMER:
        number, length = limits.customer_attempts, limits.customer_closed_for
    newest = (
        select(FailedAttempt.at)
        .where(FailedAttempt.way == way, FailedAttempt.way_hash == way_hash)
        .order_by(FailedAttempt.at.desc())
        .limit(number)
    )
    times = list(session.scalars(newest))
    if len(times) < number or times[0] - times[-1] > length:
        return None
    end = times[0] + length
    return end if end > now else None


def network(address: str | None) -> str | None:
    """An IPv6 customer has 2^64 addresses, so the network counts there."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _number(number: str | None) -> str | None:
    return (standard_number(number) or number) if number else None
