"""What the worker does: work that was stored, and is due or was left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.notice_sending import build_outlets, send_notices
from bot.outside import build_login_service
from bot.settings import Environment, Settings
from wallet_core import audit_anchors, calls, housekeeping, login
from wallet_core.database import Database
from wallet_core.errors import AccountClosed, NoSettledContact
from wallet_core.ports import Clock, LoginService, SystemClock

log = structlog.get_logger(__name__)

_NOTICES_EVERY = 2.0
_LOGIN_EVERY = 5.0
_ANCHOR_EVERY = 300.0
_FORGET_EVERY = 3600.0
_CALLS_EVERY = 10.0


@dataclass(frozen=True)
class Job:
    """Something to be done every so many seconds. `work` does what is due now and returns how much that was."""

    name: str
    every: float
    work: Callable[[], int]


def build_jobs(settings: Settings, database: Database, clock: Clock | None = None) -> list[Job]:
    """The jobs that the settings allow for. What has no real service to do it yet is simulated in the demo only."""
    clock = clock or SystemClock()
    jobs = [
        Job("anchor_audit", _ANCHOR_EVERY, lambda: anchor_audit(database, clock)),
        Job("close_calls", _CALLS_EVERY, lambda: close_calls(database, clock)),
        Job("forget_old", _FORGET_EVERY, lambda: forget_old(database, clock)),
    ]
    outlets = build_outlets(settings)
    if outlets:
        jobs.append(Job("send_notices", _NOTICES_EVERY, lambda: send_notices(database, clock, outlets)))
    if settings.env is Environment.DEMO:
        login_service = build_login_service(settings)
        refused = set[str]()
        jobs.append(
            Job("login_requests", _LOGIN_EVERY, lambda: carry_out_login(database, clock, login_service, refused))
        )
    return jobs


def carry_out_login(database: Database, clock: Clock, service: LoginService, refused: set[str]) -> int:
    """Have the login do what somebody asked for and left undone. `refused` holds those that cannot be done any more."""
    with database.reading() as session:
        waiting = [reference for reference in login.undone(session, now=clock.now()) if reference not in refused]
    done = 0
    for reference in waiting:
        try:
            login.carry_out(database, service, reference=reference, now=clock.now())
            done += 1
        except (AccountClosed, NoSettledContact) as error:
            refused.add(reference)
            log.warning("login_request.refused", reference=reference, code=error.code)
    return done


def close_calls(database: Database, clock: Clock) -> int:
    """Close what calls left open: an end that nobody told us, a conversation whose last answer came after it."""
    with database.transaction() as session:
        return calls.close_ended(session, now=clock.now())


def anchor_audit(database: Database, clock: Clock) -> int:
    """Anchor the audit chains that grew. The anchor's hash goes into the log, out of the database's reach."""
    with database.transaction() as session:
        anchor = audit_anchors.anchor(session, now=clock.now())
    if anchor is None:
        return 0
    log.info("audit.anchored", anchor=anchor.id, chains=anchor.chains, hash=anchor.hash)
    return anchor.chains


def forget_old(database: Database, clock: Clock) -> int:
    """Delete what has no effect any more."""
    with database.transaction() as session:
        return housekeeping.forget_old(session, now=clock.now())
