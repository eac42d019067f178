"""What a customer has at hand beside the chat: their own number, the codes that come to it, and an agent at the desk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select

from bot.demo_inbox import DemoInbox, Mail
from tests.assistant import Assistant
from tests.desk.client import DeskClient
from tests.wallet_core import factories
from wallet_core import customers, demo, freezes, tickets, verification
from wallet_core.models import Account, ContactKind, Ticket
from wallet_core.policy import Action
from wallet_core.ports import SystemClock

_PATIENCE = 60.0
_ON_TICKET = {
    "writes": ("comments", {"text": "4711"}),
    "waits": ("move", {"to": "waiting"}),
    "resolves": ("move", {"to": "resolved"}),
}


@dataclass
class Person:
    """The customer `customer_id`, whether they are signed in or not."""

    assistant: Assistant
    customer_id: str
    _typed: set[str] = field(default_factory=set)

    def says(self, text: str) -> str:
        """The text with the number, the wallet and the newest ticket of their own."""
        with self.assistant.database.reading() as session:
            points = customers.contact_points(session, customer_id=self.customer_id)
            phone = next(point.value for point in points if point.kind is ContactKind.PHONE)
            wallet = session.scalars(select(Account.id).where(Account.customer_id == self.customer_id)).one()
            newest = select(Ticket.reference).where(Ticket.customer_id == self.customer_id).order_by(Ticket.id.desc())
            ticket = session.scalar(newest.limit(1)) or ""
        return text.replace("{phone}", phone).replace("{wallet}", wallet).replace("{ticket}", ticket)

    def types(self, which: str, to: str | None) -> str:
        """The newest code that came, unless it was typed before; or one that is wrong."""
        end = time.monotonic() + _PATIENCE
        while True:
            codes = [mail.content for mail in self.mails(to) if mail.kind == "code"]
            if codes and (which == "wrong" or codes[-1] not in self._typed):
                break
            assert time.monotonic() < end, "no code came"
            time.sleep(0.05)  # it is sent after the answer, where the answer must not tell whether it is
        if which == "wrong":
            return f"{(int(codes[-1]) + 1) % 1_000_000:06}"
        self._typed.add(codes[-1])
        return codes[-1]

    def mails(self, to: str | None = None) -> list[Mail]:
        """What came to them, or to another number."""
        with self.assistant.database.reading() as session:
            points = customers.contact_points(session, customer_id=self.customer_id)
        owned = {to} if to else {point.value for point in points}
        return DemoInbox.of(self.assistant.settings).read(to=owned)

    def agent_decides(self, decision: str) -> None:
        """As `wallet-assistant agent approve-unfreeze` and `deny-unfreeze` do."""
        now = SystemClock().now()
        with self.assistant.database.transaction() as session:
            agent = factories.create_agent(session)
            account = session.scalars(select(Account).where(Account.customer_id == self.customer_id)).one()
            [waiting] = [one for one in freezes.active(session, account_id=account.id) if one.lift_requested_at]
            grant = verification.authorise_agent(
                session, agent_id=agent.id, action=Action.APPROVE_LIFT, customer_id=self.customer_id, now=now
            )
            decide = freezes.approve_lift if decision == "approve" else freezes.deny_lift
            decide(session, grant=grant, reference=waiting.reference, now=now)


class DeskAgent:
    """An agent of the demo, at the real desk; not there before they come."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._desk: DeskClient | None = None

    def does(self, what: str, conversation_id: str) -> None:
        """Comes, claims the chat, or gives it back; writes 4711 on its ticket, has that wait, or resolves it."""
        if what == "comes":
            self._come()
            return
        assert self._desk is not None, "nobody is at the desk"
        if what in _ON_TICKET:
            path, form = _ON_TICKET[what]
            with self._assistant.database.reading() as session:
                [ticket] = tickets.tickets_of_conversation(session, conversation_id=conversation_id)
            answer = self._desk.post(f"/tickets/{ticket.reference}/{path}", **form)
            assert answer.status_code == 303, answer.text
            return
        form = {"gives back": {"seen": "10000"}}.get(what, {})
        path = {"claims": "claim", "gives back": "give-back"}[what]
        answer = self._desk.post(f"/chats/{conversation_id}/{path}", **form)
        assert answer.status_code == 303, answer.text

    def leave(self) -> None:
        if self._desk is not None:
            self._desk.post("/duty", on="false")
            self._desk.http.close()

    def _come(self) -> None:
        self._desk = DeskClient(self._assistant.url)
        agent = next(one for one in demo.AGENTS if set(one.languages) == {"zh", "en"})
        assert self._desk.sign_in(agent.id, agent.password).status_code == 200
        self._desk.post("/duty", on="true")
        with self._desk.http.stream("GET", "/desk/live") as live:  # an open page, for a moment
            assert any("beat" in line for line in live.iter_lines())


@contextmanager
def agent_at_desk(assistant: Assistant) -> Iterator[DeskAgent]:
    """Somebody who may come to the desk, and is gone afterwards."""
    agent = DeskAgent(assistant)
    try:
        yield agent
    finally:
        agent.leave()
