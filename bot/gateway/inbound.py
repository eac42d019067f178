"""A customer's message as it came in, and the transaction that stores it, and at once does what needs no Rasa."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.gateway import direct, guard, redact
from bot.gateway.challenges import CHALLENGE_ANSWER, Challenges
from bot.gateway.channels.sms_rendering import offered
from bot.gateway.channels.sms_words import chosen, declines_call, score_in, titled
from bot.gateway.direct import Direct
from bot.gateway.emergency import Emergency
from bot.gateway.handovers import calls_back
from bot.gateway.language import decide_language
from bot.gateway.replies import CALL_BACK, Replies
from bot.gateway.sensitive_numbers import HIDDEN
from wallet_core import callbacks, handovers, surveys, transcripts, turns
from wallet_core.conversations import ConversationView
from wallet_core.keyed import keyed_hash
from wallet_core.models import Channel, Owner
from wallet_core.surveys import SurveyView
from wallet_core.transcripts import MessageView, Received, Reply


@dataclass(frozen=True)
class Inbound:
    """What was sent: a text, or a button's id; `address` is the sender's network address, `number` their phone's."""

    client_message_id: str
    text: str | None = None
    button: str | None = None
    address: str | None = None
    number: str | None = None


@dataclass(frozen=True)
class Taken:
    """A customer's message as stored. `settled`: it came before, or was done at once, so that its answer may be there."""

    message: MessageView
    settled: bool


class Inbox:
    def __init__(
        self, *, secret_key: str, replies: Replies, direct: Direct, emergency: Emergency, challenges: Challenges
    ) -> None:
        self._secret_key = secret_key
        self._replies = replies
        self._direct = direct
        self._emergency = emergency
        self._challenges = challenges

    def receive(self, session: Session, *, conversation: ConversationView, inbound: Inbound, now: datetime) -> Taken:
        """Store it, masked, once; at once do what needs no Rasa.

        Raises:
            RequestConflict, ConversationEnded, ButtonNotOffered: see `transcripts`.
        """
        button = inbound.button
        if inbound.text is not None:
            said = guard.clean(inbound.text)
            button = self._chosen(session, conversation, said)
            if button is None and conversation.owner is Owner.QUEUE and calls_back(said):
                button = CALL_BACK
            if button is None:
                return self._take_text(session, conversation, inbound, said, now)
        assert button is not None  # one of both is there
        if button in direct.BUTTONS:
            return self._press_at_once(session, conversation, inbound, button, now)
        if button == CALL_BACK:
            self._leave_queue(session, conversation, inbound, now)
        return _taken(self._press(session, conversation, inbound, button, now))

    def _chosen(self, session: Session, conversation: ConversationView, said: str) -> str | None:
        """The button that a text picks by its title; by text message, where there are no others, by its number as well."""
        last = transcripts.last_from_customer(session, conversation_id=conversation.id)
        lines = transcripts.messages_after(session, conversation_id=conversation.id, after=last)
        choices = offered(surveys.since_question(lines))
        titles = [button.title for button in choices]
        place = chosen(said, titles) if conversation.channel is Channel.SMS else titled(said, titles)
        return None if place is None else choices[place].id

    def _take_text(
        self, session: Session, conversation: ConversationView, inbound: Inbound, said: str, now: datetime
    ) -> Taken:
        by_text = conversation.channel is Channel.SMS
        score = score_in(said) if by_text else None
        survey = surveys.answerable(session, conversation_id=conversation.id, now=now) if score is not None else None
        if survey is not None and score is not None:
            return self._act_at_once(
                session,
                conversation,
                inbound,
                now,
                act=lambda: [self._rated(session, conversation, survey, score, now)],
                store=lambda: self._write_down(session, conversation, inbound, said, now),
            )
        number = inbound.number
        if by_text and number is not None and declines_call(said):
            return self._act_at_once(
                session,
                conversation,
                inbound,
                now,
                act=lambda: self._call_off(session, conversation, number, said, now),
                store=lambda: self._write_down(session, conversation, inbound, said, now),
            )
        if not (by_text and guard.asks_for_freeze(said) and self._emergency.serves(conversation)):
            return _taken(self._write_down(session, conversation, inbound, said, now))
        language = decide_language(said, conversation.language)
        return self._act_at_once(
            session,
            conversation,
            inbound,
            now,
            act=lambda: self._emergency.begin(session, conversation=conversation, language=language, now=now),
            store=lambda: self._write_down(session, conversation, inbound, said, now),
        )

    def _rated(
        self, session: Session, conversation: ConversationView, survey: SurveyView, score: int, now: datetime
    ) -> Reply:
        surveys.answer(session, survey_id=survey.id, conversation_id=conversation.id, score=score, now=now)
        return self._replies.own(
            "utter_rated",
            language=conversation.language,
            channel=conversation.channel,
            signed_in=conversation.signed_in,
            score=score,
        )

    def _call_off(
        self, session: Session, conversation: ConversationView, number: str, said: str, now: datetime
    ) -> list[Reply] | None:
        """The answer to our reminder of a callback, which may have been asked for in another conversation."""
        callback = callbacks.cancel_reminded(session, number=number, now=now)
        if callback is None:
            return None
        return [
            self._replies.own(
                "utter_callback_cancelled",
                language=decide_language(said, conversation.language),
                channel=conversation.channel,
                signed_in=conversation.signed_in,
                receipts=[callback.reference],
                reference=callback.reference,
            )
        ]

    def _write_down(
        self, session: Session, conversation: ConversationView, inbound: Inbound, said: str, now: datetime
    ) -> Received:
        answer = self._challenges.answer_in(
            session, conversation=conversation, text=said, address=inbound.address, number=inbound.number, now=now
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

    def _press_at_once(
        self, session: Session, conversation: ConversationView, inbound: Inbound, button: str, now: datetime
    ) -> Taken:
        return self._act_at_once(
            session,
            conversation,
            inbound,
            now,
            act=lambda: self._direct.act(
                session,
                button_id=button,
                conversation=conversation,
                request_key=f"{conversation.id}:{inbound.client_message_id}",
                language=conversation.language,
                now=now,
            ),
            store=lambda: self._press(session, conversation, inbound, button, now),
        )

    def _act_at_once(
        self,
        session: Session,
        conversation: ConversationView,
        inbound: Inbound,
        now: datetime,
        *,
        act: Callable[[], list[Reply] | None],
        store: Callable[[], Received],
    ) -> Taken:
        """Freezing does not wait for the messages before it: they may be stuck in what is broken.

        The wallet is locked before the conversation, as everywhere, so the deed comes before the message that asks for
        it; both are in one transaction, and where the message is refused the deed falls with it. Where `act` finds nothing
        to do, the message is one like others.
        """
        before = transcripts.find_received(
            session,
            conversation_id=conversation.id,
            client_message_id=inbound.client_message_id,
            content_hash=self._hash(conversation, inbound),
        )
        if before is not None:
            return Taken(before, settled=True)
        replies = act()
        received = store()
        if replies is None:
            return _taken(received)
        if not received.repeated:
            turns.answer_message(
                session, conversation_id=conversation.id, message_id=received.message.id, replies=replies, now=now
            )
        return Taken(received.message, settled=True)

    def _leave_queue(self, session: Session, conversation: ConversationView, inbound: Inbound, now: datetime) -> None:
        """Who would rather be called waits no longer, and the assistant asks for the rest; once for each message.

        Where an agent was quicker the wish is theirs to read.
        """
        content_hash, id_ = self._hash(conversation, inbound), inbound.client_message_id
        before = transcripts.find_received(
            session, conversation_id=conversation.id, client_message_id=id_, content_hash=content_hash
        )
        if before is None:
            handovers.take_back(session, conversation_id=conversation.id, now=now)

    def _press(
        self, session: Session, conversation: ConversationView, inbound: Inbound, button: str, now: datetime
    ) -> Received:
        return transcripts.press_button(
            session,
            conversation_id=conversation.id,
            client_message_id=inbound.client_message_id,
            content_hash=self._hash(conversation, inbound),
            button_id=button,
            now=now,
            always=self._replies.standing_buttons(conversation.language, waits=conversation.owner is Owner.QUEUE),
        )

    def _hash(self, conversation: ConversationView, inbound: Inbound) -> str:
        """Of what was sent, not of what is kept: two cards that look alike when masked are two messages.

        The same secret in two conversations does not look the same.
        """
        kind, content = ("text", inbound.text) if inbound.text is not None else ("button", inbound.button)
        return keyed_hash(self._secret_key, "message", conversation.id, kind, guard.replace_surrogates(str(content)))


def _taken(received: Received) -> Taken:
    return Taken(received.message, settled=received.repeated)
