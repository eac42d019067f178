"""A customer's message as it came in, and the transaction that stores it, and at once does what needs no Rasa."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.gateway import direct, guard, redact
from bot.gateway.challenges import CHALLENGE_ANSWER, Challenges
from bot.gateway.direct import Direct
from bot.gateway.language import decide_language
from bot.gateway.replies import Replies
from bot.gateway.sensitive_numbers import HIDDEN
from wallet_core import transcripts, turns
from wallet_core.conversations import ConversationView
from wallet_core.keyed import keyed_hash
from wallet_core.models import Owner
from wallet_core.transcripts import Received


@dataclass(frozen=True)
class Inbound:
    """What was sent: a text, or a button's id; `address` is the sender's network address."""

    client_message_id: str
    text: str | None = None
    button: str | None = None
    address: str | None = None

    @property
    def acts_at_once(self) -> bool:
        return self.button in direct.BUTTONS


class Inbox:
    def __init__(self, *, secret_key: str, replies: Replies, direct: Direct, challenges: Challenges) -> None:
        self._secret_key = secret_key
        self._replies = replies
        self._direct = direct
        self._challenges = challenges

    def receive(self, session: Session, *, conversation: ConversationView, inbound: Inbound, now: datetime) -> Received:
        """Store it, masked, once.

        Raises:
            RequestConflict, ConversationEnded, ButtonNotOffered: see `transcripts`.
        """
        if inbound.text is not None:
            return self._write_down(session, conversation, inbound, guard.clean(inbound.text), now)
        if inbound.acts_at_once:
            return self._act_at_once(session, conversation, inbound, now)
        return self._press(session, conversation, inbound, now)

    def _write_down(
        self, session: Session, conversation: ConversationView, inbound: Inbound, said: str, now: datetime
    ) -> Received:
        answer = self._challenges.answer_in(
            session, conversation=conversation, text=said, address=inbound.address, now=now
        )
        text = redact.mask(said) if answer is None else HIDDEN
        received = transcripts.receive_message(
            session,
            conversation_id=conversation.id,
            client_message_id=inbound.client_message_id,
            content_hash=self._hash(conversation, inbound),
            text=text,
            language=decide_language(text, conversation.language),
            now=now,
            name=None if answer is None else CHALLENGE_ANSWER,
        )
        if answer is not None and not received.repeated:
            self._challenges.hold(conversation, received.message, answer)
        return received

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
            content_hash=self._hash(conversation, inbound),
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
            content_hash=self._hash(conversation, inbound),
            button_id=str(inbound.button),
            now=now,
            always=self._replies.standing_buttons(conversation.language, waits=conversation.owner is Owner.QUEUE),
        )

    def _hash(self, conversation: ConversationView, inbound: Inbound) -> str:
        """Of what was sent, not of what is kept: two cards that look alike when masked are two messages.

        The same secret in two conversations does not look the same.
        """
        kind, content = ("text", inbound.text) if inbound.text is not None else ("button", inbound.button)
        return keyed_hash(self._secret_key, "message", conversation.id, kind, guard.replace_surrogates(str(content)))
