"""What is known beside a conversation or a ticket: who it is and how sure that is, the wallet, what went before.

Of a name that is only claimed nothing is shown that a stranger must not hear from an agent who believes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.desk.board import viewing
from bot.desk.doors import Visitor
from wallet_core import accounts, callbacks, customers, freezes, tickets, transactions
from wallet_core.accounts import AccountView
from wallet_core.callbacks import CallbackView
from wallet_core.customers import ContactPointView, CustomerView
from wallet_core.errors import NotFound
from wallet_core.freezes import FreezeView
from wallet_core.models import Assurance
from wallet_core.tickets import TicketView
from wallet_core.transactions import TransactionView

_LATEST = 6


@dataclass(frozen=True)
class Known:
    """`established`: the customer is signed in, or the matter was opened by one who was."""

    customer: CustomerView | None
    established: bool
    assurance: Assurance | None
    contacts: list[ContactPointView]
    account: AccountView | None
    freezes: list[FreezeView]
    transactions: list[TransactionView]
    tickets: list[TicketView]
    callbacks: list[CallbackView]


NOBODY = Known(None, False, Assurance.ANONYMOUS, [], None, [], [], [], [])


def read_known(
    session: Session,
    visitor: Visitor,
    *,
    customer_id: str | None,
    now: datetime,
    assurance: Assurance | None = None,
) -> Known:
    """Args: assurance: of the conversation that is looked at; None where there is none."""
    if customer_id is None:
        return NOBODY
    customer = customers.get_customer(session, customer_id=customer_id)
    established = assurance is None or assurance >= Assurance.SIGNED_IN
    if not established:
        return Known(customer, False, assurance, [], None, [], [], [], [])
    grant = viewing(session, visitor, now, customer_id)
    try:
        account: AccountView | None = accounts.account_of(session, customer_id=customer_id, now=now)
    except NotFound:
        account = None
    return Known(
        customer=customer,
        established=True,
        assurance=assurance,
        contacts=customers.contact_points(session, customer_id=customer_id),
        account=account,
        freezes=freezes.active(session, account_id=account.id) if account else [],
        transactions=transactions.recent(session, account_id=account.id, limit=_LATEST, now=now) if account else [],
        tickets=tickets.tickets_of(session, grant=grant, limit=_LATEST),
        callbacks=callbacks.callbacks_of(session, grant=grant, limit=_LATEST),
    )
