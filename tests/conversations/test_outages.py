"""Somebody always answers: what a customer hears while a part of the assistant is dead, through the real stack."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest
from sqlalchemy import select

from tests.assistant import Assistant, child_pid, dead, wait_until_ready
from tests.conversations.customers import make_customer
from wallet_core import freezes
from wallet_core.models import Account

_HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(("language", "wish"), [("en", "freeze my wallet"), ("zh", "冻结钱包")])
@pytest.mark.parametrize("part", ["actions", "rasa"])
def test_while_a_part_is_dead_the_emergency_freeze_works(
    assistant: Assistant, part: str, language: str, wish: str
) -> None:
    customer_id = make_customer(assistant.database, language=language)
    chat = assistant.chat(locale=language, customer_id=customer_id)

    with dead(assistant, part):
        began = time.monotonic()
        chat.send({"text": wish})
        told = chat.text
        waited = time.monotonic() - began
        receipts_before = chat.receipts
        chat.send({"button": "emergency_freeze"})

    with assistant.database.reading() as session:
        account = session.scalars(select(Account).where(Account.customer_id == customer_id)).one()
        standing = freezes.active(session, account_id=account.id)
    assert bool(_HAN.search(told)) == (language == "zh")
    assert waited < 20  # at the deadline, on however busy a machine; Rasa may take half a minute
    assert receipts_before == []
    assert [receipt for receipt in chat.receipts if receipt.startswith("FRZ")] == [standing[0].reference]


def test_a_killed_action_server_comes_back_and_nothing_was_claimed(assistant: Assistant) -> None:
    customer_id = make_customer(assistant.database, language="en")
    chat = assistant.chat(customer_id=customer_id)
    chat.say("freeze my wallet")
    os.kill(child_pid(assistant, "actions"), signal.SIGKILL)

    chat.say("yes")
    claimed = chat.receipts
    wait_until_ready(assistant)  # it is restarted by the supervisor
    chat.say("freeze my wallet")
    if not chat.receipts:
        chat.say("yes")

    with assistant.database.reading() as session:
        account = session.scalars(select(Account).where(Account.customer_id == customer_id)).one()
        standing = freezes.active(session, account_id=account.id)
    assert claimed == []
    assert [receipt for receipt in chat.receipts if receipt.startswith("FRZ")] == [standing[0].reference]


def test_a_card_number_is_nowhere(assistant: Assistant) -> None:
    chat = assistant.chat(customer_id=make_customer(assistant.database, language="en"))

    chat.say("my card 4111 1111 1111 1111 was charged twice")
    chat.say("open a ticket")
    chat.say("the card was 4111111111111111, on Monday")

    state = assistant.settings.state_dir
    files = [*state.glob("wallet.db*"), *state.glob("dialogues.db*"), assistant.log]
    assert len(files) >= 3
    for file in files:
        content = file.read_bytes()
        assert b"4111111111111111" not in content, file
        assert b"4111 1111 1111 1111" not in content, file
