"""Waiting for an agent: into the queue that routing names, the place in it, and out again.

Names in `handovers`; import them from there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from wallet_core.agents import AT_DESK, at_desk
from wallet_core.authority import open_conversation
from wallet_core.conversations import lock
from wallet_core.errors import WrongState
from wallet_core.handover_records import HandoverView, close, open_handover, record, tell, view_of
from wallet_core.models import Conversation, Handover, HandoverEnding, HandoverReason, Owner
from wallet_core.routing import Route, Routing, route
from wallet_core.transcripts import Reply

# An agent's page may reload, or their train go through a tunnel, before their customers are told that nobody is there.
GONE_AFTER = timedelta(minutes=3)


class Waiting(BaseModel, frozen=True):
    """A place in the queue: 1 is next. `wait` is the estimate, None where nobody is at the desk at this moment."""

    handover: HandoverView
    place: int
    wait: timedelta | None


def outlook(
    session: Session, *, conversation_id: str, topic: str, routing: Routing, now: datetime, within: timedelta = AT_DESK
) -> Route:
    """Where a conversation would go at this moment, who is there for it, and how long it would wait.

    Raises:
        NotFound, ConversationEnded.
    """
    return _route(session, open_conversation(session, conversation_id), topic, routing, now, within)


def join(
    session: Session, *, conversation_id: str, topic: str, reason: HandoverReason, routing: Routing, now: datetime
) -> Waiting | None:
    """Put a conversation into the queue of its topic; one that waits already keeps its place, unless this is more urgent.

    Returns: None, and nothing is changed, where the queue is closed or nobody who speaks the language is at the desk.

    Raises:
        NotFound, ConversationEnded.
        WrongState: `agent`, somebody has it.
    """
    conversation = open_conversation(session, conversation_id, lock=True)
    handover = open_handover(session, conversation_id)
    if handover is not None and handover.agent_id is not None:
        raise WrongState(state=Owner.AGENT, wanted=Owner.QUEUE)
    way = _route(session, conversation, topic, routing, now, AT_DESK)
    if handover is None:
        if way.wait is None:
            return None
        handover = Handover(
            conversation_id=conversation.id,
            topic=topic,
            queue=way.queue,
            priority=way.priority,
            language=conversation.language,
            reason=reason,
            requested_at=now,
        )
        session.add(handover)
        conversation.owner = Owner.QUEUE
        session.flush()
        record(session, conversation, actor="customer", action="requested", reason=reason, now=now)
    elif way.priority < handover.priority and way.wait is not None:
        handover.topic, handover.queue, handover.priority = topic, way.queue, way.priority
        handover.reason = reason
        session.flush()
        record(session, conversation, actor="customer", action="hastened", reason=reason, now=now)
    return _place(session, conversation, handover, routing, now)


def place_of(session: Session, *, conversation_id: str, routing: Routing, now: datetime) -> Waiting | None:
    """The place of a conversation that waits; None where it does not, or not any more. Its row is locked.

    Raises:
        NotFound.
    """
    conversation = lock(session, conversation_id)
    handover = open_handover(session, conversation_id)
    if handover is None or handover.agent_id is not None:
        return None
    return _place(session, conversation, handover, routing, now)


def take_back(session: Session, *, conversation_id: str, now: datetime) -> bool:
    """The customer would rather go on with the assistant; False where the conversation is not in a queue any more.

    Raises:
        NotFound.
    """
    conversation = lock(session, conversation_id)
    handover = open_handover(session, conversation_id)
    if handover is None or handover.agent_id is not None:
        return False
    close(session, conversation, handover, ending=HandoverEnding.TAKEN_BACK, now=now)
    record(session, conversation, actor="customer", action=HandoverEnding.TAKEN_BACK, reason="", now=now)
    return True


def customer_left(session: Session, *, conversation_id: str, now: datetime) -> None:
    """The customer ended the conversation: nobody need wait in it, or answer it.

    Raises:
        NotFound.
    """
    conversation = lock(session, conversation_id)
    handover = open_handover(session, conversation_id)
    if handover is not None:
        close(session, conversation, handover, ending=HandoverEnding.CUSTOMER_LEFT, now=now)
        record(session, conversation, actor="customer", action=HandoverEnding.CUSTOMER_LEFT, reason="", now=now)


def deserted(session: Session, *, routing: Routing, now: datetime, limit: int = 100) -> list[str]:
    """The conversations that wait for nobody: their queue has closed, who could answer them is gone or is elsewhere."""
    rows = session.execute(
        select(Handover, Conversation)
        .join(Conversation, Conversation.id == Handover.conversation_id)
        .where(Handover.ended_at.is_(None), Handover.agent_id.is_(None))
        .order_by(Handover.id)
        .limit(limit)
    )
    return [
        conversation.id
        for handover, conversation in rows
        if _manned_queue(session, conversation, handover, routing=routing, now=now) != handover.queue
    ]


def dismiss(session: Session, *, conversation_id: str, routing: Routing, now: datetime, word: Reply) -> bool:
    """Tell a customer who waits for nobody so, with `word`, and let the assistant go on; False if somebody came.

    Where another queue has somebody for them, they wait there instead.

    Raises:
        NotFound.
    """
    conversation = lock(session, conversation_id)
    handover = open_handover(session, conversation_id)
    if handover is None or handover.agent_id is not None:
        return False
    queue = _manned_queue(session, conversation, handover, routing=routing, now=now)
    if queue == handover.queue:
        return False
    if queue is not None:
        handover.queue = queue
        session.flush()
        record(session, conversation, actor="system", action="moved", reason=queue, now=now)
        return True
    close(session, conversation, handover, ending=HandoverEnding.NOBODY_CAME, now=now)
    tell(session, conversation, word, now)
    record(session, conversation, actor="system", action=HandoverEnding.NOBODY_CAME, reason=handover.queue, now=now)
    return True


def _manned_queue(
    session: Session, conversation: Conversation, handover: Handover, *, routing: Routing, now: datetime
) -> str | None:
    """Where somebody is there for a conversation that waits; None where nobody is."""
    way = _route(session, conversation, handover.topic, routing, now, GONE_AFTER)
    return way.queue if way.wait is not None else None


def _route(
    session: Session, conversation: Conversation, topic: str, routing: Routing, now: datetime, within: timedelta
) -> Route:
    def way(waiting: int) -> Route:
        return route(
            routing,
            topic=topic,
            language=conversation.language,
            now=now,
            assurance=conversation.assurance,
            agents=there,
            waiting=waiting,
        )

    there = at_desk(session, now=now, within=within)
    plain = way(0)
    ahead = select(func.count()).where(*_in_line(plain.queue), Handover.priority <= plain.priority)
    return way(session.scalar(ahead) or 0)


def _place(
    session: Session, conversation: Conversation, handover: Handover, routing: Routing, now: datetime
) -> Waiting:
    before = or_(
        Handover.priority < handover.priority,
        and_(Handover.priority == handover.priority, Handover.requested_at < handover.requested_at),
        and_(
            Handover.priority == handover.priority,
            Handover.requested_at == handover.requested_at,
            Handover.id < handover.id,
        ),
    )
    ahead = session.scalar(select(func.count()).where(*_in_line(handover.queue), before)) or 0
    way = route(
        routing,
        topic=handover.topic,
        language=conversation.language,
        now=now,
        assurance=conversation.assurance,
        agents=at_desk(session, now=now),
        waiting=ahead,
    )
    return Waiting(handover=view_of(handover, conversation), place=ahead + 1, wait=way.wait)


def _in_line(queue: str) -> tuple[ColumnElement[bool], ...]:
    return Handover.queue == queue, Handover.ended_at.is_(None), Handover.agent_id.is_(None)
