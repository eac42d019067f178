"""Callbacks: the customer asks to be called, is shown two words, and the call says them first.

Asking is in `callback_requests`, claiming by workers in `callback_claims`, calls and their outcomes in
`callback_calls`, reminders in `callback_reminders`, what time does to them in `callback_sweep`, windows in `callback_windows`;
this is where others take them from.
"""

from __future__ import annotations

from wallet_core.callback_calls import (
    CallbackCase,
    attempt_by_id,
    case_of,
    case_of_call,
    finish_callback,
    id_of,
    known_calls,
    note_call,
    phrase_for_call,
    record_outcome,
    start_attempt,
    tie_ticket,
)
from wallet_core.callback_claims import AttemptView, ClaimedCallback, claim, claim_due, release, renew_lease
from wallet_core.callback_endings import AttemptOutcome, CallOutcome
from wallet_core.callback_records import CallbackView, blocked_until, was_asked_for
from wallet_core.callback_reminders import cancel_reminded, remind_ahead
from wallet_core.callback_requests import (
    CallbackReceipt,
    callback_by_reference,
    callbacks_of,
    cancel_callback,
    change_window,
    pending_callback,
    request_callback,
)
from wallet_core.callback_sweep import expire_overdue
from wallet_core.callback_windows import Window, settle_window

__all__ = [
    "AttemptOutcome",
    "AttemptView",
    "CallOutcome",
    "CallbackCase",
    "CallbackReceipt",
    "CallbackView",
    "ClaimedCallback",
    "Window",
    "attempt_by_id",
    "blocked_until",
    "callback_by_reference",
    "callbacks_of",
    "cancel_callback",
    "cancel_reminded",
    "case_of",
    "case_of_call",
    "change_window",
    "claim",
    "claim_due",
    "expire_overdue",
    "finish_callback",
    "id_of",
    "known_calls",
    "note_call",
    "pending_callback",
    "phrase_for_call",
    "record_outcome",
    "release",
    "remind_ahead",
    "renew_lease",
    "request_callback",
    "settle_window",
    "start_attempt",
    "tie_ticket",
    "was_asked_for",
]
