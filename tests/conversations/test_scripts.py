"""Plays the scripts beside this file, each in Chinese and in English, through the whole real stack.

A script is a YAML file in the folder of its kind of trouble:

    story: what must be true, in a sentence
    customer: {…}                 whom to sign in (see `make_customer`)
    visitor: {…}                  the customer as whom nobody is signed in; without either, it is anybody
    en: / zh:                     the lines of the conversation
    - say: text | press: title    what the customer does; {phone}, {wallet} and {ticket} stand for theirs; `times`: over
                                  and over in one message
    - code: right | wrong         types the newest code that came to their phone or mailbox (or `to` a number), or another
    - agent: approve | deny       an agent decides on the freeze that they asked to have lifted; nothing is said
             comes | claims | gives back    to the desk; the chat
             writes | waits | resolves    on the ticket of the chat
      replies: [utter_…]          the names of the replies, in order; their wording is free
      receipts: [FRZ, T, TX]      the kinds of receipts that came with them
      mentions: [text]            facts that must be in the replies
    then: {frozen: bool, tickets: [topic, …], attached: [payee, …], payments: {payee: status},
           status: of the wallet, freezes: [kind, …] that stand, callbacks: [status, …], sent: [kind, …] to the customer,
           waits_for: [topic] of the person they wait for}
                                  what stands in the core in the end
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from tests.assistant import Assistant, Chat
from tests.conversations.customers import make_customer
from tests.conversations.people import Person, agent_at_desk
from wallet_core import freezes, handovers
from wallet_core.models import Account, Callback, Message, Role, Ticket, TicketTransaction, Transaction

FOLDER = Path(__file__).parent
SCRIPTS = sorted(FOLDER.glob("*/*.yml"))
_KIND = re.compile(r"[A-Z]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_conversation(assistant: Assistant, script: Path, language: str) -> None:
    content = yaml.safe_load(script.read_text(encoding="utf-8"))
    facts = content.get("customer") or content.get("visitor") or {}
    customer_id = make_customer(assistant.database, language=language, **facts)
    signed_in = content.get("customer") is not None
    chat = assistant.chat(locale=language, customer_id=customer_id if signed_in else None)
    person = Person(assistant, customer_id)

    with agent_at_desk(assistant) as agent:
        for line in content[language]:
            if line.get("agent") in ("approve", "deny"):
                person.agent_decides(line["agent"])
            elif "agent" in line:
                agent.does(line["agent"], chat.id)
            else:
                _play(assistant, chat, person, line)

    _check_core(assistant, chat, customer_id, content.get("then") or {})


def _play(assistant: Assistant, chat: Chat, person: Person, line: dict[str, Any]) -> None:
    if "press" in line:
        said = person.says(line["press"])
        messages = chat.press(said)
    else:
        said = (
            person.says(line["say"]) * line.get("times", 1)
            if "say" in line
            else person.types(line["code"], line.get("to"))
        )
        messages = chat.say(said)
    if "replies" in line:
        assert _names(assistant, chat) == line["replies"], f"after {said!r}: {chat.text}"
    if "receipts" in line:
        assert [_KIND.match(receipt)[0] for receipt in chat.receipts] == line["receipts"], f"after {said!r}"
    for fact in line.get("mentions", []):
        assert str(fact) in chat.text, f"after {said!r}: {chat.text}"
    for message in messages:
        spoken = line.get("language", message["language"])
        assert message["language"] == spoken, f"after {said!r}: {message['text']}"
        # An agent's name is theirs in every language.
        ours = (
            message["text"] if message["role"] == "bot" else re.sub(r"Agent [\u4e00-\u9fff]+", "Agent", message["text"])
        )
        assert bool(_HAN.search(ours)) == (spoken == "zh"), message["text"]
        assert "{" not in message["text"], message["text"]


def _names(assistant: Assistant, chat: Chat) -> list[str | None]:
    """The names of the latest replies; the public door shows only their text."""
    wanted = [message["id"] for message in chat.messages]
    query = select(Message.id, Message.name).where(
        Message.conversation_id == chat.id, Message.role != Role.CUSTOMER, Message.id.in_(wanted)
    )
    with assistant.database.reading() as session:
        names = dict(session.execute(query).all())
    return [names.get(wanted_id) for wanted_id in wanted]


def _check_core(assistant: Assistant, chat: Chat, customer_id: str, then: dict[str, Any]) -> None:
    with assistant.database.reading() as session:
        if "frozen" in then:
            account = session.scalars(select(Account).where(Account.customer_id == customer_id)).one()
            assert bool(freezes.active(session, account_id=account.id)) == then["frozen"]
        if "status" in then or "freezes" in then:
            account = session.scalars(select(Account).where(Account.customer_id == customer_id)).one()
            assert account.status == then.get("status", account.status)
            standing = [freeze.kind for freeze in freezes.active(session, account_id=account.id)]
            assert standing == then.get("freezes", standing)
        if "callbacks" in then:
            asked = select(Callback.status).where(Callback.conversation_id == chat.id).order_by(Callback.created_at)
            # The worker may be about to call already.
            standing = ["requested" if status == "calling" else status for status in session.scalars(asked)]
            assert standing == then["callbacks"]
        if "sent" in then:
            assert [mail.kind for mail in Person(assistant, customer_id).mails() if mail.kind != "notice"] == then[
                "sent"
            ]
        if "tickets" in then:
            query = select(Ticket.topic).where(Ticket.conversation_id == chat.id).order_by(Ticket.id)
            assert list(session.scalars(query)) == then["tickets"]
        if "waits_for" in then:
            waiting = [one for one in handovers.waiting(session) if one.conversation_id == chat.id]
            assert [one.topic for one in waiting] == then["waits_for"]
        own = select(Transaction).join(Account).where(Account.customer_id == customer_id)
        if "attached" in then:
            attached = own.join(TicketTransaction, TicketTransaction.transaction_id == Transaction.id)
            assert sorted(one.counterparty for one in session.scalars(attached)) == sorted(then["attached"])
        for payee, status in (then.get("payments") or {}).items():
            found = session.scalars(own.where(Transaction.counterparty == payee)).one()
            assert found.status == status, payee
