"""Sends what conversations by text are owed and no webhook carried: late answers, and what agents say.

First the lines become texts in the outbox, in one transaction; then each text goes out, those of one conversation in order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import structlog

from bot.gateway.channels.sms_outbox import take_texts
from bot.telephony.errors import Unreachable
from wallet_core import contacts, outgoing_texts, owed_texts, text_opt_outs
from wallet_core.database import Database
from wallet_core.errors import InvalidNumber, ServiceUnavailable
from wallet_core.models import ContactMedium, TextState
from wallet_core.outgoing_texts import TextView
from wallet_core.ports import Clock

log = structlog.get_logger(__name__)

# So few that their answers, however slow, come before the claim on them runs out.
_AT_ONCE = 5
_MOST_ROUNDS = 20
_PURPOSE = "conversation"


class Messages(Protocol):
    """Sends texts, as `bot.telephony.messages.MessageSender` does; `number` is what the customer sees."""

    @property
    def number(self) -> str: ...

    def send(self, *, to: str, body: str, text_id: int | None = None) -> str: ...

    def find(self, *, to: str, body: str, since: datetime) -> SentBefore | None: ...


class SentBefore(Protocol):
    @property
    def sid(self) -> str: ...


def send_texts(database: Database, clock: Clock, messages: Messages) -> int:
    """Send the texts that are due and give how many that were; what cannot be sent is tried again later."""
    with database.reading() as session:
        overdue = owed_texts.overdue_conversations(session, now=clock.now())
    for conversation_id in overdue:
        with database.transaction() as session:
            take_texts(session, conversation_id=conversation_id, state=TextState.STORED, now=clock.now())
    handled = 0
    for _ in range(_MOST_ROUNDS):
        with database.transaction() as session:
            claimed = outgoing_texts.claim_due(session, now=clock.now(), limit=_AT_ONCE)
        if not claimed:
            break
        for text in claimed:
            _send(database, clock, messages, text)
        handled += len(claimed)
    return handled


def _send(database: Database, clock: Clock, messages: Messages, text: TextView) -> None:
    try:
        sid = _hand_over(database, clock, messages, text)
    except InvalidNumber as error:
        log.warning("text.given_up", text=text.id, **error.facts)
        with database.transaction() as session:
            if error.facts.get("reason") == Unreachable.OPTED_OUT:
                text_opt_outs.opt_out(session, number=text.theirs, now=clock.now())
            outgoing_texts.mark_failed(session, text_id=text.id, attempt=text.attempt, now=clock.now(), final=True)
    except ServiceUnavailable:
        log.warning("text.not_sent", text=text.id, attempt=text.attempt)
        with database.transaction() as session:
            outgoing_texts.mark_failed(session, text_id=text.id, attempt=text.attempt, now=clock.now())
    else:
        with database.transaction() as session:
            outgoing_texts.mark_sent(session, text_id=text.id, sid=sid)


def _hand_over(database: Database, clock: Clock, messages: Messages, text: TextView) -> str:
    """Send it, unless an earlier attempt did so after all; each is in the contact log first.

    Raises:
        InvalidNumber: no text may or can go there, now or later.
        ServiceUnavailable: not sent, or nobody knows.
    """
    if text.attempt > 1:
        sent = messages.find(to=text.theirs, body=text.body, since=text.created_at)
        if sent is not None:
            return str(sent.sid)
    with database.transaction() as session:
        if text_opt_outs.is_opted_out(session, number=text.theirs):
            raise InvalidNumber(reason=Unreachable.OPTED_OUT)
        contacts.log_contact(
            session,
            customer_id=None,
            kind=ContactMedium.TEXT,
            sender=messages.number,
            destination=text.theirs,
            purpose=_PURPOSE,
            now=clock.now(),
        )
    return messages.send(to=text.theirs, body=text.body, text_id=text.id)
