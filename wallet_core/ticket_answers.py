"""An agent's word on a ticket reaches the customer: where they opened it, while that still stands, and outside of it.

Names in `tickets`; import them from there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wallet_core import conversations, notices, text_opt_outs, text_threads
from wallet_core.conversations import ConversationView
from wallet_core.models import Channel, ContactPoint, Role, Ticket, TicketComment
from wallet_core.ticket_records import TicketView
from wallet_core.transcripts import Reply, append_message

_NOTICE = "utter_notice_ticket_answered"
# What an agent says, and then says besides, or resolves, is one answer to who is sent for it.
_ONE_ANSWER = timedelta(minutes=10)


def tell_customer(
    session: Session, *, ticket: TicketView, word: Callable[[ConversationView], Reply], now: datetime
) -> str | None:
    """Tell of an agent's word that is about to be put on the ticket; call it first, in the same transaction.

    The word itself stands only in the conversation that opened the ticket, where it goes on: in a web chat, and by text.
    Outside of it a notice says no more than that there is an answer: at the contact that was left, else at those on
    file. Who was texted the word itself needs none; nor does who was sent one for the same answer just before.

    Args:
        word: makes the line, for the conversation that it is to stand in.

    Returns: the conversation that has a new line; None where none goes on.
    """
    conversation = _standing(session, ticket)
    if conversation is not None:
        append_message(session, conversation_id=conversation.id, role=Role.SYSTEM, reply=word(conversation), now=now)
    texted = conversation is not None and conversation.channel is Channel.SMS
    if not texted and not _answered_just_now(session, ticket, now):
        _store_notice(session, ticket, now)
    return conversation.id if conversation is not None else None


def _standing(session: Session, ticket: TicketView) -> ConversationView | None:
    """The conversation that opened the ticket, if a line in it is read, and by nobody else; not a call, which is over."""
    if ticket.conversation_id is None:
        return None
    conversation = conversations.get_conversation(session, conversation_id=ticket.conversation_id)
    if conversation.ended_at is not None or conversation.channel is Channel.VOICE:
        return None
    if conversation.channel is Channel.SMS and not _is_texted(session, conversation.id):
        return None
    return conversation


def _is_texted(session: Session, conversation_id: str) -> bool:
    """Whether a line goes out to who wrote: their number is still theirs, is not lost, and wants texts."""
    numbers = text_threads.numbers_of(session, conversation_id=conversation_id)
    if numbers is None or not text_threads.goes_on(session, conversation_id=conversation_id):
        return False
    lost = select(ContactPoint.id).where(
        ContactPoint.value == numbers.theirs,
        ContactPoint.ended_at.is_(None),
        ContactPoint.reported_lost_at.is_not(None),
    )
    is_lost = session.scalar(lost.limit(1)) is not None
    return not is_lost and not text_opt_outs.is_opted_out(session, number=numbers.theirs)


def _answered_just_now(session: Session, ticket: TicketView, now: datetime) -> bool:
    """Whether the last that was said openly is an agent's, and was said a moment ago: that was told."""
    said = (
        select(TicketComment)
        .join(Ticket, Ticket.id == TicketComment.ticket_id)
        .where(Ticket.reference == ticket.reference, TicketComment.internal.is_(False))
        .order_by(TicketComment.id.desc())
    )
    last = session.scalars(said.limit(1)).first()
    return last is not None and last.author.startswith("agent:") and last.at > now - _ONE_ANSWER


def _store_notice(session: Session, ticket: TicketView, now: datetime) -> None:
    facts = {"reference": ticket.reference}
    if ticket.contact is not None and not _is_on_file(session, ticket):
        notices.store_at_contact(
            session, contact=ticket.contact, language=ticket.language, name=_NOTICE, facts=facts, now=now
        )
    elif ticket.customer_id is not None:
        notices.store_notices(session, customer_id=ticket.customer_id, name=_NOTICE, facts=facts, now=now)


def _is_on_file(session: Session, ticket: TicketView) -> bool:
    """Whether the contact that was left is one of the customer's own: then all of these are told, but a lost one."""
    own = select(ContactPoint.id).where(
        ContactPoint.customer_id == ticket.customer_id,
        ContactPoint.value == ticket.contact,
        ContactPoint.ended_at.is_(None),
    )
    return session.scalar(own.limit(1)) is not None
