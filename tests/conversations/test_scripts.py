"""Plays the scripts beside this file, each in Chinese and in English, through the whole real stack.

A script is a YAML file in the folder of its kind of trouble:

    story: what must be true, in a sentence
    customer: {…}                 whom to sign in (see `make_customer`); without it, a visitor speaks
    en: / zh:                     the lines of the conversation
    - say: text | press: title    what the customer does
      replies: [utter_…]          the names of the replies, in order; their wording is free
      receipts: [FRZ, T, TX]      the kinds of receipts that came with them
      mentions: [text]            facts that must be in the replies
    then: {frozen: bool, tickets: [topic, …], attached: [payee, …], payments: {payee: status}}
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
from wallet_core import freezes
from wallet_core.models import Account, Message, Role, Ticket, TicketTransaction, Transaction

FOLDER = Path(__file__).parent
SCRIPTS = sorted(FOLDER.glob("*/*.yml"))
_KIND = re.compile(r"[A-Z]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_conversation(assistant: Assistant, script: Path, language: str) -> None:
    content = yaml.safe_load(script.read_text(encoding="utf-8"))
    customer_id = make_customer(assistant.database, language=language, **(content.get("customer") or {}))
    signed_in = content.get("customer") is not None
    chat = assistant.chat(locale=language, customer_id=customer_id if signed_in else None)

    for line in content[language]:
        _play(assistant, chat, line)

    _check_core(assistant, chat, customer_id, content.get("then") or {})


def _play(assistant: Assistant, chat: Chat, line: dict[str, Any]) -> None:
    messages = chat.say(line["say"]) if "say" in line else chat.press(line["press"])
    said = line.get("say") or line.get("press")
    if "replies" in line:
        assert _names(assistant, chat) == line["replies"], f"after {said!r}: {chat.text}"
    if "receipts" in line:
        assert [_KIND.match(receipt)[0] for receipt in chat.receipts] == line["receipts"], f"after {said!r}"
    for fact in line.get("mentions", []):
        assert str(fact) in chat.text, f"after {said!r}: {chat.text}"
    for message in messages:
        spoken = line.get("language", message["language"])
        assert message["language"] == spoken, f"after {said!r}: {message['text']}"
        assert bool(_HAN.search(message["text"])) == (spoken == "zh"), message["text"]
        assert "{" not in message["text"], message["text"]


def _names(assistant: Assistant, chat: Chat) -> list[str | None]:
    """The names of the latest replies; the public door shows only their text."""
    wanted = [message["id"] for message in chat.messages]
    query = select(Message.id, Message.name).where(
        Message.conversation_id == chat.id, Message.role == Role.BOT, Message.id.in_(wanted)
    )
    with assistant.database.reading() as session:
        names = dict(session.execute(query).tuples().all())
    return [names.get(wanted_id) for wanted_id in wanted]


def _check_core(assistant: Assistant, chat: Chat, customer_id: str, then: dict[str, Any]) -> None:
    with assistant.database.reading() as session:
        if "frozen" in then:
            account = session.scalars(select(Account).where(Account.customer_id == customer_id)).one()
            assert bool(freezes.active(session, account_id=account.id)) == then["frozen"]
        if "tickets" in then:
            query = select(Ticket.topic).where(Ticket.conversation_id == chat.id).order_by(Ticket.id)
            assert list(session.scalars(query)) == then["tickets"]
        own = select(Transaction).join(Account).where(Account.customer_id == customer_id)
        if "attached" in then:
            attached = own.join(TicketTransaction, TicketTransaction.transaction_id == Transaction.id)
            assert sorted(one.counterparty for one in session.scalars(attached)) == sorted(then["attached"])
        for payee, status in (then.get("payments") or {}).items():
            found = session.scalars(own.where(Transaction.counterparty == payee)).one()
            assert found.status == status, payee
