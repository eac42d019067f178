"""What the demo page needs: who the invented customers are, a sign-in as one of them, and what their wallet's own app
would show. Exists in the demo only."""

from __future__ import annotations

import asyncio
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy.orm import Session

from bot.demo_inbox import DemoInbox, Mail
from bot.gateway.identity import issue_demo_token
from bot.gateway.problems import Problem, ProblemDocument
from bot.gateway.wiring import Gateway
from bot.settings import PROJECT
from wallet_core import accounts, customers, transactions
from wallet_core.demo import CUSTOMERS, DemoState
from wallet_core.models import AccountStatus, FailureReason, Language, TransactionKind, TransactionStatus
from wallet_core.money import Money
from wallet_core.support import load_support

_TOKEN_SECONDS = 300
_SHOWN = 12  # transactions


class DemoCustomer(BaseModel):
    id: str
    name: str
    language: Language
    state: DemoState
    currency: str
    summary: str


class About(BaseModel):
    """Whose wallet this is, and its official number."""

    wallet_name: dict[Language, str]
    hotline: str


class Amount(BaseModel):
    """In major units, exactly."""

    amount: str
    currency: str

    @classmethod
    def of(cls, money: Money) -> Amount:
        return cls(amount=str(money.decimal), currency=money.currency)


class DemoTransaction(BaseModel):
    id: str
    kind: TransactionKind
    incoming: bool
    amount: Amount
    original: Amount | None
    counterparty: str
    status: TransactionStatus
    failure_reason: FailureReason | None
    overdue: bool
    at: datetime


class DemoWallet(BaseModel):
    """What the wallet's own app would show its owner. `freezes` are the references of the active ones."""

    customer_id: str
    name: str
    time_zone: str
    identity_verified: bool
    account_id: str
    status: AccountStatus
    freezes: list[str]
    balance: Amount
    spent_today: Amount
    daily_limit: Amount
    transactions: list[DemoTransaction]


class TokenWanted(BaseModel):
    customer_id: str


class Token(BaseModel):
    identity_token: str


def demo_routes(gateway: Gateway) -> APIRouter:
    routes = APIRouter(prefix="/demo", tags=["demo"])

    @routes.get("/customers")
    async def list_customers() -> list[DemoCustomer]:
        """The demo customers, and what is the matter with each."""
        return [
            DemoCustomer(
                id=customer.id,
                name=customer.name,
                language=customer.language,
                state=customer.state,
                currency=customer.currency,
                summary=f"{customer.currency} · {customer.state.replace('_', ' ')}",
            )
            for customer in CUSTOMERS
        ]

    @routes.get("/about")
    async def about() -> About:
        """Whose wallet this is."""
        names = {Language.ZH: gateway.settings.wallet_name_zh, Language.EN: gateway.settings.wallet_name_en}
        return About(wallet_name=names, hotline=load_support(PROJECT / "data" / "support.yml").hotline)

    @routes.get("/wallet", responses={404: {"model": ProblemDocument}})
    async def show_wallet(customer_id: str) -> DemoWallet:
        """A demo customer's wallet as it is at this moment."""
        if customer_id not in {customer.id for customer in CUSTOMERS}:
            raise Problem("unknown_customer")
        return await gateway.storage.read(lambda session: _wallet(session, customer_id, gateway.clock.now()))

    @routes.post("/token", responses={404: {"model": ProblemDocument}})
    async def sign_in(wanted: TokenWanted) -> Token:
        """An identity token of a demo customer, as the wallet's log-in would give it."""
        if wanted.customer_id not in {customer.id for customer in CUSTOMERS}:
            raise Problem("unknown_customer")
        now = gateway.clock.now()
        token = issue_demo_token(gateway.settings, wanted.customer_id, expires_in=_TOKEN_SECONDS, now=now)
        return Token(identity_token=token)

    @routes.get("/inbox")
    async def read_inbox(customer_id: str | None = None, to: str | None = None) -> list[Mail]:
        """What a customer's phone and mailbox got, or another number or address: codes, links, notices; newest last."""
        on_file = await gateway.storage.read(
            lambda session: customers.contact_points(session, customer_id=customer_id or "")
        )
        owned = {point.value for point in on_file} | ({to} if to else set())
        return await asyncio.to_thread(DemoInbox.of(gateway.settings).read, to=owned)

    return routes


def _wallet(session: Session, customer_id: str, now: datetime) -> DemoWallet:
    customer = customers.get_customer(session, customer_id=customer_id)
    account = accounts.account_of(session, customer_id=customer_id, now=now)
    assert account.spent_today is not None  # a time was given
    return DemoWallet(
        customer_id=customer.id,
        name=customer.name,
        time_zone=customer.time_zone,
        identity_verified=customer.identity_verified,
        account_id=account.id,
        status=account.status,
        freezes=account.freezes,
        balance=Amount.of(account.balance),
        spent_today=Amount.of(account.spent_today),
        daily_limit=Amount.of(account.daily_limit),
        transactions=[
            _shown(transaction)
            for transaction in transactions.recent(session, account_id=account.id, limit=_SHOWN, now=now)
        ],
    )


def _shown(transaction: transactions.TransactionView) -> DemoTransaction:
    return DemoTransaction(
        id=transaction.id,
        kind=transaction.kind,
        incoming=transaction.incoming,
        amount=Amount.of(transaction.amount),
        original=Amount.of(transaction.original) if transaction.original is not None else None,
        counterparty=transaction.counterparty,
        status=transaction.status,
        failure_reason=transaction.failure_reason,
        overdue=transaction.overdue,
        at=transaction.created_at,
    )
