"""A customer's message as it came in, and the transaction that stores it, and at once does what needs no Rasa."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.gateway import direct, guard, redact
from bot.gateway.direct import Direct
from bot.gateway.language import decide_language
from bot.gateway.replies import Replies
from wallet_core import transcripts, turns
from wallet_core.conversations import ConversationView
from wallet_core.keyed import keyed_hash
from wallet_core.transcripts import Received


@dataclass(frozen=True)
class Inbound:
    """What was sent: a text, or a button's id."""

    client_message_id: str
    text: str | None = None
    button: str | None = None

    @property
    def acts_at_once(self) -> bool:
        return self.button in direct.BUTTONS


class Inbox:
    def __init__(self, *, secret_key: str, replies: Replies, direct: Direct) -> None:
        self._secret_key = secret_key
        self._replies = replies
        self._direct = direct

    def receive(self, session: Session, *, conversation: ConversationView, inbound: Inbound, now: datetime) -> Received:
        """Store it, masked, once.

        Raises:
            RequestConflict, ConversationEnded, ButtonNotOffered: see `transcripts`.
        """
        if inbound.text is not None:
            text = redact.mask(guard.clean(inbound.text))
            return transcripts.receive_message(
                session,
                conversation_id=conversation.id,
                client_message_id=inbound.client_message_id,
                content_hash=self._hash(inbound),
                text=text,
                language=decide_language(text, conversation.language),
                now=now,
            )
        if inbound.acts_at_once:
            return self._act_at_once(session, conversation, inbound, now)
        return self._press(session, conversation, inbound, now)

    def _act_at_once(
        self, session: Session, conversation: ConversationView, inbound: Inbound, now: datetime
    ) -> Received:
        """Freezing does not wait for the messages before it: they may be stuck in what is broken.

        The wallet is locked before the conversation, as everywhere, so the deed comes before the message that asks for
        it; both are in one transaction, and where the message is refused the deed falls with it.
        """
        before = transcripts.find_received(
            session,
            conversation_id=conversation.id,
            client_message_id=inbound.client_message_id,
            content_hash=self._hash(inbound),
        )
        if before is not None:
            return Received(message=before, repeated=True)
        replies = self._direct.act(
            session,
            button_id=str(inbound.button),
            conversation=conversation,
            request_key=f"{conversation.id}:{inbound.client_message_id}",
            language=conversation.language,
            now=now,
        )
        received = self._press(session, conversation, inbound, now)
        if not received.repeated:
            turns.answer_message(
                session, conversation_id=conversation.id, message_id=received.message.id, replies=replies, now=now
            )
        return received

    def _press(self, session: Session, conversation: ConversationView, inbound: Inbound, now: datetime) -> Received:
        return transcripts.press_button(
            session,
            conversation_id=conversation.id,
            client_message_id=inbound.client_message_id,
            content_hash=self._hash(inbound),
            button_id=str(inbound.button),
            now=now,
            always=[self._replies.emergency_button(conversation.language)],
        )

    def _hash(self, inbound: Inbound) -> str:
        """Of what was sent, not of what is kept: two cards that look alike when masked are two messages."""
        kind, content = ("text", inbound.text) if inbound.text is not None else ("button", inbound.button)
        return keyed_hash(self._secret_key, "message", kind, guard.replace_surrogates(str(content)))
