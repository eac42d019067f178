"""The tables, a module per noun. They stay inside wallet_core: functions hand out pydantic objects instead.

Amounts are integers in minor units of the account's currency. Times are aware UTC. Statuses are
`StrEnum`s, stored by value, each with a line of meaning.
"""

from __future__ import annotations

from wallet_core.models.agents import Agent
from wallet_core.models.audit import AuditAnchor, AuditEntry
from wallet_core.models.base import Base, NaiveTime, Rate, UtcDateTime, by_value
from wallet_core.models.callbacks import Callback, CallbackAttempt, CallbackBlock, CallbackStatus, CallPurpose
from wallet_core.models.calls import Call, CallDirection, CallOutcome, CallState, CallStatus
from wallet_core.models.contacts import ContactLogEntry, ContactMedium, OfficialNumber
from wallet_core.models.conversations import Assurance, Channel, Conversation, Message, Owner, Role, UsedIdentityToken
from wallet_core.models.customers import Account, AccountStatus, ContactKind, ContactPoint, Customer, Language
from wallet_core.models.desk import AgentRole, DeskAccount, DeskSession
from wallet_core.models.freezes import Freeze, FreezeKind
from wallet_core.models.handovers import Handover, HandoverEnding, HandoverReason
from wallet_core.models.login import LoginRequest, LoginRequestKind
from wallet_core.models.notices import Notice, NoticeStatus
from wallet_core.models.offer import ExchangeRate, Merchant
from wallet_core.models.paces import Pace
from wallet_core.models.queues import CallOffer, OfferState, WaitingCall, WaitState
from wallet_core.models.ratings import Rating
from wallet_core.models.surveys import Survey, SurveyState
from wallet_core.models.text_threads import (
    OutgoingText,
    OwedText,
    TextOptOut,
    TextReport,
    TextState,
    TextStatus,
    TextThread,
)
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
from wallet_core.models.webhook_answers import WebhookAnswer

__all__ = [
    "Account",
    "AccountStatus",
    "Agent",
    "AgentRole",
    "Assurance",
    "AuditAnchor",
    "AuditEntry",
    "Base",
    "Call",
    "CallDirection",
    "CallOffer",
    "CallOutcome",
    "CallPurpose",
    "CallState",
    "CallStatus",
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
    "DeskAccount",
    "DeskSession",
    "ExchangeRate",
    "FailedAttempt",
    "FailureReason",
    "Freeze",
    "FreezeKind",
    "Handover",
    "HandoverEnding",
    "HandoverReason",
    "Language",
    "LedgerEntry",
    "LoginRequest",
    "LoginRequestKind",
    "Merchant",
    "Message",
    "NaiveTime",
    "Notice",
    "NoticeStatus",
    "OfferState",
    "OfficialNumber",
    "OutgoingText",
    "OwedText",
    "Owner",
    "Pace",
    "Priority",
    "Rate",
    "Rating",
    "Role",
    "SentCode",
    "Survey",
    "SurveyState",
    "TextOptOut",
    "TextReport",
    "TextState",
    "TextStatus",
    "TextThread",
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
    "WaitState",
    "WaitingCall",
    "WebhookAnswer",
    "by_value",
]
