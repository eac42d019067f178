"""Turns: each customer message is answered once, in order, by one process at a time.

Whoever answers a conversation holds a lease on it. A lease is short and renewed while its holder works, so that the
lease of a dead process runs out and another one goes on with what is unanswered. An answer, and the mark that its
message is answered, are written together, and only while the lease is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, CursorResult, Row, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from wallet_core.conversations import lock, speak
from wallet_core.errors import NotFound, TurnLost
from wallet_core.models import Conversation, Language, Message, Owner, Role
from wallet_core.transcripts import MessageView, Reply, add_reply, view_of

type _Told = Row[int, Role, datetime | None, int | None]

# Written once: a query of every turn takes as long to put together as to run.
_MESSAGE: BindParameter[int] = bindparam("message_id")
_OF_CONVERSATION = Message.conversation_id == bindparam("conversation_id")
_BEFORE = (
    select(func.max(Message.id))
    .where(_OF_CONVERSATION, Message.role == Role.CUSTOMER, Message.id < _MESSAGE)
    .scalar_subquery()
)
# A customer's message, the one before it, and what was said in return to both.
_TOLD = (
    select(Message.id, Message.role, Message.answered_at, Message.answer_to)
    .where(
        _OF_CONVERSATION,
        Message.id >= func.coalesce(_BEFORE, _MESSAGE),
        or_(Message.id.in_([_BEFORE, _MESSAGE]), Message.answer_to.in_([_BEFORE, _MESSAGE])),
    )
    .order_by(Message.id)
)
_SAID = (
    select(Message)
    .where(
        _OF_CONVERSATION,
        Message.role != Role.CUSTOMER,
        Message.id > bindparam("after"),
        Message.id <= bindparam("end"),
        or_(Message.id > bindparam("start"), Message.answer_to == _MESSAGE),
    )
    .order_by(Message.id)
)
_NEXT_UNANSWERED = (
    select(Message)
    .where(_OF_CONVERSATION, Message.role == Role.CUSTOMER, Message.answered_at.is_(None))
    .order_by(Message.id)
    .limit(1)
)


def take_turn(session: Session, *, conversation_id: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take the lease on the conversation until `until`; False while somebody else holds it."""
    free = or_(Conversation.turn_holder.is_(None), Conversation.turn_holder == holder, Conversation.turn_until <= now)
    return _lease(session, conversation_id, holder, until, free)


def renew_turn(session: Session, *, conversation_id: str, holder: str, until: datetime) -> bool:
    """Hold the lease longer; False if it is no longer the holder's."""
    return _lease(session, conversation_id, holder, until, Conversation.turn_holder == holder)


def release_turn(session: Session, *, conversation_id: str, holder: str) -> None:
    """Give the lease back, if it is the holder's still."""
    _lease(session, conversation_id, None, None, Conversation.turn_holder == holder)


def next_unanswered(session: Session, *, conversation_id: str) -> MessageView | None:
    """The customer's oldest message that has no answer yet."""
    found = session.scalar(_NEXT_UNANSWERED, {"conversation_id": conversation_id})
    return view_of(found) if found else None


def waiting_conversations(session: Session, *, now: datetime, limit: int = 100) -> list[str]:
    """Conversations with an unanswered message that nobody works on: their holder died, or never was."""
    unanswered = (
        select(Message.id)
        .where(Message.conversation_id == Conversation.id, Message.role == Role.CUSTOMER, Message.answered_at.is_(None))
        .exists()
    )
    nobody = or_(Conversation.turn_holder.is_(None), Conversation.turn_until <= now)
    return list(session.scalars(select(Conversation.id).where(unanswered, nobody).limit(limit)))


def answer_message(
    session: Session,
    *,
    conversation_id: str,
    message_id: int,
    replies: Sequence[Reply],
    now: datetime,
    holder: str | None = None,
    language: Language | None = None,
    left_to_agent: bool = False,
) -> list[MessageView]:
    """Store the replies to a customer's message and mark it as answered, once.

    Args:
        left_to_agent: where an agent has taken the conversation meanwhile, the answer is theirs: only what tells of
            something that was done is stored.
        holder: whose lease this needs; without one it needs none.
        language: what the customer asked to go on in, where the answer changed it.

    Returns: the replies as stored, or those that were there before.

    Raises:
        NotFound: no such message of a customer.
        TurnLost: the holder's lease ran out and somebody else took it.
    """
    conversation = lock(session, conversation_id)
    if holder is not None and conversation.turn_holder != holder:
        raise TurnLost()
    message = session.get(Message, (conversation_id, message_id))
    if message is None or message.role is not Role.CUSTOMER:
        raise NotFound()
    if message.answered_at is not None:
        return _answers(session, conversation_id, message_id)
    if left_to_agent and conversation.owner is Owner.AGENT:
        replies = [reply for reply in replies if reply.receipts]
    stored = [add_reply(session, conversation, Role.BOT, reply, now, message_id) for reply in replies]
    message.answered_at = now
    if language is not None:
        speak(session, conversation, language)
    session.flush()
    return stored


def say_meanwhile(session: Session, *, conversation_id: str, message_id: int, reply: Reply, now: datetime) -> bool:
    """Tell the customer, once, that the answer takes longer; False if it came meanwhile, this was said already, or an
    agent is to answer."""
    conversation = lock(session, conversation_id)
    message = session.get(Message, (conversation_id, message_id))
    if message is None or message.answered_at is not None or _answers(session, conversation_id, message_id):
        return False
    if conversation.owner is Owner.AGENT:
        return False
    add_reply(session, conversation, Role.SYSTEM, reply, now, message_id)
    return True


def first_answer(session: Session, *, conversation_id: str, message_id: int) -> list[MessageView] | None:
    """What the sender of a customer's message is told in return; None while there is nothing to tell.

    That is all that others said since the answer to the message before, up to the answer to this one, or up to the word
    that it takes longer. So a sender who only ever reads these answers misses nothing, and a repeat of the message
    is told the same.
    """
    told = session.execute(_TOLD, {"conversation_id": conversation_id, "message_id": message_id}).all()
    end = _told_until(told, message_id)
    if end is None:
        return None
    before = told[0].id if told[0].id < message_id else None
    start = (_told_until(told, before) if before else None) or message_id
    window = {"after": min(start, message_id), "start": start, "end": end}
    rows = session.scalars(_SAID, {"conversation_id": conversation_id, "message_id": message_id, **window})
    return [view_of(row) for row in rows]


def _told_until(told: Sequence[_Told], message_id: int) -> int | None:
    rows = [row for row in told if row.id == message_id or (row.answer_to == message_id and row.id > message_id)]
    meanwhile: int | None = next((row.id for row in rows if row.role is Role.SYSTEM), None)
    if meanwhile is not None or not rows or rows[0].answered_at is None:
        return meanwhile
    last: int = rows[-1].id
    return last


def _answers(session: Session, conversation_id: str, message_id: int) -> list[MessageView]:
    rows = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.id > message_id, Message.answer_to == message_id)
        .order_by(Message.id)
    )
    return [view_of(row) for row in rows]


def _lease(
    session: Session, conversation_id: str, holder: str | None, until: datetime | None, where: ColumnElement[bool]
) -> bool:
    done = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, where)
        .values(turn_holder=holder, turn_until=until)
        .execution_options(synchronize_session=False)
    )
    return isinstance(done, CursorResult) and done.rowcount == 1
