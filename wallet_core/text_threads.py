"""Which conversation a text message belongs to: the current one between that number and ours, or a new episode.

The number a text comes from is a claim: whose current contact on file it is, that customer's conversation it is at
CLAIMED, which shows nothing and proves nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wallet_core import conversations
from wallet_core.conversations import ConversationView
from wallet_core.customers import CustomerView, find_by_phone
from wallet_core.models import Assurance, Channel, Language, Owner, TextThread
from wallet_core.ports import Random


class Numbers(BaseModel, frozen=True):
    """Between whom a conversation by text goes on, in E.164."""

    theirs: str
    ours: str


def enter_thread(
    session: Session,
    *,
    theirs: str,
    ours: str,
    language: Language,
    idle: timedelta,
    now: datetime,
    random: Random,
) -> ConversationView:
    """The conversation that a text from `theirs` to `ours` belongs to.

    A new one begins where there is none, the last one has ended or was silent for `idle` with nobody of us at it, or
    the number has another owner by now.

    Args:
        language: of a new conversation with somebody whose own language we do not know.
    """
    owner = find_by_phone(session, number=theirs)
    current = _current(session, theirs, ours)
    if current is not None:
        conversation = conversations.get_conversation(session, conversation_id=current.conversation_id)
        if not _is_over(conversation, current, owner, idle, now):
            return conversation
        current.superseded_at = now
        session.flush()
    try:
        with session.begin_nested():
            return _begin(session, theirs, ours, owner, language, now, random)
    except IntegrityError:
        # Two first texts at the same moment: the other one's is the conversation.
        thread = session.scalars(_wanted(theirs, ours).execution_options(populate_existing=True)).one()
        return conversations.get_conversation(session, conversation_id=thread.conversation_id)


def numbers_of(session: Session, *, conversation_id: str) -> Numbers | None:
    """Between which numbers the conversation goes on; None where it is none by text."""
    thread = session.get(TextThread, conversation_id)
    return Numbers(theirs=thread.theirs, ours=thread.ours) if thread is not None else None


def goes_on(session: Session, *, conversation_id: str) -> bool:
    """Whether it is the current conversation with its number, and the number is still whose it was."""
    thread = session.get(TextThread, conversation_id)
    if thread is None or thread.superseded_at is not None:
        return False
    owner = find_by_phone(session, number=thread.theirs)
    return thread.customer_id == (owner.id if owner else None)


def _is_over(
    conversation: ConversationView, thread: TextThread, owner: CustomerView | None, idle: timedelta, now: datetime
) -> bool:
    if conversation.ended_at is not None or thread.customer_id != (owner.id if owner else None):
        return True
    silent = now - (conversation.last_message_at or conversation.created_at)
    return conversation.owner is Owner.BOT and silent > idle


def _begin(
    session: Session,
    theirs: str,
    ours: str,
    owner: CustomerView | None,
    language: Language,
    now: datetime,
    random: Random,
) -> ConversationView:
    conversation = conversations.start_conversation(
        session,
        channel=Channel.SMS,
        language=owner.language if owner else language,
        token_hash="",  # no token opens it
        now=now,
        random=random,
        customer_id=owner.id if owner else None,
        assurance=Assurance.CLAIMED if owner else Assurance.ANONYMOUS,
    )
    session.add(
        TextThread(
            conversation_id=conversation.id,
            theirs=theirs,
            ours=ours,
            customer_id=owner.id if owner else None,
            began_at=now,
            superseded_at=None,
        )
    )
    session.flush()
    return conversation


def _current(session: Session, theirs: str, ours: str) -> TextThread | None:
    return session.scalars(_wanted(theirs, ours).with_for_update()).one_or_none()


def _wanted(theirs: str, ours: str) -> Select[TextThread]:
    return select(TextThread).where(
        TextThread.theirs == theirs, TextThread.ours == ours, TextThread.superseded_at.is_(None)
    )
