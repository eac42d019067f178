"""What was said in a conversation, as it was masked before it came here.

A message is kept under its conversation and a number that rises by one. The customer's own carry the identity that
their sender gave them, so that a repeat is recognised.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from wallet_core import owed_texts
from wallet_core.conversations import lock, speak
from wallet_core.errors import ButtonNotOffered, ConversationEnded, RequestConflict
from wallet_core.keyed import same
from wallet_core.models import Conversation, Language, Message, Role

# Written once: a query of every turn takes as long to put together as to run.
_RECEIVED = select(Message).where(
    Message.conversation_id == bindparam("conversation_id"), Message.client_message_id == bindparam("client_message_id")
)


class Button(BaseModel, frozen=True):
    """`payload` is what pressing it means; it never leaves the house."""

    id: str
    title: str
    payload: str


class Reply(BaseModel, frozen=True):
    """What is to be said; it becomes a message when it is stored."""

    text: str
    language: Language
    name: str | None = None
    buttons: tuple[Button, ...] = ()
    receipts: tuple[str, ...] = ()


class MessageView(BaseModel, frozen=True):
    """One line of the transcript. Of a customer's message, `buttons` holds the one that was pressed, if any."""

    id: int
    role: Role
    text: str
    language: Language
    buttons: tuple[Button, ...]
    receipts: tuple[str, ...]
    name: str | None
    at: datetime
    client_message_id: str | None
    button_id: str | None
    answered_at: datetime | None
    answer_to: int | None


class Received(BaseModel, frozen=True):
    """A customer's message as stored. `repeated`: it was there already."""

    message: MessageView
    repeated: bool


def receive_message(
    session: Session,
    *,
    conversation_id: str,
    client_message_id: str,
    content_hash: str,
    text: str,
    language: Language,
    now: datetime,
    name: str | None = None,
) -> Received:
    """Store what the customer wrote, once.

    Args:
        content_hash: keyed, of the content as it was sent; `text` is what is left after masking.
        language: what the conversation goes on in. A signed-in customer's is remembered.
        name: what kind of message it is, where it is no ordinary one.

    Raises:
        NotFound: no such conversation.
        RequestConflict: this identity came before, with other content.
        ConversationEnded: and the message is a new one.
    """
    conversation = lock(session, conversation_id)
    before = find_received(
        session, conversation_id=conversation_id, client_message_id=client_message_id, content_hash=content_hash
    )
    if before is not None:
        return Received(message=before, repeated=True)
    _refuse_ended(conversation)
    speak(session, conversation, language)
    return _store(
        session,
        conversation,
        now,
        text=text,
        client_message_id=client_message_id,
        content_hash=content_hash,
        name=name,
    )


def press_button(
    session: Session,
    *,
    conversation_id: str,
    client_message_id: str,
    content_hash: str,
    button_id: str,
    now: datetime,
    always: Sequence[Button] = (),
) -> Received:
    """Store that the customer pressed a button, once; the transcript shows its title.

    Args:
        always: buttons that may be pressed whether they were offered or not.

    Raises:
        NotFound, RequestConflict, ConversationEnded: as for `receive_message`.
        ButtonNotOffered: no message since the customer's last one has this button.
    """
    conversation = lock(session, conversation_id)
    before = find_received(
        session, conversation_id=conversation_id, client_message_id=client_message_id, content_hash=content_hash
    )
    if before is not None:
        return Received(message=before, repeated=True)
    _refuse_ended(conversation)
    valid = [*always, *offered_buttons(session, conversation_id=conversation_id)]
    pressed = next((button for button in valid if button.id == button_id), None)
    if pressed is None:
        raise ButtonNotOffered()
    return _store(
        session,
        conversation,
        now,
        text=pressed.title,
        client_message_id=client_message_id,
        content_hash=content_hash,
        buttons=[pressed],
        button_id=pressed.id,
    )


def find_received(
    session: Session, *, conversation_id: str, client_message_id: str, content_hash: str
) -> MessageView | None:
    """The customer's message that came under this identity before, if any.

    Raises:
        RequestConflict: it had other content.
    """
    identity = {"conversation_id": conversation_id, "client_message_id": client_message_id}
    found = session.scalar(_RECEIVED, identity)
    if found is None:
        return None
    if not same(found.content_hash or "", content_hash):
        raise RequestConflict()
    return view_of(found)


def offered_buttons(session: Session, *, conversation_id: str) -> list[Button]:
    """The buttons offered since the customer's last message: those that may be pressed now."""
    last = last_from_customer(session, conversation_id=conversation_id)
    offers = session.scalars(
        select(Message.buttons)
        .where(Message.conversation_id == conversation_id, Message.id > last, Message.role != Role.CUSTOMER)
        .order_by(Message.id)
    )
    return [Button.model_validate(button) for offer in offers for button in offer]


def append_message(
    session: Session, *, conversation_id: str, role: Role, reply: Reply, now: datetime, answer_to: int | None = None
) -> MessageView:
    """Add a line that is not the customer's, also after the end: what was done must be told.

    Raises:
        NotFound: no such conversation.
    """
    return add_reply(session, lock(session, conversation_id), role, reply, now, answer_to)


def messages_after(
    session: Session, *, conversation_id: str, after: int = 0, limit: int | None = None
) -> list[MessageView]:
    """The transcript from behind message number `after`, oldest first, at most `limit` lines."""
    rows = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.id > after)
        .order_by(Message.id)
        .limit(limit)
    )
    return [view_of(row) for row in rows]


def latest(session: Session, *, conversation_id: str, limit: int) -> list[MessageView]:
    """The end of the transcript, oldest first."""
    newest = last_message(session, conversation_id=conversation_id)
    if newest is None:
        return []
    return messages_after(session, conversation_id=conversation_id, after=max(0, newest.id - limit))


def last_from_customer(session: Session, *, conversation_id: str, before: int | None = None) -> int:
    """The number of the customer's last message (before number `before`), 0 if there is none."""
    query = select(Message.id).where(Message.conversation_id == conversation_id, Message.role == Role.CUSTOMER)
    if before is not None:
        query = query.where(Message.id < before)
    return session.scalar(query.order_by(Message.id.desc()).limit(1)) or 0


def last_message(session: Session, *, conversation_id: str) -> MessageView | None:
    """The newest line, whoever's it is."""
    everybody = select(Message).where(Message.conversation_id == conversation_id)
    found = session.scalar(everybody.order_by(Message.id.desc()).limit(1))
    return view_of(found) if found else None


def last_line(session: Session, *, conversation_id: str) -> MessageView | None:
    """What was said last to the customer, by whomever; None where nothing was."""
    others = select(Message).where(Message.conversation_id == conversation_id, Message.role != Role.CUSTOMER)
    found = session.scalar(others.order_by(Message.id.desc()).limit(1))
    return view_of(found) if found else None


def last_replies(session: Session, *, conversation_id: str) -> list[MessageView]:
    """What we said last before the customer's latest message: all of one answer, oldest first."""
    latest = last_from_customer(session, conversation_id=conversation_id)
    ours = select(Message).where(
        Message.conversation_id == conversation_id, Message.id < latest, Message.role == Role.BOT
    )
    newest = session.scalars(ours.order_by(Message.id.desc()).limit(1)).first()
    if newest is None or newest.answer_to is None:
        return [view_of(newest)] if newest else []
    same_answer = ours.where(Message.answer_to == newest.answer_to)
    return [view_of(row) for row in session.scalars(same_answer.order_by(Message.id))]


def latest_of(session: Session, *, conversation_id: str, names: Collection[str], before: int) -> str | None:
    """Which of these replies we said last before message number `before`, by their names; None where none of them."""
    said = select(Message.name).where(
        Message.conversation_id == conversation_id, Message.id < before, Message.name.in_(names)
    )
    return session.scalars(said.order_by(Message.id.desc()).limit(1)).first()


# For `turns` and `handovers`, which work on the same rows.


def add_reply(
    session: Session, conversation: Conversation, role: Role, reply: Reply, now: datetime, answer_to: int | None
) -> MessageView:
    """Add a line to the transcript of a conversation whose row is locked."""
    line = _add(
        session,
        conversation,
        role=role,
        text=reply.text,
        language=reply.language,
        buttons=_plain(reply.buttons),
        receipts=list(reply.receipts),
        name=reply.name,
        at=now,
        answer_to=answer_to,
    )
    owed_texts.owe(session, conversation=conversation, message_id=line.id, answer_to=answer_to, now=now)
    return line


def add_line(
    session: Session, conversation: Conversation, role: Role, reply: Reply, now: datetime, *, identity: str
) -> MessageView:
    """As `add_reply`, of a line that its sender gave an identity."""
    line = _add(
        session,
        conversation,
        role=role,
        text=reply.text,
        language=reply.language,
        buttons=[],
        at=now,
        client_message_id=identity,
    )
    owed_texts.owe(session, conversation=conversation, message_id=line.id, answer_to=None, now=now)
    return line


def view_of(row: Message) -> MessageView:
    return MessageView.model_validate(row, from_attributes=True)


def _refuse_ended(conversation: Conversation) -> None:
    if conversation.ended_at is not None:
        raise ConversationEnded()


def _store(
    session: Session,
    conversation: Conversation,
    now: datetime,
    *,
    text: str,
    client_message_id: str,
    content_hash: str,
    buttons: Iterable[Button] = (),
    button_id: str | None = None,
    name: str | None = None,
) -> Received:
    conversation.last_message_at = now
    message = _add(
        session,
        conversation,
        role=Role.CUSTOMER,
        text=text,
        language=conversation.language,
        buttons=_plain(buttons),
        button_id=button_id,
        name=name,
        at=now,
        client_message_id=client_message_id,
        content_hash=content_hash,
    )
    return Received(message=message, repeated=False)


_EMPTY: dict[str, Any] = {
    "receipts": [],
    "name": None,
    "client_message_id": None,
    "content_hash": None,
    "button_id": None,
    "answered_at": None,
    "answer_to": None,
}


def _add(session: Session, conversation: Conversation, **columns: Any) -> MessageView:
    conversation.messages_count += 1
    message = Message(**{**_EMPTY, **columns, "conversation_id": conversation.id, "id": conversation.messages_count})
    session.add(message)
    session.flush()
    return view_of(message)


def _plain(buttons: Iterable[Button]) -> list[dict[str, str]]:
    return [button.model_dump() for button in buttons]
