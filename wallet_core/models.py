"""The tables. They stay inside wallet_core: functions hand out pydantic objects instead.

Amounts are integers in minor units of the account's currency. Times are aware UTC. Statuses are
`StrEnum`s, stored by value, each with a line of meaning.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from wallet_core.errors import InvalidTime


class NaiveTime(InvalidTime, DontWrapMixin):
    """A naive time reached the database's door; SQLAlchemy hands it on as it is."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite drops the zone, so it is put back here. Naive times are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveTime()
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        aware: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware


class Rate(TypeDecorator[Decimal]):
    """A decimal with ten digits after the point, kept exactly as a whole number on every database."""

    impl = BigInteger
    cache_ok = True
    digits = 10

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.scaleb(self.digits).to_integral_value(ROUND_HALF_UP))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.digits)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


def by_value(kind: type[StrEnum]) -> Enum:
    """Store a `StrEnum` by its value as plain text, so that a new member needs no migration."""
    return Enum(
        kind, native_enum=False, length=32, create_constraint=False, values_callable=lambda k: [m.value for m in k]
    )


# Customers and their wallets


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


class ContactKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


class AccountStatus(StrEnum):
    ACTIVE = "active"  # in use
    LOCKED = "locked"  # the login is locked, after wrong passwords or by our monitoring
    CLOSED = "closed"  # no longer in use


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    language: Mapped[Language] = mapped_column(by_value(Language))
    time_zone: Mapped[str] = mapped_column(String(64))
    country: Mapped[str] = mapped_column(String(2))
    identity_verified: Mapped[bool]
    # Keyed hashes: owner facts have too little entropy for anything else.
    birth_date_hash: Mapped[str | None] = mapped_column(String(64))
    document_tail_hash: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]


class ContactPoint(Base):
    """A phone number or e-mail address on file. Changing one adds a row and ends the old one."""

    __tablename__ = "contact_points"
    __table_args__ = (
        Index("ix_contact_points_value_current", "value", sqlite_where=text("ended_at IS NULL")),
        Index(
            "uq_contact_points_current",
            "customer_id",
            "kind",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[ContactKind] = mapped_column(by_value(ContactKind))
    value: Mapped[str] = mapped_column(String(254))  # E.164, or an address in lower case
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reported_lost_at: Mapped[datetime | None]


class Account(Base):
    """A customer's wallet: one each, in one currency."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), unique=True)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[AccountStatus] = mapped_column(by_value(AccountStatus))
    payment_limit_minor: Mapped[int] = mapped_column(BigInteger)
    daily_limit_minor: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


# Transactions


class TransactionKind(StrEnum):
    PAYMENT = "payment"  # to a merchant
    TRANSFER_OUT = "transfer_out"  # to a person or a bank account
    WITHDRAWAL = "withdrawal"  # cash
    TRANSFER_IN = "transfer_in"  # from a person or a bank account
    TOP_UP = "top_up"  # from the customer's own card
    REFUND = "refund"  # from a merchant, of an earlier payment
    REVERSAL = "reversal"  # by us, undoing an earlier transaction


class TransactionStatus(StrEnum):
    PENDING = "pending"  # on its way; an outgoing one is already taken from the balance
    HELD = "held"  # waits for the customer's confirmation; taken from the balance
    COMPLETED = "completed"
    FAILED = "failed"  # refused, with a reason; the balance is as if it had not been
    CANCELLED = "cancelled"  # by the customer, while it was pending or held
    REVERSED = "reversed"  # undone by us; a REVERSAL points here
    REFUNDED = "refunded"  # wholly given back by the merchant; a REFUND points here


class FailureReason(StrEnum):
    BALANCE_TOO_LOW = "balance_too_low"
    WALLET_FROZEN = "wallet_frozen"
    WALLET_LOCKED = "wallet_locked"
    IDENTITY_NOT_VERIFIED = "identity_not_verified"
    MERCHANT_NOT_SUPPORTED = "merchant_not_supported"
    LIMIT_EXCEEDED = "limit_exceeded"
    NETWORK_ERROR = "network_error"
    BANK_DECLINED = "bank_declined"


class Transaction(Base):
    """What was asked for. All but `status` and `failure_reason` is immutable; those move by `TransactionState` rows."""

    __tablename__ = "transactions"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_transactions_account_recent", "account_id", "created_at", "id"),
        Index("ix_transactions_overdue", "status", "expected_by"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[TransactionKind] = mapped_column(by_value(TransactionKind))
    incoming: Mapped[bool]  # whether money comes in: a reversal goes against what it undoes
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    # What was charged abroad, before conversion; both or neither.
    original_minor: Mapped[int | None] = mapped_column(BigInteger)
    original_currency: Mapped[str | None] = mapped_column(String(3))
    counterparty: Mapped[str] = mapped_column(String(120))
    status: Mapped[TransactionStatus] = mapped_column(by_value(TransactionStatus))
    failure_reason: Mapped[FailureReason | None] = mapped_column(by_value(FailureReason))
    related_id: Mapped[str | None] = mapped_column(ForeignKey("transactions.id"), index=True)
    request_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    expected_by: Mapped[datetime | None]


class TransactionState(Base):
    """The history of a transaction's status: append-only."""

    __tablename__ = "transaction_states"
    __table_args__ = (UniqueConstraint("transaction_id", "position"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    transaction_id: Mapped[str] = mapped_column(ForeignKey("transactions.id"))
    position: Mapped[int]
    status: Mapped[TransactionStatus] = mapped_column(by_value(TransactionStatus))
    failure_reason: Mapped[FailureReason | None] = mapped_column(by_value(FailureReason))
    at: Mapped[datetime]


class LedgerEntry(Base):
    """One movement of money, append-only. A wallet's balance is the sum of its entries.

    The entry carries that sum, so that a balance is one row to read however long the history is. Two entries cannot
    have one position, and no sum can be below zero: the table refuses what a forgotten lock would let through.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("account_id", "position"),
        CheckConstraint("balance_minor >= 0", name="balance_not_negative"),
        CheckConstraint("amount_minor <> 0", name="amount_moves"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    position: Mapped[int]  # 1, 2, 3 … within the account
    transaction_id: Mapped[str] = mapped_column(ForeignKey("transactions.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)  # signed: in is positive
    balance_minor: Mapped[int] = mapped_column(BigInteger)  # the sum up to and with this entry
    at: Mapped[datetime]


class Merchant(Base):
    """What we know of a merchant by name; one we do not know is tried, and the network decides."""

    __tablename__ = "merchants"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)  # the name as compared: `merchants.comparable`
    name: Mapped[str] = mapped_column(String(120))
    takes_wallet: Mapped[bool]


class ExchangeRate(Base):
    """How much of `quote_currency` one unit of `base_currency` buys, from `valid_from` until before `valid_until`."""

    __tablename__ = "exchange_rates"
    __table_args__ = (
        CheckConstraint("rate > 0", name="rate_positive"),
        Index("ix_exchange_rates_pair", "base_currency", "quote_currency", "valid_from"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    base_currency: Mapped[str] = mapped_column(String(3))
    quote_currency: Mapped[str] = mapped_column(String(3))
    rate: Mapped[Decimal] = mapped_column(Rate)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]


# Freezes


class FreezeKind(StrEnum):
    FULL = "full"  # asked for by a signed-in customer
    PROTECTIVE = "protective"  # asked for with one owner fact: outgoing payments only, lifted by the owner alone


class Freeze(Base):
    __tablename__ = "freezes"
    __table_args__ = (
        Index(
            "uq_freezes_active",
            "account_id",
            "kind",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)  # FRZ-…
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[FreezeKind] = mapped_column(by_value(FreezeKind))
    reason: Mapped[str] = mapped_column(String(64))  # the topic that asked for it
    assurance: Mapped[int]
    channel: Mapped[str] = mapped_column(String(16))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"))
    created_at: Mapped[datetime]
    lift_requested_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(64))


class NoticeStatus(StrEnum):
    STORED = "stored"  # to be sent by the worker
    SENT = "sent"
    FAILED = "failed"  # given up


class Notice(Base):
    """A message we owe a customer outside the conversation, stored in the transaction that caused it."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_due", "status", "due_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    contact_kind: Mapped[ContactKind] = mapped_column(by_value(ContactKind))
    destination: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(64))  # the reply's name in the domain files: utter_notice_…
    language: Mapped[Language] = mapped_column(by_value(Language))
    facts: Mapped[dict[str, Any]]
    status: Mapped[NoticeStatus] = mapped_column(by_value(NoticeStatus))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)


# Conversations


class Assurance(IntEnum):
    """How sure we are who is speaking. PROVEN lasts ten minutes; see `verification`."""

    ANONYMOUS = 0
    CLAIMED = 1  # caller ID, or a wallet id given
    SIGNED_IN = 2  # identity token
    PROVEN = 3  # a one-time code sent to a settled contact on file


class Channel(StrEnum):
    WEB = "web"
    SMS = "sms"
    VOICE = "voice"


class Owner(StrEnum):
    """Who answers the customer."""

    BOT = "bot"
    QUEUE = "queue"  # waits for an agent
    AGENT = "agent"


class Role(StrEnum):
    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class Conversation(Base):
    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # opaque; also Rasa's sender id
    channel: Mapped[Channel] = mapped_column(by_value(Channel))
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    assurance: Mapped[int]  # 0 to 2 as established; 3 only while proven_until lies ahead
    proven_until: Mapped[datetime | None]
    language: Mapped[Language] = mapped_column(by_value(Language))
    owner: Mapped[Owner] = mapped_column(by_value(Owner))
    token_hash: Mapped[str] = mapped_column(String(64))
    messages_count: Mapped[int] = mapped_column(default=0)
    # The turn's lease: who handles this conversation's messages now, across processes.
    turn_holder: Mapped[str | None] = mapped_column(String(64))
    turn_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_message_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Message(Base):
    """One line of a transcript, masked before it is stored."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_message_id"),
        Index(
            "ix_messages_unanswered",
            "conversation_id",
            "id",
            sqlite_where=text("role = 'customer' AND answered_at IS NULL"),
            postgresql_where=text("role = 'customer' AND answered_at IS NULL"),
        ),
    )

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)  # rising within the conversation
    role: Mapped[Role] = mapped_column(by_value(Role))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[Language] = mapped_column(by_value(Language))
    buttons: Mapped[list[Any]] = mapped_column(default=list)  # [{"id", "title", "payload"}]
    receipts: Mapped[list[Any]] = mapped_column(default=list)
    # The reply's name in the domain files; of a customer's message, what kind it is where it is no ordinary one.
    name: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
    # Of customers' messages only:
    client_message_id: Mapped[str | None] = mapped_column(String(64))
    content_hash: Mapped[str | None] = mapped_column(String(64))
    button_id: Mapped[str | None] = mapped_column(String(64))
    answered_at: Mapped[datetime | None]
    # Of bot messages: which customer message they answer.
    answer_to: Mapped[int | None]


class UsedIdentityToken(Base):
    __tablename__ = "used_identity_tokens"

    jti: Mapped[str] = mapped_column(String(128), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


# Tickets


class TicketStatus(StrEnum):
    OPEN = "open"  # nobody works on it yet
    IN_PROGRESS = "in_progress"  # an agent has it
    WAITING = "waiting"  # for the customer
    RESOLVED = "resolved"  # answered; the customer may reopen it
    CLOSED = "closed"  # for good


class Priority(IntEnum):
    URGENT = 1
    HIGH = 2
    NORMAL = 3
    LOW = 4


class Ticket(Base):
    __tablename__ = "tickets"
    __table_args__ = (Index("ix_tickets_work", "queue", "status", "priority", "due_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)  # T-…
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    contact: Mapped[str | None] = mapped_column(String(254))  # left by a visitor
    topic: Mapped[str] = mapped_column(String(64))
    queue: Mapped[str] = mapped_column(String(64))
    priority: Mapped[int]
    status: Mapped[TicketStatus] = mapped_column(by_value(TicketStatus))
    language: Mapped[Language] = mapped_column(by_value(Language))
    summary: Mapped[str] = mapped_column(Text)  # masked
    assigned_to: Mapped[str | None] = mapped_column(String(64))
    request_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]  # the service level's promise
    waiting_since: Mapped[datetime | None]  # the clock stands still while we wait for the customer
    resolved_at: Mapped[datetime | None]


class TicketComment(Base):
    __tablename__ = "ticket_comments"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    author: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    internal: Mapped[bool]  # for agents only
    at: Mapped[datetime]


class TicketTransaction(Base):
    __tablename__ = "ticket_transactions"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    transaction_id: Mapped[str] = mapped_column(ForeignKey("transactions.id"), primary_key=True)


# Verification


class ChallengeKind(StrEnum):
    CODE = "code"  # a one-time code sent to a contact
    OWNER_FACT = "owner_fact"  # serves the protective freeze alone


class ChallengeStatus(StrEnum):
    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"  # too many wrong attempts
    EXPIRED = "expired"
    SUPERSEDED = "superseded"  # a newer one took its place, or the customer stopped


class Challenge(Base):
    __tablename__ = "challenges"
    __table_args__ = (
        Index(
            "uq_challenges_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    # Null where the claimed name is unknown: such a challenge looks the same and can never be passed.
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[ChallengeKind] = mapped_column(by_value(ChallengeKind))
    purpose: Mapped[str] = mapped_column(String(64))  # the action of the policy table
    destination: Mapped[str | None] = mapped_column(String(254))
    on_file: Mapped[bool]  # False: a new number, which proves that number only
    provider_reference: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    status: Mapped[ChallengeStatus] = mapped_column(by_value(ChallengeStatus))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class FailedAttempt(Base):
    """A wrong code, fact or name, counted by conversation, address and number (`way`), by keyed hash."""

    __tablename__ = "failed_attempts"
    __table_args__ = (Index("ix_failed_attempts_way", "way", "way_hash", "at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    way: Mapped[str] = mapped_column(String(16))
    way_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class SentCode(Base):
    """A one-time code made by the built-in sender; only its keyed hash is kept."""

    __tablename__ = "sent_codes"

    reference: Mapped[str] = mapped_column(String(64), primary_key=True)
    destination: Mapped[str] = mapped_column(String(254), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    checks: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginRequestKind(StrEnum):
    RESET_LINK = "reset_link"
    UNLOCK = "unlock"


class LoginRequest(Base):
    """What we asked the wallet's login to do; stored first, carried out after."""

    __tablename__ = "login_requests"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[LoginRequestKind] = mapped_column(by_value(LoginRequestKind))
    request_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


# Callbacks


class CallbackStatus(StrEnum):
    REQUESTED = "requested"  # due in its window
    CALLING = "calling"  # a worker holds it
    CONNECTED = "connected"  # the customer pressed 1; an agent or a queue has them
    COMPLETED = "completed"
    NOT_REQUESTED = "not_requested"  # the person called pressed 9: it was not them
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # its window passed
    FAILED = "failed"  # all tries used


class Callback(Base):
    __tablename__ = "callbacks"
    __table_args__ = (
        Index("ix_callbacks_due", "status", "due_at", "priority"),
        # One pending a customer, whoever asks at the same time.
        Index(
            "uq_callbacks_pending",
            "customer_id",
            unique=True,
            sqlite_where=text("status IN ('requested', 'calling', 'connected')"),
            postgresql_where=text("status IN ('requested', 'calling', 'connected')"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)  # CB-…
    # Null for a request in an unknown name: answered alike, never called.
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    number: Mapped[str | None] = mapped_column(String(20))  # E.164
    topic: Mapped[str] = mapped_column(String(64))
    language: Mapped[Language] = mapped_column(by_value(Language))
    priority: Mapped[int]
    status: Mapped[CallbackStatus] = mapped_column(by_value(CallbackStatus))
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts_count: Mapped[int] = mapped_column(default=0)
    # The phrase is shown once to the requester and said first in the call; used up when a key is pressed.
    phrase: Mapped[str | None] = mapped_column(String(64))
    phrase_used_at: Mapped[datetime | None]
    holder: Mapped[str | None] = mapped_column(String(64))
    held_until: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(64))
    request_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CallbackAttempt(Base):
    __tablename__ = "callback_attempts"
    __table_args__ = (UniqueConstraint("callback_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    callback_id: Mapped[str] = mapped_column(ForeignKey("callbacks.id"))
    number: Mapped[int]  # 1, 2, 3
    holder: Mapped[str] = mapped_column(String(64))
    call_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(32))


class CallbackBlock(Base):
    """Key 9 in a call: no callbacks to this number until then."""

    __tablename__ = "callback_blocks"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    until: Mapped[datetime]


# Agents, and whom we contacted


class Agent(Base):
    """Someone who answers customers; `on_duty` is who is on now."""

    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    queues: Mapped[list[Any]]
    languages: Mapped[list[Any]]
    phone: Mapped[str | None] = mapped_column(String(20))
    on_duty: Mapped[bool]


class ContactMedium(StrEnum):
    CALL = "call"
    TEXT = "text"
    EMAIL = "email"


class ContactLogEntry(Base):
    """A call, text or e-mail that we made ourselves: the answer to "was that really you?"."""

    __tablename__ = "contact_log"
    __table_args__ = (Index("ix_contact_log_destination", "destination", "started_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[ContactMedium] = mapped_column(by_value(ContactMedium))
    sender: Mapped[str] = mapped_column(String(254))
    destination: Mapped[str] = mapped_column(String(254))
    purpose: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OfficialNumber(Base):
    __tablename__ = "official_numbers"

    number: Mapped[str] = mapped_column(String(254), primary_key=True)  # E.164, a short code, or an address
    purpose: Mapped[str] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(2))
    calls_customers: Mapped[bool]  # False: customers call it, it never calls them


# Audit


class AuditEntry(Base):
    """Who did what, why, when, by which channel: append-only, one hash chain a customer, no personal text."""

    __tablename__ = "audit_entries"
    __table_args__ = (UniqueConstraint("chain", "position"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    chain: Mapped[str] = mapped_column(String(64))  # a customer's id, or the conversation's where nobody is known
    position: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditAnchor(Base):
    """The heads of all chains at one moment, so that a chain cut short is found."""

    __tablename__ = "audit_anchors"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime]
    heads: Mapped[dict[str, Any]]  # chain → [position, hash] of those that grew since the last anchor
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
