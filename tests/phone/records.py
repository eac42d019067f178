"""What stands in the core after a script, by conversations of any channel."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import freezes, text_opt_outs
from wallet_core.models import (
    Account,
    Callback,
    Conversation,
    LoginRequest,
    Message,
    Notice,
    OwedText,
    Role,
    TextThread,
    Ticket,
)


def check_core(session: Session, then: dict[str, Any], *, customer_id: str, number: str) -> None:
    """Compare what a script's `then` says with the core.

    freezes: kinds that stand · tickets: topics · callbacks: statuses · status: of the wallet · notices: names owed to the
    customer · logins: kinds of what the login was asked for · opted_out: whether the number is · conversations: how many
    by text with the number · proven: whether the last of them ever was · contacts: where the tickets' askers are reached,
    "number" for the telephone's own.
    """
    account = session.scalars(select(Account).where(Account.customer_id == customer_id)).one()
    own = [one.id for one in threads(session, number)]
    found: dict[str, Any] = {
        "freezes": [freeze.kind for freeze in freezes.active(session, account_id=account.id)],
        "status": account.status,
        "tickets": list(
            session.scalars(select(Ticket.topic).where(Ticket.conversation_id.in_(own)).order_by(Ticket.id))
        ),
        "contacts": [
            "number" if contact == number else contact
            for contact in session.scalars(select(Ticket.contact).where(Ticket.conversation_id.in_(own)))
        ],
        "callbacks": list(session.scalars(select(Callback.status).where(Callback.conversation_id.in_(own)))),
        "notices": sorted(session.scalars(select(Notice.name).where(Notice.customer_id == customer_id).distinct())),
        "logins": list(session.scalars(select(LoginRequest.kind).where(LoginRequest.customer_id == customer_id))),
        "opted_out": text_opt_outs.is_opted_out(session, number=number),
        "conversations": len(own),
        "proven": bool(own) and threads(session, number)[-1].proven_until is not None,
    }
    assert {name: found[name] for name in then} == then


def threads(session: Session, number: str) -> list[Conversation]:
    """The conversations by text with the number, the oldest first."""
    query = select(Conversation).join(TextThread, TextThread.conversation_id == Conversation.id)
    return list(session.scalars(query.where(TextThread.theirs == number).order_by(TextThread.began_at)))


def lines(session: Session, number: str) -> list[Message]:
    """All that was said by text with the number."""
    own = [one.id for one in threads(session, number)]
    return list(
        session.scalars(select(Message).where(Message.conversation_id.in_(own)).order_by(Message.at, Message.id))
    )


def is_settled(session: Session, number: str) -> bool:
    """Whether every text from the number has its answer, and everything said has gone out."""
    own = [one.id for one in threads(session, number)]
    owed = session.scalars(select(OwedText.message_id).where(OwedText.conversation_id.in_(own))).first()
    unanswered = [one for one in lines(session, number) if one.role is Role.CUSTOMER and one.answered_at is None]
    return owed is None and not unanswered
