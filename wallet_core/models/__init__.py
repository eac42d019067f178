"""The tables, a module per noun. They stay inside wallet_core: functions hand out pydantic objects instead.

Amounts are integers in minor units of the account's currency. Times are aware UTC. Statuses are
`StrEnum`s, stored by value, each with a line of meaning.
"""

from __future__ import annotations

from wallet_core.models.agents import Agent
from wallet_core.models.audit import AuditAnchor, AuditEntry
from wallet_core.models.base import Base, NaiveTime, Rate, UtcDateTime, by_value
from wallet_core.models.callbacks import Callback, CallbackAttempt, CallbackBlock, CallbackStatus
from wallet_core.models.contacts import ContactLogEntry, ContactMedium, OfficialNumber
from wallet_core.models.conversations import Assurance, Channel, Conversation, Message, Owner, Role, UsedIdentityToken
from wallet_core.models.customers import Account, AccountStatus, ContactKind, ContactPoint, Customer, Language
from wallet_core.models.freezes import Freeze, FreezeKind
from wallet_core.models.login import LoginRequest, LoginRequestKind
from wallet_core.models.notices import Notice, NoticeStatus
from wallet_core.models.offer import ExchangeRate, Merchant
from wallet_core.models.ratings import Rating
from wallet_core.models.tickets import Priority, Ticket, TicketComment, TicketStatus, TicketTransaction
from wallet_core.models.transactions import (
    FailureReason,
    LedgerEntry,
    Transaction,
    TransactionKind,
    TransactionState,
    TransactionStatus,
)
from wallet_core.models.verification import Challenge, ChallengeKind, ChallengeStatus, FailedAttempt, SentCode

__all__ = [
    "Account",
    "AccountStatus",
    "Agent",
    "Assurance",
    "AuditAnchor",
    "AuditEntry",
    "Base",
    "Callback",
    "CallbackAttempt",
    "CallbackBlock",
    "CallbackStatus",
    "Challenge",
    "ChallengeKind",
    "ChallengeStatus",
    "Channel",
    "ContactKind",
    "ContactLogEntry",
    "ContactMedium",
    "ContactPoint",
    "Conversation",
    "Customer",
    "ExchangeRate",
    "FailedAttempt",
    "FailureReason",
    "Freeze",
    "FreezeKind",
    "Language",
    "LedgerEntry",
    "LoginRequest",
    "LoginRequestKind",
    "Merchant",
    "Message",
    "NaiveTime",
    "Notice",
    "NoticeStatus",
    "OfficialNumber",
    "Owner",
    "Priority",
    "Rate",
    "Rating",
    "Role",
    "SentCode",
    "Ticket",
    "TicketComment",
    "TicketStatus",
    "TicketTransaction",
    "Transaction",
    "TransactionKind",
    "TransactionState",
    "TransactionStatus",
    "UsedIdentityToken",
    "UtcDateTime",
    "by_value",
]
