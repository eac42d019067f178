"""The demo world as its customers change it, for tests of what agents then see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from tests.desk.client import DeskClient
from tests.gateway.client import Chat
from tests.gateway.conftest import Gateway
from tests.wallet_core.routings import DATA
from wallet_core import agents, callbacks, demo, freezes, handovers, tickets, verification
from wallet_core.callbacks import CallbackReceipt
from wallet_core.models import HandoverReason, Language
from wallet_core.phrases import load_phrases
from wallet_core.policy import Action
from wallet_core.ports import SystemClock
from wallet_core.routing import load_routing

ROUTING = load_routing(DATA / "routing.yml")
PHRASES = load_phrases(DATA / "phrases.yml")
PASSWORDS = {agent.id: agent.password for agent in demo.AGENTS}


@dataclass
class World:
    gateway: Gateway

    @property
    def url(self) -> str:
        return str(self.gateway.http.base_url)

    def desk(self, name: str, *, language: str = "en") -> DeskClient:
        """A browser in which this demo agent is signed in."""
        client = DeskClient(self.url, language=language)
        answer = client.sign_in(name, PASSWORDS[name])
        assert answer.status_code == 200, answer.text
        return client

    def at_desk(self, agent_id: str) -> None:
        """As if the agent's page were open."""
        with self.gateway.database.transaction() as session:
            agents.set_duty(session, agent_id=agent_id, on_duty=True, now=SystemClock().now())
            agents.note_seen(session, agent_id=agent_id, now=SystemClock().now())

    def waiting_chat(self, customer_id: str | None = "C1001", *, topic: str = "report_scam") -> Chat:
        """A customer, signed in unless a visitor, who wrote and then asked for a person."""
        self.at_desk("jing")
        chat = self.gateway.chat(customer_id=customer_id, locale="en")
        chat.say("somebody called me and wanted my code")
        self.queue(chat, topic=topic)
        return chat

    def queue(self, chat: Chat, *, topic: str = "report_scam") -> None:
        with self.gateway.database.transaction() as session:
            joined = handovers.join(
                session,
                conversation_id=chat.id,
                topic=topic,
                reason=HandoverReason.ASKED,
                routing=ROUTING,
                now=SystemClock().now(),
            )
        assert joined is not None

    def ticket(
        self,
        customer_id: str = "C1001",
        *,
        summary: str = "charged twice",
        topic: str = "open_ticket",
        chat: Chat | None = None,
    ) -> str:
        """A ticket's reference."""
        return self.ticket_in(chat or self.gateway.chat(customer_id=customer_id), summary=summary, topic=topic)

    def ticket_in(self, chat: Chat, *, summary: str = "charged twice", topic: str = "open_ticket") -> str:
        """The reference of a ticket opened in this chat."""
        now = SystemClock().now()
        with self.gateway.database.transaction() as session:
            grant = verification.authorise(session, conversation_id=chat.id, action=Action.OPEN_TICKET, now=now)
            return tickets.open_ticket(
                session,
                grant=grant,
                topic=topic,
                summary=summary,
                language=Language.EN,
                routing=ROUTING,
                now=now,
                random=Random(),
            ).reference

    def callback(self, customer_id: str = "C1002", *, chat: Chat | None = None) -> tuple[str, str]:
        """A callback's reference, and its phrase."""
        receipt = self._ask_for_callback(chat or self.gateway.chat(customer_id=customer_id))
        assert receipt.phrase is not None
        return receipt.reference, receipt.phrase

    def callback_in_a_name(self, customer_id: str, *, about: str) -> tuple[str, str]:
        """The reference of a callback that a visitor asked for in the customer's name, and the visitor's conversation."""
        chat = self.gateway.chat()
        with self.gateway.database.transaction() as session:
            verification.claim(session, conversation_id=chat.id, customer_id=customer_id, now=SystemClock().now())
        return self._ask_for_callback(chat, about=about).reference, chat.id

    def _ask_for_callback(self, chat: Chat, *, about: str | None = None) -> CallbackReceipt:
        now = SystemClock().now()
        with self.gateway.database.transaction() as session:
            grant = verification.authorise(session, conversation_id=chat.id, action=Action.CALLBACK_ON_FILE, now=now)
            return callbacks.request_callback(
                session,
                grant=grant,
                topic="report_scam",
                language=Language.EN,
                routing=ROUTING,
                phrases=PHRASES,
                now=now,
                random=Random(),
                about=about,
            )

    def lift_request(self, customer_id: str = "C1007") -> str:
        """The reference of a full freeze that its proven owner wants lifted."""
        chat = self.gateway.chat(customer_id=customer_id)
        now = SystemClock().now()
        with self.gateway.database.transaction() as session:
            grant = verification.authorise(session, conversation_id=chat.id, action=Action.FREEZE, now=now)
            frozen = freezes.freeze_account(session, grant=grant, reason="lost_device", now=now, random=Random())
            verification.raise_assurance(session, conversation_id=chat.id, now=now)
            soon = now + timedelta(seconds=1)
            grant = verification.authorise(session, conversation_id=chat.id, action=Action.LIFT_FULL, now=soon)
            freezes.request_lift(session, grant=grant, now=soon)
        return frozen.reference
