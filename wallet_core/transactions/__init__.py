"""Transactions: what was asked for, how it went, and the money that moved.

    pending ──► completed ──► refunded (wholly given back by the merchant)
      ▲ │ │         └───────► reversed (undone by us)
      │ │ └───────► failed (with a recorded reason)
    held└─────────► cancelled (by the customer)
      └───────────► failed, cancelled

What goes out is taken from the balance when it is asked for and given back if it comes to nothing; what comes in counts
once it is completed. A row never changes but for its state, and each state it was in is kept.
"""

from wallet_core.transactions.history import (
    StateView,
    find,
    get_transaction,
    history,
    latest_failed,
    overdue,
    recent,
)
from wallet_core.transactions.incoming import receive
from wallet_core.transactions.payments import (
    cancel,
    complete,
    confirm_held,
    fail,
    reject_held,
    request_payment,
)
from wallet_core.transactions.returns import refund, refundable, reverse
from wallet_core.transactions.views import TransactionView

__all__ = [
    "StateView",
    "TransactionView",
    "cancel",
    "complete",
    "confirm_held",
    "fail",
    "find",
    "get_transaction",
    "history",
    "latest_failed",
    "overdue",
    "receive",
    "recent",
    "refund",
    "refundable",
    "reject_held",
    "request_payment",
    "reverse",
]
