"""What the worker does: work that was stored, and is due or was left behind."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.callbacks.ends import end_talks
from bot.callbacks.placing import CallbackCaller
from bot.gateway.texts import Texts
from bot.notice_sending import build_outlets, send_notices
from bot.offers.ringing import AgentCaller
from bot.outside import NotConnected, build_login_service
from bot.settings import PROJECT, Settings
from bot.survey_asking import ask_surveys
from bot.telephony.account import TelephonyAccount, telephony_account
from wallet_core import audit_anchors, callbacks, calls, housekeeping, login, tickets
from wallet_core.database import Database
from wallet_core.errors import AccountClosed, NoSettledContact
from wallet_core.ports import Clock, LoginService, SystemClock, secure_random
from wallet_core.routing import load_routing

log = structlog.get_logger(__name__)

_NOTICES_EVERY = 2.0
_TEXTS_EVERY = 0.5
_LOGIN_EVERY = 5.0
_ANCHOR_EVERY = 300.0
_FORGET_EVERY = 3600.0
_TICKETS_EVERY = 300.0
_CALLS_EVERY = 10.0
_SURVEYS_EVERY = 5.0
_PLACING_EVERY = 0.2
_ENDS_EVERY = 30.0
_REMINDERS_EVERY = 15.0


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
        Job("close_tickets", _TICKETS_EVERY, lambda: close_tickets(database, clock)),
        Job("forget_old", _FORGET_EVERY, lambda: forget_old(database, clock)),
    ]
    outlets = build_outlets(settings)
    if outlets:
        jobs.append(Job("send_notices", _NOTICES_EVERY, lambda: send_notices(database, clock, outlets)))
    account = telephony_account(settings)
    if account is not None:
        jobs += _phone_jobs(settings, account, database, clock)
    login_service = build_login_service(settings)
    if not isinstance(login_service, NotConnected):
        refused = set[str]()
        jobs.append(
            Job("login_requests", _LOGIN_EVERY, lambda: carry_out_login(database, clock, login_service, refused))
        )
    return jobs


def _phone_jobs(settings: Settings, account: TelephonyAccount, database: Database, clock: Clock) -> list[Job]:
    # As in bot.outside: who has no phone does not load Twilio's library.
    from bot.telephony.calls import CallPlacer  # noqa: PLC0415
    from bot.telephony.client import build_client  # noqa: PLC0415
    from bot.telephony.messages import MessageSender  # noqa: PLC0415
    from bot.telephony.reach import called_countries  # noqa: PLC0415
    from bot.text_sending import send_texts  # noqa: PLC0415

    client = build_client(account, answer_seconds=settings.twilio_answer_seconds)
    messages, placer = MessageSender(client, account), CallPlacer(client, account)
    customers_placer = CallPlacer(client, account, countries=called_countries(settings.call_countries))
    agents = AgentCaller(
        database,
        placer,
        public_base_url=account.public_base_url,
        clock=clock,
        random=secure_random(),
        every=timedelta(seconds=1 / settings.calls_per_second),
        ring_seconds=settings.agent_ring_seconds,
    )
    routing, random = load_routing(settings.routing), secure_random()
    caller = CallbackCaller(
        database,
        customers_placer,
        public_base_url=account.public_base_url,
        number=account.number,
        routing=routing,
        clock=clock,
        random=random,
        holder=f"worker-{secrets.token_hex(8)}",
        every=timedelta(seconds=1 / settings.calls_per_second),
        ring_seconds=settings.ring_seconds,
    )
    words = Texts.load(PROJECT / "bot" / "rasa" / "domain")
    return [
        Job("surveys", _SURVEYS_EVERY, lambda: ask_surveys(database, clock, words, every=settings.survey_every)),
        Job("send_texts", _TEXTS_EVERY, lambda: send_texts(database, clock, messages)),
        Job("callbacks", _PLACING_EVERY, caller.work),
        Job("reminders", _REMINDERS_EVERY, lambda: remind_ahead(database, clock, settings.reminder_ahead)),
        Job("offers", _PLACING_EVERY, agents.work),
        Job(
            "end_talks",
            _ENDS_EVERY,
            lambda: end_talks(database, placer, routing=routing, clock=clock, random=random),
        ),
    ]


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


def remind_ahead(database: Database, clock: Clock, before: timedelta) -> int:
    """Owe texts to those who asked for a call at a time that comes soon."""
    if not before:
        return 0
    with database.transaction() as session:
        return callbacks.remind_ahead(session, before=before, now=clock.now())


def close_tickets(database: Database, clock: Clock) -> int:
    """Close for good what was resolved long ago and nobody opened again."""
    with database.transaction() as session:
        return len(tickets.close_resolved(session, now=clock.now()))


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
