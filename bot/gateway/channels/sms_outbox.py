"""Makes what a conversation is owed into texts: for the answer to a webhook, or for the worker to send."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.gateway.channels.sms_rendering import render
from wallet_core import outgoing_texts, owed_texts, text_threads, transcripts
from wallet_core.models import TextState
from wallet_core.outgoing_texts import TextView


def take_texts(session: Session, *, conversation_id: str, state: TextState, now: datetime) -> list[TextView]:
    """The texts that tell all the lines the conversation is owed; with them nothing is owed any more."""
    owed = owed_texts.take_owed(session, conversation_id=conversation_id)
    numbers = text_threads.numbers_of(session, conversation_id=conversation_id)
    if not owed or numbers is None:
        return []
    span = transcripts.messages_after(
        session, conversation_id=conversation_id, after=owed[0] - 1, limit=owed[-1] - owed[0] + 1
    )
    return outgoing_texts.store_texts(
        session,
        conversation_id=conversation_id,
        message_id=owed[-1],
        theirs=numbers.theirs,
        bodies=render([line for line in span if line.id in set(owed)]),
        state=state,
        now=now,
    )
