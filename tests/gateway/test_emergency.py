"""The emergency freeze: at any time, at once, without Rasa, and never claimed before it happened."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from tests.gateway.client import buttons
from tests.gateway.conftest import Gateway, Start
from tests.wallet_core.factories import create_customer
from wallet_core.models import Account, AccountStatus, AuditEntry, Freeze, FreezeKind


def _freezes(gateway: Gateway, customer: str) -> list[Freeze]:
    with gateway.database.reading() as session:
        query = select(Freeze).join(Account, Account.id == Freeze.account_id).where(Account.customer_id == customer)
        return list(session.scalars(query))


def test_the_button_freezes_and_gives_the_receipt(gateway: Gateway) -> None:
    customer = gateway.customer()
    chat = gateway.chat(customer_id=customer)

    [done] = chat.press("emergency_freeze")

    [freeze] = _freezes(gateway, customer)
    assert done["receipts"] == [freeze.reference]
    assert freeze.reference in done["text"]
    assert freeze.kind is FreezeKind.FULL
    assert gateway.rasa.asked == []
    assert chat.transcript()[1]["text"] == "Freeze my wallet now"


def test_pressed_again_it_says_so_and_freezes_once(gateway: Gateway) -> None:
    customer = gateway.customer()
    chat = gateway.chat(customer_id=customer, locale="zh")
    [first] = chat.press("emergency_freeze", id="first")

    [second] = chat.press("emergency_freeze")

    assert second["receipts"] == first["receipts"]
    assert "之前已经冻结" in second["text"]
    assert chat.press("emergency_freeze", id="first") == [first]
    assert len(_freezes(gateway, customer)) == 1


def test_pressed_many_times_at_once_it_freezes_once(gateway: Gateway) -> None:
    customer = gateway.customer()
    chat = gateway.chat(customer_id=customer)

    with ThreadPoolExecutor(8) as pool:
        same = list(pool.map(lambda _: chat.press("emergency_freeze", id="same"), range(4)))
        others = list(pool.map(lambda _: chat.press("emergency_freeze"), range(4)))

    assert all(answer == same[0] for answer in same)
    assert {receipt for answer in others for message in answer for receipt in message["receipts"]} == {
        same[0][0]["receipts"][0]
    }
    assert len(_freezes(gateway, customer)) == 1


def test_it_does_not_wait_for_what_rasa_is_stuck_in(hasty: Gateway) -> None:
    customer = hasty.customer()
    chat = hasty.chat(customer_id=customer)
    hasty.rasa.hold()
    [meanwhile] = chat.say("please help me quickly")

    [done] = chat.press(buttons([meanwhile])["Freeze my wallet now"])

    assert done["receipts"]
    assert len(_freezes(hasty, customer)) == 1


def test_a_visitor_is_kindly_asked_to_sign_in(gateway: Gateway) -> None:
    chat = gateway.chat()

    [answer] = chat.press("emergency_freeze")

    assert answer["receipts"] == []
    assert "Sign in" in answer["text"]
    assert "+1 800 555 0199" in answer["text"]


@pytest.mark.parametrize("word", ["FREEZE", " freeze ", "Freeze", "ＦＲＥＥＺＥ", "冻结", "凍結", "冻\u200b结"])
def test_the_word_alone_freezes_when_rasa_is_down(gateway: Gateway, word: str) -> None:
    customer = gateway.customer()
    chat = gateway.chat(customer_id=customer)
    gateway.rasa.mode = "error"

    [done] = chat.say(word)

    [freeze] = _freezes(gateway, customer)
    assert done["receipts"] == [freeze.reference]


def test_with_rasa_up_the_word_goes_to_rasa(gateway: Gateway) -> None:
    customer = gateway.customer()

    gateway.chat(customer_id=customer).say("FREEZE")

    assert gateway.rasa.texts() == ["FREEZE"]
    assert _freezes(gateway, customer) == []


@pytest.mark.parametrize("text", ["please freeze it", "unfreeze", "冻结吗", "do not freeze"])
def test_other_words_freeze_nothing_by_themselves(gateway: Gateway, text: str) -> None:
    customer = gateway.customer()
    gateway.rasa.mode = "error"

    gateway.chat(customer_id=customer).say(text)

    assert _freezes(gateway, customer) == []


def test_a_visitor_s_word_freezes_nothing(gateway: Gateway) -> None:
    gateway.rasa.mode = "error"

    [answer] = gateway.chat().say("FREEZE")

    assert answer["receipts"] == []
    assert "was not carried out" in answer["text"]


def test_a_closed_wallet_is_told_and_nothing_is_claimed(gateway: Gateway) -> None:
    customer = gateway.customer()
    with gateway.database.transaction() as session:
        account = session.scalars(select(Account).where(Account.customer_id == customer)).one()
        account.status = AccountStatus.CLOSED

    [answer] = gateway.chat(customer_id=customer).press("emergency_freeze")

    assert answer["receipts"] == []
    assert "closed" in answer["text"]
    assert _freezes(gateway, customer) == []


def test_a_customer_without_a_wallet_hears_that_nothing_was_done(gateway: Gateway) -> None:
    customer = gateway.customer()
    with gateway.database.transaction() as session:
        account = session.scalars(select(Account).where(Account.customer_id == customer)).one()
        account.customer_id = create_customer(session).id

    [answer] = gateway.chat(customer_id=customer).press("emergency_freeze")

    assert answer["receipts"] == []
    assert answer["text"]


def test_it_works_while_rasa_refuses_connections(start: Start) -> None:
    gateway = start()
    customer = gateway.customer()
    gateway.rasa.stop()

    [done] = gateway.chat(customer_id=customer).press("emergency_freeze")

    assert done["receipts"]


def test_the_freeze_leaves_its_traces(gateway: Gateway) -> None:
    customer = gateway.customer()
    gateway.chat(customer_id=customer).press("emergency_freeze")

    with gateway.database.reading() as session:
        entries = session.scalars(select(AuditEntry.action).where(AuditEntry.chain == customer)).all()
        assert "conversation_started" in entries
        assert session.scalar(select(func.count()).where(AuditEntry.chain == customer)) == len(entries) >= 2
