"""What the gateway says and does while people are wanted: in the queue, and when nobody comes.

The sweep brings back to the queue what a lost agent had, and to the assistant whom nobody can answer any more.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Any

import structlog
from sqlalchemy.orm import Session

from bot.gateway.hub import Hub
from bot.gateway.replies import Replies
from bot.gateway.storage import Storage
from wallet_core import conversations, handovers, transcripts
from wallet_core.conversations import ConversationView
from wallet_core.errors import StorageUnavailable
from wallet_core.handovers import Waiting
from wallet_core.models import HandoverReason, Language
from wallet_core.ports import Clock
from wallet_core.routing import Routing
from wallet_core.transcripts import Reply

log = structlog.get_logger(__name__)

# Words alone in a message by which who waits gives up waiting.
_TAKES_BACK = re.compile(
    r"(?:please|ok|okay|那|就|请|請)*"
    r"(?:nevermind|cancel|leavethequeue|stopwaiting|forgetit|forgetaboutit|backtothe(?:bot|assistant)|bot|assistant"
    r"|算了|不用了?|不等了|不排了|取消(?:排队|排隊)?|退出(?:排队|排隊)|机器人|機器人|智能客服)+"
    r"(?:please|thanks|thankyou|吧|谢谢|謝謝)*"
)
# And by which they would rather be called.
_CALLS_BACK = re.compile(
    r"(?:please|pls|ok|okay|no|nevermind|just|actually|instead|then|(?:can|could|would|will)(?:you|someone|somebody)"
    r"|i(?:want|would|d|ll)?(?:like|rather|prefer)?(?:have)?(?:you|someone|somebody)?(?:to)?"
    r"|那|就|请|請|还是|還是|算了|不等了|不想等了|我不等了|我?想?要|能不能|可以|可不可以|麻烦|麻煩|你们|你們|您|你)*"
    r"(?:(?:call|ring|phone)me(?:back)?|a?callback|(?:give|get)me(?:a)?(?:call|ring|callback)(?:back)?"
    r"|(?:be|get)called(?:back)?|(?:给我|給我)?(?:回电话?|回電話?|回个电话|回個電話)|回我(?:个|個)?(?:电话|電話)"
    r"|(?:给我|給我)(?:打电话|打電話|打个电话|打個電話|来电|來電)|(?:打|打电话|打電話|打个电话|打個電話|回拨|回撥)[给給]我"
    r"|(?:约|約|预约|預約)(?:个|個)?(?:回电|回電))"
    r"(?:instead|ofwaiting|ratherthanwait(?:ing)?|please|pls|thanks|thankyou|then|later"
    r"|吧|好了|就好|可以吗|可以嗎|好吗|好嗎|吗|嗎|谢谢|謝謝|不等了|不想等了)*"
)


def takes_back(text: str) -> bool:
    """Whether somebody who waits would rather go on with the assistant."""
    return _TAKES_BACK.fullmatch(_letters(text)) is not None


def calls_back(text: str) -> bool:
    """Whether somebody who waits would rather be called."""
    return _CALLS_BACK.fullmatch(_letters(text)) is not None


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum())


class Handovers:
    """The functions take a database session and belong into one transaction, which the caller makes."""

    def __init__(self, replies: Replies, routing: Routing) -> None:
        self._replies = replies
        self._routing = routing

    def join(
        self, session: Session, *, conversation: ConversationView, topic: str, language: Language, now: datetime
    ) -> list[Reply]:
        """Into the queue without Rasa; nothing where nobody is there."""
        waiting = handovers.join(
            session,
            conversation_id=conversation.id,
            topic=topic,
            reason=HandoverReason.OUT_OF_ORDER,
            routing=self._routing,
            now=now,
        )
        return [] if waiting is None else [self._place(waiting, conversation, language)]

    def raise_alarm(self, session: Session, *, conversation: ConversationView, topic: str, now: datetime) -> bool:
        """Before everybody else into the queue, whether it waits already or not; False where nobody is there."""
        return (
            handovers.join(
                session,
                conversation_id=conversation.id,
                topic=topic,
                reason=HandoverReason.CRISIS,
                routing=self._routing,
                now=now,
            )
            is not None
        )

    def while_waiting(
        self, session: Session, *, conversation: ConversationView, text: str, language: Language, now: datetime
    ) -> list[Reply]:
        """What is said to a message in the queue; nothing where an agent has come, or the same was said last."""
        if takes_back(text):
            return self.take_back(session, conversation=conversation, language=language, now=now)
        waiting = handovers.place_of(session, conversation_id=conversation.id, routing=self._routing, now=now)
        if waiting is None:
            return []
        noted = self.say("utter_handover_noted", conversation, language, place=waiting.place)
        last = transcripts.last_line(session, conversation_id=conversation.id)
        return [] if last is not None and last.text == noted.text else [noted]

    def take_back(
        self, session: Session, *, conversation: ConversationView, language: Language, now: datetime
    ) -> list[Reply]:
        """The assistant goes on; nothing is said where an agent was quicker."""
        if not handovers.take_back(session, conversation_id=conversation.id, now=now):
            return []
        return [self.say("utter_handover_taken_back", conversation, language)]

    def say(self, name: str, conversation: ConversationView, language: Language | None = None, **facts: Any) -> Reply:
        return self._replies.own(
            name,
            language=language or conversation.language,
            channel=conversation.channel,
            signed_in=conversation.signed_in,
            **facts,
        )

    def _place(self, waiting: Waiting, conversation: ConversationView, language: Language) -> Reply:
        minutes = ceil((waiting.wait or timedelta(0)) / timedelta(minutes=1))
        if not minutes:
            return self.say("utter_handover_next", conversation, language)
        return self.say("utter_handover_waiting", conversation, language, place=waiting.place, minutes=minutes)

    # The sweep

    def forsaken(self, session: Session, now: datetime) -> list[str]:
        """Conversations that somebody has to look after; see `tend`."""
        return [
            *handovers.forsaken(session, now=now),
            *handovers.deserted(session, routing=self._routing, now=now),
        ]

    def tend(self, session: Session, conversation_id: str, now: datetime) -> bool:
        """Put it back into the queue where its agent is gone, out of it where nobody will come; False for neither."""
        conversation = conversations.get_conversation(session, conversation_id=conversation_id)
        if conversation.ended_at is not None:
            handovers.customer_left(session, conversation_id=conversation_id, now=now)
            return True
        gone = self.say("utter_handover_agent_gone", conversation)
        if handovers.return_to_queue(session, conversation_id=conversation_id, now=now, word=gone):
            return True
        nobody = self.say("utter_handover_nobody_came", conversation)
        return handovers.dismiss(session, conversation_id=conversation_id, routing=self._routing, now=now, word=nobody)


async def sweep_handovers(parts: Handovers, storage: Storage, hub: Hub, clock: Clock, *, pause: float) -> None:
    """Look, again and again, for who waits for nobody."""
    while True:
        await asyncio.sleep(pause)
        try:
            for conversation_id in await storage.read(lambda session: parts.forsaken(session, clock.now())):
                tend = partial(parts.tend, conversation_id=conversation_id, now=clock.now())
                if await storage.write(tend):
                    log.info("handover.tended", conversation=conversation_id)
                    hub.changed(conversation_id)
        except StorageUnavailable:
            log.warning("handovers.storage_unavailable")
