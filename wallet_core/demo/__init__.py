"""The demo world: invented customers with believable histories, and among them every trouble a wallet can have.

Everything is made by the core's own functions, at the times it is said to have happened: a payment of a frozen wallet
fails because that wallet was frozen.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wallet_core import contacts, merchants, rates
from wallet_core.customers import owner_fact_hash
from wallet_core.demo.everyday import plan_everyday
from wallet_core.demo.people import AGENTS, CUSTOMERS, DemoAgent, DemoCustomer, DemoState
from wallet_core.demo.stories import plan_story
from wallet_core.demo.wallet import DemoWallet
from wallet_core.models import Account, AccountStatus, Agent, Base, ContactKind, ContactPoint, Customer, DeskAccount
from wallet_core.money import Money
from wallet_core.schema import without_guards
from wallet_core.times import require_aware

__all__ = ["AGENTS", "CUSTOMERS", "DemoAgent", "DemoCustomer", "DemoState", "reset", "seed"]

_DATA = Path(__file__).resolve().parents[2] / "data"

_CUSTOMER_FOR = timedelta(days=700)
# What a wallet may send: of one payment, and of one day.
_LIMITS = {
    "CNY": ("20000", "50000"),
    "EUR": ("3000", "5000"),
    "HKD": ("20000", "50000"),
    "JPY": ("300000", "500000"),
    "USD": ("3000", "5000"),
}


def seed(session: Session, *, now: datetime, secret_key: str) -> bool:
    """Make the demo world as of `now`, unless there are customers already; returns whether it was made.

    `secret_key` keys the hashes of the owner facts. Transactions and references come out the same every time.
    """
    require_aware(now)
    if session.get_bind().dialect.name == "postgresql":
        # Two that start at once take turns, and making the world may take longer than a lock is waited for otherwise.
        session.execute(text("SET LOCAL lock_timeout = '60s'"))
        session.execute(text("LOCK TABLE customers IN SHARE ROW EXCLUSIVE MODE"))
    if session.scalar(select(Customer.id).limit(1)) is not None:
        return False
    rates.store_rates(session, rates=rates.load_rates(_DATA / "rates.yml"), now=now)
    numbers = contacts.load_official_numbers(_DATA / "official_numbers.yml")
    contacts.seed_official_numbers(session, numbers=numbers)
    _add_agents(session)
    merchants.register(session, name="Lucky Star Betting", takes_wallet=False)
    dice = random.Random("the demo world")  # noqa: S311 (it guards nothing: the same world every time)
    for person in CUSTOMERS:
        _add_person(session, person, now, secret_key)
        wallet = DemoWallet(session=session, person=person, now=now, dice=dice)
        plan_everyday(wallet)
        plan_story(wallet)
        wallet.play()
    return True


def reset(session: Session, *, now: datetime, secret_key: str) -> None:
    """Throw everything away, the books included, and make the demo world anew."""
    with without_guards(session.connection()):
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    session.expunge_all()
    seed(session, now=now, secret_key=secret_key)


def _add_agents(session: Session) -> None:
    for agent in AGENTS:
        session.add(Agent(**agent.model_dump(exclude={"role", "argon2"})))
        session.flush()
        session.add(DeskAccount(agent_id=agent.id, role=agent.role, password_hash=agent.argon2, seen_at=None))
    session.flush()


def _add_person(session: Session, person: DemoCustomer, now: datetime, secret_key: str) -> None:
    since = now - _CUSTOMER_FOR
    facts = {"birth_date": person.birth_date, "document_tail": person.document_tail}
    hashes = {
        f"{fact}_hash": owner_fact_hash(secret_key=secret_key, customer_id=person.id, fact=fact, value=value)
        for fact, value in facts.items()
    }
    session.add(
        Customer(
            id=person.id,
            name=person.name,
            language=person.language,
            time_zone=person.time_zone,
            country=person.country,
            identity_verified=person.state is not DemoState.UNVERIFIED,
            created_at=since,
            **hashes,
        )
    )
    session.flush()
    for kind, value in ((ContactKind.PHONE, person.phone), (ContactKind.EMAIL, person.email)):
        session.add(
            ContactPoint(
                customer_id=person.id, kind=kind, value=value, since=since, ended_at=None, reported_lost_at=None
            )
        )
    payment_limit, daily_limit = _LIMITS[person.currency]
    session.add(
        Account(
            id=person.account_id,
            customer_id=person.id,
            currency=person.currency,
            status=AccountStatus.ACTIVE,
            payment_limit_minor=Money.of(payment_limit, person.currency).minor,
            daily_limit_minor=Money.of(daily_limit, person.currency).minor,
            created_at=since,
        )
    )
    session.flush()
