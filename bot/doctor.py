"""Is everything there that the assistant needs? One line each."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator

import httpx
from redis import Redis, RedisError

from bot import encoders, rasa_environment
from bot.failures import CannotGoOn
from bot.settings import PROJECT, Environment, Settings
from bot.simulator import whereabouts
from bot.supervisor.ports import claim
from bot.supervisor.probes import answers
from bot.supervisor.stack import address, simulates
from bot.telephony.account import telephony_account
from bot.telephony.checkup import phone_findings
from bot.telephony.client import build_client
from bot.training.model import current_model
from wallet_core import audit_verification, rates, schema
from wallet_core.contacts import load_official_numbers
from wallet_core.database import Database
from wallet_core.errors import StorageUnavailable
from wallet_core.ports import SystemClock
from wallet_core.support import load_support

Finding = tuple[bool, str, str]

_ENOUGH_MEGABYTES = 500


def report(settings: Settings, show: Callable[[str], None]) -> bool:
    """Show a line for everything looked at; whether all of it is well."""
    return _show(_findings(settings), show)


def report_phone(settings: Settings, show: Callable[[str], None]) -> bool:
    """The same for the phone: settings, Twilio's side, and our own door from outside.

    In the demo that is the running simulator's side.
    """
    simulator = whereabouts.find(settings) if simulates(settings) else None
    return _show(_phone(settings.model_copy(update={"simulator_url": simulator}) if simulator else settings), show)


def _show(findings: Iterable[Finding], show: Callable[[str], None]) -> bool:
    well = True
    for good, what, finding in findings:
        show(f"{'ok   ' if good else 'FAULT'}  {what:<12} {finding}")
        well = well and good
    return well


def _phone(settings: Settings) -> Iterator[Finding]:
    account = telephony_account(settings)
    if account is None:
        yield (
            False,
            "settings",
            "none of the phone's are set: WALLET_TWILIO_… and WALLET_PUBLIC_BASE_URL, see docs/twilio.md; and no demo "
            "with the phone simulator is running",
        )
        return
    client = build_client(account, answer_seconds=settings.twilio_answer_seconds)
    official = {entry.number for entry in load_official_numbers(PROJECT / "data" / "official_numbers.yml").numbers}
    hotline = load_support(PROJECT / "data" / "support.yml").hotline
    with httpx.Client(timeout=5.0) as http:
        yield from phone_findings(account, client, http, official=official, hotline=hotline)


def _findings(settings: Settings) -> Iterator[Finding]:
    yield sys.version_info[:2] == (3, 12), "application", f"Python {sys.version.split()[0]}"
    yield _rasa()
    yield True, "settings", f"{settings.env}, state in {settings.state_dir}"
    yield _signing(settings)
    yield _disk(settings)
    yield _port(settings)
    yield from _database(settings)
    yield from _redis(settings)
    yield from _encoders(settings)
    model = current_model(settings)
    yield (
        True,
        "model",
        "current" if model.exists() else "none of the present training data; it is trained at the start",
    )


def _rasa() -> Finding:
    try:
        rasa_environment.require()
    except CannotGoOn as error:
        return False, "Rasa", str(error)
    ask = "import sys, importlib.metadata as m; print(m.version('rasa'), 'on Python', sys.version.split()[0])"
    answer = subprocess.run([rasa_environment.PYTHON, "-c", ask], capture_output=True, text=True, check=False)
    return (
        answer.returncode == 0,
        "Rasa",
        answer.stdout.strip() or "is not installed: remove bot/rasa/.venv, `make run`",
    )


def _encoders(settings: Settings) -> Iterator[Finding]:
    for encoder in encoders.encoders(settings):
        if encoder.weights is not None:
            yield True, "encoder", f"{encoder.language}: {encoder.place}"
        else:
            without = (
                f"{encoder.language}: {encoder.place} is missing; understood by words and characters alone, less well"
            )
            yield False, "encoder", without


def _signing(settings: Settings) -> Finding:
    demo = settings.env is Environment.DEMO
    return True, "identity", f"tokens by {settings.identity_algorithm}" + (", a key for demos only" if demo else "")


def _disk(settings: Settings) -> Finding:
    place = next(folder for folder in (settings.state_dir, *settings.state_dir.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free // 2**20
    return free >= _ENOUGH_MEGABYTES, "disk", f"{free} MB free"


def _port(settings: Settings) -> Finding:
    try:
        claim(settings.host, settings.port).close()
    except CannotGoOn as error:
        ours = asyncio.run(answers(f"{address(settings)}/healthz"))
        return ours, "port", f"{settings.port}: an assistant answers there" if ours else str(error)
    return True, "port", f"{settings.port} is free"


def _redis(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        return
    url = settings.redis_url.get_secret_value()
    with Redis.from_url(url, socket_connect_timeout=2.0, socket_timeout=2.0) as redis:
        try:
            redis.ping()
            yield True, "Redis", "answers"
        except RedisError as fault:  # the kind only: the words may quote the address
            yield False, "Redis", f"WALLET_REDIS_URL: it does not answer as it should ({type(fault).__name__})"


def _database(settings: Settings) -> Iterator[Finding]:
    database = Database(settings.database)
    try:
        here, newest = schema.current_revision(database), schema.newest_revision()
        if here is None:
            yield True, "database", "new; it is made at the start"
            return
        yield (
            here == newest,
            "database",
            f"version {here}" if here == newest else f"version {here}, not {newest}: db migrate",
        )
        with database.reading() as session:
            faults = audit_verification.verify(session)
            known = rates.currencies(session, now=SystemClock().now())
        yield not faults, "audit", f"{len(faults)} faults: db verify-audit" if faults else "whole"
        yield bool(known), "rates", f"of {len(known)} currencies" if known else "none that hold now: db rates FILE"
    except StorageUnavailable:
        yield False, "database", f"does not answer ({database.url!r})"
    finally:
        database.dispose()
