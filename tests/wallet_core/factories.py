"""Makes rows for tests; every argument may be overridden. Rows are flushed, not committed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core.accounts import OUTGOING
from wallet_core.customers import owner_fact_hash
from wallet_core.models import (
    Account,
    AccountStatus,
    Agent,
    AgentRole,
    Assurance,
    Channel,
    ContactKind,
    ContactPoint,
    Conversation,
    Customer,
    DeskAccount,
    Language,
    LedgerEntry,
    Owner,
    Transaction,
    TransactionKind,
    TransactionState,
    TransactionStatus,
)
from wallet_core.policy import Action, Grant

SECRET_KEY = "a key for tests"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # a Monday, working hours in Europe, afternoon in China
LONG_AGO = NOW - timedelta(days=400)

_numbers = count(1)


def create_customer(
    session: Session,
    *,
    id: str | None = None,
    phone: str | None = "unique",
    email: str | None = "unique",
    contact_since: datetime = LONG_AGO,
    birth_date: str | None = "19900131",
    document_tail: str | None = "123X",
    secret_key: str = SECRET_KEY,
    **overrides: Any,
) -> Customer:
    """A customer with a phone number and an address on file (`phone=None` for one without)."""
    number = next(_numbers)
    customer_id = id or f"C{number:06}"
    facts = {"birth_date": birth_date, "document_tail": document_tail}
    hashes = {
        f"{fact}_hash": value
        and owner_fact_hash(secret_key=secret_key, customer_id=customer_id, fact=fact, value=value)
        for fact, value in facts.items()
    }
    customer = Customer(
        **{
            "id": customer_id,
            "name": "Lin Mei",
            "language": Language.EN,
            "time_zone": "Asia/Shanghai",
            "country": "CN",
            "identity_verified": True,
            "created_at": LONG_AGO,
            **hashes,
            **overrides,
        }
    )
    session.add(customer)
    session.flush()
    if phone:
        create_contact(
            session,
            customer_id=customer.id,
            kind=ContactKind.PHONE,
            value=f"+1202555{number % 10000:04}" if phone == "unique" else phone,
            since=contact_since,
        )
    if email:
        create_contact(
            session,
            customer_id=customer.id,
            kind=ContactKind.EMAIL,
            value=f"customer{number}@example.com" if email == "unique" else email,
            since=contact_since,
        )
    return customer


def create_contact(session: Session, *, customer_id: str, **overrides: Any) -> ContactPoint:
    contact = ContactPoint(
        **{
            "customer_id": customer_id,
            "kind": ContactKind.PHONE,
            "value": "+12025550100",
            "since": LONG_AGO,
            "ended_at": None,
            "reported_lost_at": None,
            **overrides,
        }
    )
    session.add(contact)
    session.flush()
    return contact


def create_account(
    session: Session, *, customer_id: str | None = None, balance: int = 100_000, **overrides: Any
) -> Account:
    """A wallet with `balance` minor units from one top-up; without `customer_id` a customer is made too."""
    account = Account(
        **{
            "id": f"A{next(_numbers):06}",
            "customer_id": customer_id or create_customer(session).id,
            "currency": "USD",
            "status": AccountStatus.ACTIVE,
            "payment_limit_minor": 50_000_00,
            "daily_limit_minor": 100_000_00,
            "created_at": LONG_AGO,
            **overrides,
        }
    )
    session.add(account)
    session.flush()
    if balance:
        create_transaction(
            session,
            account_id=account.id,
            kind=TransactionKind.TOP_UP,
            amount_minor=balance,
            counterparty="Bank card",
            created_at=account.created_at,
        )
    return account


def create_transaction(session: Session, *, account_id: str, **overrides: Any) -> Transaction:
    """A transaction as it would stand in the books: its state, and its ledger entry unless it came to nothing."""
    kind = overrides.get("kind", TransactionKind.PAYMENT)
    transaction = Transaction(
        **{
            "id": f"TX{next(_numbers):08}",
            "account_id": account_id,
            "kind": kind,
            "incoming": kind not in OUTGOING,
            "amount_minor": 1_000,
            "original_minor": None,
            "original_currency": None,
            "counterparty": "Corner Books",
            "status": TransactionStatus.COMPLETED,
            "failure_reason": None,
            "related_id": None,
            "request_key": None,
            "created_at": NOW - timedelta(hours=1),
            "expected_by": None,
            **overrides,
        }
    )
    session.add(transaction)
    session.flush()
    session.add(
        TransactionState(
            transaction_id=transaction.id,
            position=1,
            status=transaction.status,
            failure_reason=transaction.failure_reason,
            at=transaction.created_at,
        )
    )
    waits = transaction.status in (TransactionStatus.PENDING, TransactionStatus.HELD)
    if transaction.status is TransactionStatus.COMPLETED or (waits and not transaction.incoming):
        last = session.scalars(
            select(LedgerEntry).where(LedgerEntry.account_id == account_id).order_by(LedgerEntry.position.desc())
        ).first()
        signed = transaction.amount_minor if transaction.incoming else -transaction.amount_minor
        session.add(
            LedgerEntry(
                account_id=account_id,
                position=last.position + 1 if last else 1,
                transaction_id=transaction.id,
                amount_minor=signed,
                balance_minor=signed + (last.balance_minor if last else 0),
                at=transaction.created_at,
            )
        )
    session.flush()
    return transaction


def create_conversation(
    session: Session, *, customer_id: str | None = None, assurance: int | None = None, **overrides: Any
) -> Conversation:
    """A conversation: anonymous without `customer_id`, signed in with one. PROVEN lasts ten minutes from `NOW`."""
    level = (Assurance.SIGNED_IN if customer_id else Assurance.ANONYMOUS) if assurance is None else Assurance(assurance)
    proven = level is Assurance.PROVEN
    conversation = Conversation(
        **{
            "id": f"CONV{next(_numbers):06}",
            "channel": Channel.WEB,
            "customer_id": customer_id,
            "assurance": Assurance.SIGNED_IN if proven else level,
            "proven_until": NOW + timedelta(minutes=10) if proven else None,
            "language": Language.EN,
            "owner": Owner.BOT,
            "token_hash": "0" * 64,
            "messages_count": 0,
            "turn_holder": None,
            "turn_until": None,
            "created_at": NOW - timedelta(minutes=5),
            "last_message_at": None,
            "ended_at": None,
            **overrides,
        }
    )
    session.add(conversation)
    session.flush()
    return conversation


def create_agent(
    session: Session,
    *,
    role: AgentRole | None = None,
    seen_at: datetime | None = None,
    password_hash: str | None = None,
    **overrides: Any,
) -> Agent:
    """An agent on duty. With `seen_at` they have been at their desk; with a `role` they may."""
    agent = Agent(
        **{
            "id": f"agent{next(_numbers)}",
            "name": "Ana",
            "queues": ["support", "fraud"],
            "languages": ["zh", "en"],
            "phone": "+12025550199",
            "on_duty": True,
            **overrides,
        }
    )
    session.add(agent)
    session.flush()
    if role is not None or seen_at is not None:
        account = DeskAccount(
            agent_id=agent.id, role=role or AgentRole.AGENT, password_hash=password_hash, seen_at=seen_at
        )
        session.add(account)
        session.flush()
    return agent


def make_grant(action: Action, account: Account, **overrides: Any) -> Grant:
    """Leave for a signed-in customer in a web chat, without asking the policy: for tests of what a grant allows."""
    return Grant(
        **{
            "action": action,
            "customer_id": account.customer_id,
            "account_id": account.id,
            "assurance": Assurance.SIGNED_IN,
            "channel": Channel.WEB,
            "conversation_id": None,
            "actor": "customer",
            **overrides,
        }
    )
