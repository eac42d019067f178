"""Answering a conversation: an agent claims it, writes in it, and lets go of it one way or another.

Every change holds the conversation's row, as storing a message does, so that they have one order: whatever the customer
wrote before a change is for who had the conversation then.

Names in `handovers`; import them from there.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import surveys
from wallet_core.agents import AT_DESK
from wallet_core.conversations import lock
from wallet_core.errors import ConversationEnded, NotFound, WrongState
from wallet_core.handover_records import HandoverView, close, open_handover, put_in_queue, record, tell, view_of
from wallet_core.models import Channel, Conversation, Handover, HandoverEnding, Message, Owner, Role
from wallet_core.policy import Action, Grant
from wallet_core.transcripts import MessageView, Reply, add_line, last_from_customer
from wallet_core.transcripts import view_of as line_of


def claim(session: Session, *, grant: Grant, conversation_id: str, now: datetime, word: Reply) -> HandoverView:
    """Take a conversation out of its queue: from here on this agent answers it, and nobody else does.

    Of several who claim it at the same time, one gets it. Claimed again by who has it, it stays as it is.

    Raises:
        NotFound: it does not wait, or not any more.
        WrongState: `agent`, another one has it.
    """
    grant.for_action(Action.ANSWER)
    agent_id = agent_of(grant)
    conversation, handover = _locked(session, conversation_id)
    if handover.agent_id is not None:
        if handover.agent_id != agent_id:
            raise WrongState(state=Owner.AGENT, wanted=Owner.QUEUE)
        return view_of(handover, conversation)
    _hold(session, conversation, handover, agent_id, now)
    tell(session, conversation, word, now)
    record(session, conversation, actor=grant.actor, action="claimed", reason=handover.queue, now=now)
    return view_of(handover, conversation)


def take_over(session: Session, *, grant: Grant, conversation_id: str, now: datetime, word: Reply) -> HandoverView:
    """Take a conversation from the agent who has it.

    Raises:
        NotFound: it is with no agent.
    """
    grant.for_action(Action.TAKE_OVER)
    agent_id = agent_of(grant)
    conversation, handover = _locked(session, conversation_id)
    if handover.agent_id is None:
        raise NotFound()
    if handover.agent_id != agent_id:
        before = handover.agent_id
        _hold(session, conversation, handover, agent_id, now)
        tell(session, conversation, word, now)
        record(session, conversation, actor=grant.actor, action="taken_over", reason=before, now=now)
    return view_of(handover, conversation)


def say(session: Session, *, grant: Grant, conversation_id: str, reply: Reply, key: str, now: datetime) -> MessageView:
    """Add what the agent wrote, masked already, to the transcript; with the same `key` again it is there once.

    Raises:
        NotFound, WrongState: the agent does not have the conversation.
        ConversationEnded: the customer is gone.
    """
    conversation, _ = _held(session, grant, conversation_id)
    identity = f"{grant.actor}:{key}"[:64]
    there = session.scalar(
        select(Message).where(Message.conversation_id == conversation_id, Message.client_message_id == identity)
    )
    if there is not None:
        return line_of(there)
    return add_line(session, conversation, Role.AGENT, reply, now, identity=identity)


def give_back(
    session: Session, *, grant: Grant, conversation_id: str, seen: int, now: datetime, word: Reply
) -> HandoverView:
    """Leave the customer to the assistant.

    Args:
        seen: the number of the last message that the agent saw. What the customer wrote behind it would be answered by
            nobody, so the agent has to look first.

    Raises:
        NotFound, WrongState: the agent does not have the conversation; `unread`.
    """
    conversation, handover = _held(session, grant, conversation_id)
    _refuse_unread(session, conversation, seen)
    close(session, conversation, handover, ending=HandoverEnding.GIVEN_BACK, now=now)
    tell(session, conversation, word, now)
    record(session, conversation, actor=grant.actor, action=HandoverEnding.GIVEN_BACK, reason="", now=now)
    return view_of(handover, conversation)


def put_back(session: Session, *, grant: Grant, conversation_id: str, now: datetime, word: Reply) -> HandoverView:
    """Let another agent answer: the conversation goes back to the place in the queue that it came from.

    Raises:
        NotFound, WrongState: the agent does not have the conversation.
    """
    conversation, handover = _held(session, grant, conversation_id)
    put_in_queue(session, conversation, handover)
    tell(session, conversation, word, now)
    record(session, conversation, actor=grant.actor, action="put_back", reason=handover.queue, now=now)
    return view_of(handover, conversation)


def finish(
    session: Session, *, grant: Grant, conversation_id: str, seen: int, now: datetime, word: Reply
) -> HandoverView:
    """All is said: a web chat ends; a thread of texts never does, and the assistant answers the next one.

    Raises:
        NotFound, WrongState: as `give_back`.
    """
    conversation, handover = _held(session, grant, conversation_id)
    _refuse_unread(session, conversation, seen)
    close(session, conversation, handover, ending=HandoverEnding.FINISHED, now=now)
    tell(session, conversation, word, now)
    if conversation.channel is Channel.WEB:
        conversation.ended_at = now
    session.flush()
    surveys.want(session, subject=f"conversation:{conversation_id}", conversation_id=conversation_id, now=now)
    record(session, conversation, actor=grant.actor, action=HandoverEnding.FINISHED, reason="", now=now)
    return view_of(handover, conversation)


def forsaken(session: Session, *, now: datetime, limit: int = 100) -> list[str]:
    """The conversations whose agents are gone: their desk has told nothing for too long."""
    gone = select(Handover.conversation_id).where(
        Handover.ended_at.is_(None), Handover.agent_id.is_not(None), Handover.held_until <= now
    )
    return list(session.scalars(gone.order_by(Handover.id).limit(limit)))


def return_to_queue(session: Session, *, conversation_id: str, now: datetime, word: Reply) -> bool:
    """Put a conversation whose agent is gone back into the queue; False if they came back meanwhile.

    Raises:
        NotFound.
    """
    conversation = lock(session, conversation_id)
    handover = open_handover(session, conversation_id)
    if handover is None or handover.held_until is None or handover.held_until > now:
        return False
    gone = handover.agent_id or ""
    put_in_queue(session, conversation, handover)
    tell(session, conversation, word, now)
    record(session, conversation, actor="system", action="agent_gone", reason=gone, now=now)
    return True


def agent_of(grant: Grant) -> str:
    """The id of the agent whose grant it is."""
    return grant.actor.partition(":")[2]


def _hold(session: Session, conversation: Conversation, handover: Handover, agent_id: str, now: datetime) -> None:
    conversation.owner = Owner.AGENT
    handover.agent_id, handover.claimed_at, handover.held_until = agent_id, now, now + AT_DESK
    session.flush()


def _locked(session: Session, conversation_id: str) -> tuple[Conversation, Handover]:
    conversation = lock(session, conversation_id)
    handover = open_handover(session, conversation_id)
    if handover is None:
        raise NotFound()
    if conversation.ended_at is not None:
        raise ConversationEnded()
    return conversation, handover


def _held(session: Session, grant: Grant, conversation_id: str) -> tuple[Conversation, Handover]:
    grant.for_action(Action.ANSWER)
    conversation, handover = _locked(session, conversation_id)
    if handover.agent_id != agent_of(grant):
        raise WrongState(state="not_yours", wanted="yours")
    return conversation, handover


def _refuse_unread(session: Session, conversation: Conversation, seen: int) -> None:
    if last_from_customer(session, conversation_id=conversation.id) > seen:
        raise WrongState(state="unread", wanted="read")
