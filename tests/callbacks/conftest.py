"""A customer who asked to be called, a worker, and the telephones of both sides on a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from bot.callbacks.placing import CallbackCaller
from bot.gateway.app import create_app
from bot.settings import Settings
from bot.simulator.timeline import Timeline
from bot.telephony.calls import CallPlacer
from bot.telephony.client import build_client
from tests.telephony.phone import CallOnPhone, Network, Phone, network, simulated_account
from tests.wallet_core.callback_helpers import PHRASES, RANDOM
from tests.wallet_core.factories import NOW, create_account, create_customer
from tests.wallet_core.grants import customer_grant
from wallet_core import callbacks, contacts, transactions
from wallet_core.callbacks import CallbackReceipt, CallbackView
from wallet_core.contacts import ContactAnswer
from wallet_core.database import Database
from wallet_core.models import (
    Account,
    Assurance,
    Callback,
    CallbackAttempt,
    CallbackStatus,
    Language,
    Notice,
    Ticket,
    TransactionKind,
    TransactionStatus,
)
from wallet_core.money import Money
from wallet_core.policy import Action
from wallet_core.ports import Clock
from wallet_core.routing import load_routing
from wallet_core.schema import migrate
from wallet_core.transactions import TransactionView

ROUTING = load_routing(Path(__file__).resolve().parents[2] / "data" / "routing.yml")
NUMBER = "+12025550147"
ROUND_THE_CLOCK = "report_scam"


@dataclass
class World:
    phones: Network
    database: Database
    clock: Timeline
    address: str
    workers: list[CallbackCaller] = field(default_factory=list)

    def worker(
        self,
        holder: str = "worker-1",
        *,
        countries: frozenset[str] | None = None,
        clock: Clock | None = None,
        answer_seconds: float = 30,
    ) -> CallbackCaller:
        """`answer_seconds`: how long it waits for Twilio, which on a busy machine is slow; less where Twilio hangs."""
        account = simulated_account(self.address)
        return CallbackCaller(
            self.database,
            CallPlacer(build_client(account, answer_seconds=answer_seconds), account, countries=countries),
            public_base_url=account.public_base_url,
            number=account.number,
            routing=ROUTING,
            clock=clock or self.clock,
            random=RANDOM,
            holder=holder,
        )

    @property
    def phone(self) -> Phone:
        return self.phones.phone(NUMBER)

    def customer(self, *, number: str = NUMBER, **overrides: Any) -> str:
        with self.database.transaction() as session:
            return create_customer(session, phone=number, **overrides).id

    def ask(
        self,
        customer_id: str,
        *,
        assurance: Assurance = Assurance.SIGNED_IN,
        topic: str = ROUND_THE_CLOCK,
        language: Language = Language.EN,
        **wish: Any,
    ) -> CallbackReceipt:
        now = self.clock.now()
        with self.database.transaction() as session:
            grant = customer_grant(
                session, customer_id=customer_id, action=Action.CALLBACK_ON_FILE, assurance=assurance, now=now
            )
            return callbacks.request_callback(
                session,
                grant=grant,
                topic=topic,
                language=language,
                routing=ROUTING,
                phrases=PHRASES,
                now=now,
                random=RANDOM,
                **wish,
            )

    def hold(self, customer_id: str) -> TransactionView:
        """A payment of theirs that waits for their word."""
        with self.database.transaction() as session:
            account = session.scalar(select(Account.id).where(Account.customer_id == customer_id))
            account = account or create_account(session, customer_id=customer_id).id
            return transactions.request_payment(
                session,
                account_id=account,
                kind=TransactionKind.PAYMENT,
                amount=Money.of("120.50", "USD"),
                counterparty="Harbour Electronics",
                now=self.clock.now(),
                random=RANDOM,
                hold=True,
            )

    def status_of(self, payment: TransactionView) -> TransactionStatus:
        with self.database.reading() as session:
            return transactions.get_transaction(
                session, account_id=payment.account_id, transaction_id=payment.id, now=self.clock.now()
            ).status

    def owed(self) -> list[str]:
        """The texts and mails that the worker is to send."""
        with self.database.reading() as session:
            return list(session.scalars(select(Notice.name).order_by(Notice.id)))

    def rings(self, worker: CallbackCaller | None = None) -> CallOnPhone:
        """The worker's next round, and the call that then rings."""
        (worker or self.worker()).work()
        return self.phone.wait_for_call()

    def attempt(self, customer_id: str) -> str:
        """The id of the newest try to call them."""
        newest = select(CallbackAttempt.id).join(Callback, Callback.id == CallbackAttempt.callback_id)
        with self.database.reading() as session:
            return session.scalars(
                newest.where(Callback.customer_id == customer_id).order_by(CallbackAttempt.started_at.desc())
            ).first()

    def from_twilio(self, path: str, **fields: str) -> httpx.Response:
        """A request as Twilio's servers sign it, at whatever moment."""
        account = simulated_account(self.address)
        form = {"AccountSid": account.account_sid, **fields}
        signed = RequestValidator(account.auth_token.get_secret_value()).compute_signature(
            f"{account.public_base_url}{path}", form
        )
        return httpx.post(
            f"{self.address}{path}", data=form, headers={"x-twilio-signature": signed}, timeout=30, trust_env=False
        )

    def callback(self, customer_id: str) -> CallbackView:
        with self.database.transaction() as session:
            grant = customer_grant(
                session, customer_id=customer_id, action=Action.CALLBACK_ON_FILE, now=self.clock.now()
            )
            return callbacks.callbacks_of(session, grant=grant, limit=1)[0]

    def status(self, customer_id: str) -> CallbackStatus | None:
        return self.callback(customer_id).status

    def contacted(self, customer_id: str) -> ContactAnswer:
        """Whether it was really us."""
        now = self.clock.now()
        with self.database.reading() as session:
            return contacts.did_you_contact_me(
                session, customer_id=customer_id, number=None, since=now - timedelta(hours=6), now=now
            )

    def tickets(self) -> list[Ticket]:
        with self.database.reading() as session:
            return list(session.query(Ticket).order_by(Ticket.id))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'wallet.db'}"
    database = Database(url)
    migrate(database)
    clocks: list[Timeline] = []

    def gateway(address: str, clock: Timeline) -> Any:
        clocks.append(clock)
        settings = Settings(
            _env_file=None, database_url=url, state_dir=tmp_path, simulator_url=address, storage_seconds=60
        )
        return create_app(settings, clock=clock)

    with network(gateway, at=NOW, patience=60) as phones:
        yield World(phones, database, clocks[0], phones.address)
    database.dispose()
