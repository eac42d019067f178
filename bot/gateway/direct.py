"""What the gateway does by itself when there is no time for Rasa, or no Rasa: freeze, see to a person, say a kind word.

Each acts within a transaction of the caller's and gives the replies that this transaction makes true.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.gateway.handovers import Handovers
from bot.gateway.replies import EMERGENCY_FREEZE, LEAVE_MESSAGE, TAKE_BACK, Replies
from wallet_core import calls, freezes, matters, text_threads, tickets, transcripts, verification
from wallet_core.conversations import ConversationView
from wallet_core.errors import ConversationEnded, NotAllowed, WalletError, WrongState
from wallet_core.models import Channel, FreezeKind, Language, Role
from wallet_core.policy import Action
from wallet_core.ports import Random
from wallet_core.routing import Routing
from wallet_core.ticket_records import WORKABLE
from wallet_core.tickets import TicketView
from wallet_core.transcripts import Reply

BUTTONS = frozenset({EMERGENCY_FREEZE, LEAVE_MESSAGE, TAKE_BACK})
_TOPIC = "talk_to_human"
_FROZEN = {FreezeKind.FULL: "utter_freeze_done", FreezeKind.PROTECTIVE: "utter_freeze_done_protective"}
_LAST_LINES = 20
_CRISIS = "crisis"


class Direct:
    def __init__(self, replies: Replies, handovers: Handovers, routing: Routing, random: Random) -> None:
        self._replies = replies
        self._handovers = handovers
        self._routing = routing
        self._random = random

    def act(
        self,
        session: Session,
        *,
        button_id: str,
        conversation: ConversationView,
        request_key: str,
        language: Language,
        now: datetime,
    ) -> list[Reply]:
        """Do what one of the `BUTTONS` asks for."""
        if button_id == EMERGENCY_FREEZE:
            return self.freeze(session, conversation=conversation, language=language, now=now)
        if button_id == TAKE_BACK:
            return self._handovers.take_back(session, conversation=conversation, language=language, now=now)
        matter = matters.topic_at_hand(session, conversation_id=conversation.id, routing=self._routing, now=now)
        for topic in (matter or _TOPIC, _TOPIC):
            joined = self._handovers.join(session, conversation=conversation, topic=topic, language=language, now=now)
            if joined:
                return joined
        return self.take_message(
            session,
            conversation=conversation,
            topic=matter or _TOPIC,
            request_key=request_key,
            language=language,
            now=now,
        )

    def freeze(
        self, session: Session, *, conversation: ConversationView, language: Language, now: datetime
    ) -> list[Reply]:
        """Freeze the wallet of whoever is signed in, or has just proven an owner fact: the receipt, or why not."""
        try:
            with session.begin_nested():
                grant = verification.authorise(session, conversation_id=conversation.id, action=Action.FREEZE, now=now)
                receipt = freezes.freeze_account(
                    session, grant=grant, reason=EMERGENCY_FREEZE, now=now, random=self._random
                )
        except NotAllowed:
            return [self._say("utter_freeze_needs_sign_in", conversation, language)]
        except WalletError as refusal:
            return self._refused(refusal, conversation, language)
        name = "utter_freeze_already" if receipt.already else _FROZEN[receipt.kind]
        return [self._say(name, conversation, language, receipt.reference)]

    def take_message(
        self,
        session: Session,
        *,
        conversation: ConversationView,
        request_key: str,
        language: Language,
        now: datetime,
        topic: str = _TOPIC,
    ) -> list[Reply]:
        """Open a ticket for a person, with the customer's last words as its summary."""
        try:
            with session.begin_nested():
                grant = verification.authorise(
                    session, conversation_id=conversation.id, action=Action.OPEN_TICKET, now=now
                )
                ticket = tickets.open_ticket(
                    session,
                    grant=grant,
                    topic=topic,
                    summary=self._last_words(session, conversation),
                    language=language,
                    contact=_reached_at(session, conversation),
                    routing=self._routing,
                    now=now,
                    random=self._random,
                    request_key=request_key,
                )
        except WalletError as refusal:
            return self._refused(refusal, conversation, language)
        return [self._say("utter_ticket_opened_offline", conversation, language, ticket.reference)]

    def comfort(
        self,
        session: Session,
        *,
        conversation: ConversationView,
        said: str,
        request_key: str,
        language: Language,
        now: datetime,
    ) -> list[Reply]:
        """For somebody who speaks of harming themselves: kind words, whatever becomes of the rest, and the conversation to
        a person: at once where one is there, and in any case as one urgent ticket however often it is said.

        Callers are put through by the phone itself.
        """
        kind = self._say("utter_crisis", conversation, language)
        try:
            with session.begin_nested():
                ticket = self._crisis_ticket(session, conversation) or tickets.open_ticket_ourselves(
                    session,
                    customer_id=conversation.customer_id if conversation.signed_in else None,
                    conversation_id=conversation.id,
                    topic=_CRISIS,
                    summary=said,
                    language=language,
                    routing=self._routing,
                    now=now,
                    random=self._random,
                    request_key=request_key,
                    contact=_reached_at(session, conversation),
                )
        except WalletError as refusal:
            if refusal.retryable:
                raise
            return [kind]
        by_line = conversation.channel is not Channel.VOICE
        if by_line and self._alarmed(session, conversation, now):
            # Its buttons ask for what is on its way, and would be for nobody while people answer.
            kind = kind.model_copy(update={"buttons": ()})
            return [kind, self._say("utter_crisis_person", conversation, language, ticket.reference)]
        return [kind, self._say("utter_crisis_passed_on", conversation, language, ticket.reference)]

    def _alarmed(self, session: Session, conversation: ConversationView, now: datetime) -> bool:
        """Whether a person was called. An agent who was quicker reads it, and who ended the chat waits for nobody in it."""
        try:
            return self._handovers.raise_alarm(session, conversation=conversation, topic=_CRISIS, now=now)
        except (WrongState, ConversationEnded):
            return False

    def _crisis_ticket(self, session: Session, conversation: ConversationView) -> TicketView | None:
        opened = tickets.tickets_of_conversation(session, conversation_id=conversation.id)
        return next((ticket for ticket in opened if ticket.topic == _CRISIS and ticket.status in WORKABLE), None)

    def _say(self, name: str, conversation: ConversationView, language: Language, receipt: str | None = None) -> Reply:
        return self._replies.own(
            name,
            language=language,
            channel=conversation.channel,
            signed_in=conversation.signed_in,
            receipts=[receipt] if receipt else [],
            reference=receipt,
        )

    def _refused(self, refusal: WalletError, conversation: ConversationView, language: Language) -> list[Reply]:
        if refusal.retryable:
            raise refusal
        return [
            self._replies.refusal(
                refusal.code,
                language=language,
                channel=conversation.channel,
                signed_in=conversation.signed_in,
                **refusal.facts,
            )
        ]

    def _last_words(self, session: Session, conversation: ConversationView) -> str:
        last = transcripts.last_from_customer(session, conversation_id=conversation.id)
        lines = transcripts.messages_after(session, conversation_id=conversation.id, after=max(0, last - _LAST_LINES))
        return "\n".join(line.text for line in lines if line.role is Role.CUSTOMER)


def _reached_at(session: Session, conversation: ConversationView) -> str | None:
    """The number that texts or calls."""
    texting = text_threads.numbers_of(session, conversation_id=conversation.id)
    return texting.theirs if texting is not None else calls.number_of(session, conversation_id=conversation.id)
