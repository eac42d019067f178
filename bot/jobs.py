"""What the worker does: work that was stored, and is due or was left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from bot.demo_inbox import DemoInbox
from bot.gateway.texts import Texts
from bot.outside import build_login_service
from bot.settings import PROJECT, Environment, Settings
from wallet_core import audit_anchors, calls, contacts, login, notices
from wallet_core.database import Database
from wallet_core.errors import AccountClosed, NoSettledContact, ServiceUnavailable
from wallet_core.models import ContactKind, ContactMedium
from wallet_core.notices import NoticeView
from wallet_core.ports import Clock, LoginService, SystemClock

log = structlog.get_logger(__name__)

_NOTICES_EVERY = 2.0
_LOGIN_EVERY = 5.0
_ANCHOR_EVERY = 300.0
_CALLS_EVERY = 10.0

# From which of our official numbers each goes out, and what the contact log calls it.
_SENT_AS = {ContactKind.PHONE: ("texts", ContactMedium.TEXT), ContactKind.EMAIL: ("notices", ContactMedium.EMAIL)}


@dataclass(frozen=True)
class Job:
    """Something to be done every so many seconds. `work` does what is due now and returns how much that was."""

    name: str
    every: float
    work: Callable[[], int]


class NoticeSender(Protocol):
    """Sends a text or an e-mail."""

    def send(self, notice: NoticeView, *, sender: str) -> None:
        """Send it from that number or address of ours.

        Raises:
            ServiceUnavailable: nothing was sent, or nobody knows.
        """


class SimulatedSender:
    """Sends to the demo's inbox alone."""

    def __init__(self, inbox: DemoInbox, texts: Texts) -> None:
        self._inbox = inbox
        self._texts = texts

    def send(self, notice: NoticeView, *, sender: str) -> None:
        words = self._texts.render(notice.name, language=notice.language, **notice.facts)
        self._inbox.deliver(to=notice.destination, kind="notice", content=words.text)
        log.info("notice.simulated", notice=notice.id, name=notice.name, kind=notice.contact_kind)


def build_jobs(settings: Settings, database: Database, clock: Clock | None = None) -> list[Job]:
    """The jobs that the settings allow for. What has no real service to do it yet is simulated in the demo only."""
    clock = clock or SystemClock()
    jobs = [
        Job("anchor_audit", _ANCHOR_EVERY, lambda: anchor_audit(database, clock)),
        Job("close_calls", _CALLS_EVERY, lambda: close_calls(database, clock)),
    ]
    if settings.env is Environment.DEMO:
        senders = official_senders(PROJECT / "data" / "official_numbers.yml")
        sender = SimulatedSender(DemoInbox.of(settings), Texts.load(PROJECT / "bot" / "rasa" / "domain"))
        login_service = build_login_service(settings)
        refused = set[str]()
        jobs += [
            Job("send_notices", _NOTICES_EVERY, lambda: send_notices(database, clock, sender, senders)),
            Job("login_requests", _LOGIN_EVERY, lambda: carry_out_login(database, clock, login_service, refused)),
        ]
    return jobs


def official_senders(path: Path) -> dict[str, str]:
    """Our official numbers and addresses that write to customers, by purpose."""
    register = contacts.load_official_numbers(path)
    return {entry.purpose: entry.number for entry in reversed(register.numbers) if entry.calls_customers}


def send_notices(database: Database, clock: Clock, sender: NoticeSender, senders: dict[str, str]) -> int:
    """Send the notices that are due. Each is in the contact log first, which answers "was that really you?"."""
    with database.transaction() as session:
        claimed = notices.claim_due(session, now=clock.now())
    for notice in claimed:
        purpose, medium = _SENT_AS[notice.contact_kind]
        with database.transaction() as session:
            contacts.log_contact(
                session,
                customer_id=notice.customer_id,
                kind=medium,
                sender=senders[purpose],
                destination=notice.destination,
                purpose=notice.name,
                now=clock.now(),
            )
        try:
            sender.send(notice, sender=senders[purpose])
        except ServiceUnavailable:
            log.warning("notice.not_sent", notice=notice.id, attempt=notice.attempt)
            with database.transaction() as session:
                notices.mark_failed(session, notice_id=notice.id, attempt=notice.attempt, now=clock.now())
        else:
            with database.transaction() as session:
                notices.mark_sent(session, notice_id=notice.id, attempt=notice.attempt, now=clock.now())
    return len(claimed)


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
