"""Rasa or the database away, slow or broken: something true is said in time, and nothing is lost or done twice."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.gateway.client import buttons, texts
from tests.gateway.conftest import Gateway, Start
from wallet_core.models import Message, Ticket


@pytest.mark.parametrize("mode", ["error", "garbage", "empty"])
@pytest.mark.parametrize(("locale", "text"), [("en", "my payment failed"), ("zh", "我的付款失败了")])
def test_whatever_is_no_answer_is_told_as_a_failure(gateway: Gateway, mode: str, locale: str, text: str) -> None:
    gateway.rasa.mode = mode

    [answer] = gateway.chat(locale=locale).say(text)

    assert answer["role"] == "bot"
    assert answer["language"] == locale
    assert answer["receipts"] == []
    assert ("was not carried out" if locale == "en" else "没有办成") in answer["text"]
    assert "+1 800 555 0199" in answer["text"]


def test_with_rasa_down_the_answer_comes_at_once_and_offers_a_person(start: Start) -> None:
    gateway = start(turn_deadline_seconds=8.0)
    chat = gateway.chat()
    gateway.rasa.stop()
    began = time.monotonic()

    [answer] = chat.say("my payment failed")

    assert time.monotonic() - began < 8.0  # and not the word that it takes longer
    assert [button["id"] for button in answer["buttons"]] == ["leave_message"]


def test_a_signed_in_customer_is_offered_the_freeze_as_well(gateway: Gateway) -> None:
    gateway.rasa.mode = "error"

    [answer] = gateway.chat(customer_id=gateway.customer()).say("my payment failed")

    assert [button["id"] for button in answer["buttons"]] == ["emergency_freeze", "leave_message"]


def test_a_message_can_be_left_for_a_person_without_rasa(gateway: Gateway) -> None:
    customer = gateway.customer()
    chat = gateway.chat(customer_id=customer)
    gateway.rasa.mode = "error"
    chat.say("I was charged twice by Corner Shop")

    [done] = chat.press("leave_message", id="leave")

    assert chat.press("leave_message", id="leave") == [done]
    with gateway.database.reading() as session:
        [ticket] = session.scalars(select(Ticket).where(Ticket.customer_id == customer))
        assert done["receipts"] == [ticket.reference]
        assert ticket.reference in done["text"]
        assert ticket.topic == "talk_to_human"
        assert "charged twice" in ticket.summary


def test_a_visitor_can_leave_a_message_too(gateway: Gateway) -> None:
    chat = gateway.chat(locale="zh")
    gateway.rasa.mode = "error"
    [answer] = chat.say("我被多扣了一笔钱")

    [done] = chat.press(buttons([answer])["留言，请人工联系我"])

    assert done["receipts"][0].startswith("T-")
    assert done["receipts"][0] in done["text"]


def test_a_message_cannot_be_left_where_that_was_not_offered(gateway: Gateway) -> None:
    chat = gateway.chat()

    response = chat.post({"button": "leave_message"})

    assert response.json()["code"] == "button_not_offered"
    with gateway.database.reading() as session:
        assert session.scalars(select(Ticket).where(Ticket.conversation_id == chat.id)).all() == []


def test_rasa_s_return_is_noticed_at_once(gateway: Gateway) -> None:
    chat = gateway.chat()
    gateway.rasa.mode = "error"
    chat.say("are you still there?")
    gateway.rasa.mode = "answers"

    assert texts(chat.say("are you back again?")) == ["#1 are you back again?"]


# Slow


def test_a_late_answer_is_announced_in_time_and_pushed_when_it_comes(hasty: Gateway) -> None:
    chat = hasty.chat(customer_id=hasty.customer())
    with chat.stream() as stream:
        hasty.rasa.hold()
        [meanwhile] = chat.say("freeze my wallet please")
        hasty.rasa.release()

        late = stream.message("bot")

    assert meanwhile["role"] == "system"
    assert "Still working" in meanwhile["text"]
    assert [button["id"] for button in meanwhile["buttons"]] == ["emergency_freeze"]
    assert late["text"] == "#1 freeze my wallet please"
    assert [message["role"] for message in chat.transcript()] == ["bot", "customer", "system", "bot"]


def test_the_next_message_waits_for_the_late_answer_and_brings_it_along(start: Start) -> None:
    gateway = start(turn_deadline_seconds=5.0)  # long enough for the second
    chat = gateway.chat()
    gateway.rasa.hold()
    chat.say("the first question")

    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(chat.say, "the second question")
        gateway.rasa.wait_for_turn()
        gateway.rasa.release()

    assert texts(second.result()) == ["#1 the first question", "#2 the second question"]
    assert gateway.rasa.overlaps == []


def test_a_repeat_of_a_slow_message_is_told_what_the_first_was(hasty: Gateway) -> None:
    chat = hasty.chat()
    hasty.rasa.hold()
    first = chat.say("take your time please", id="same")
    with chat.stream() as stream:
        hasty.rasa.release()
        stream.message("bot")

    assert chat.say("take your time please", id="same") == first
    assert hasty.rasa.texts() == ["take your time please"]


def test_a_turn_that_never_ends_is_given_up_and_that_is_told(start: Start) -> None:
    gateway = start(turn_deadline_seconds=0.2, turn_limit_seconds=3.0)
    chat = gateway.chat()
    with chat.stream() as stream:
        gateway.rasa.hold()
        [meanwhile] = chat.say("are you there at all?")

        given_up = stream.message("bot")

    assert "Still working" in meanwhile["text"]
    assert "was not carried out" in given_up["text"]


# The database


def test_without_the_database_the_official_number_is_told_and_nothing_promised(start: Start, tmp_path: Path) -> None:
    gateway = start(storage_seconds=2.0)
    chat = gateway.chat()
    with gateway.database.transaction() as session:  # somebody holds the only write lock
        session.connection()

        sent = chat.post({"text": "我的付款失败了"})
        opened = gateway.http.post("/api/chat/sessions", json={}, headers={"Accept-Language": "zh"})

    for response in (sent, opened):
        assert response.status_code == 503
        assert response.json()["code"] == "storage_unavailable"
        assert "+1 800 555 0199" in response.json()["detail"]
        assert int(response.headers["retry-after"]) >= 1
    assert "官方热线" in opened.json()["detail"]


def test_a_message_that_timed_out_can_be_sent_again_and_counts_once(start: Start) -> None:
    gateway = start(storage_seconds=2.0)
    chat = gateway.chat()
    with gateway.database.transaction() as session:
        session.connection()
        refused = chat.post({"text": "my payment failed"}, id="same")

    answer = chat.say("my payment failed", id="same")

    assert refused.status_code == 503
    assert texts(answer) == ["#1 my payment failed"]
    with gateway.database.reading() as session:
        stored = session.scalars(select(Message.text).where(Message.conversation_id == chat.id)).all()
        assert stored.count("my payment failed") == 1
    assert gateway.rasa.texts() == ["my payment failed"]


def test_an_answer_that_cannot_be_stored_at_once_is_not_lost(start: Start) -> None:
    gateway = start(storage_seconds=2.0, turn_deadline_seconds=0.5)
    chat, other = gateway.chat(), gateway.chat()
    with chat.stream() as stream:
        gateway.rasa.hold()
        chat.say("please freeze my wallet")
        with gateway.database.transaction() as session:
            session.connection()
            gateway.rasa.release()
            assert other.post({"text": "as long as this one waits"}).status_code == 503

        assert stream.message("bot")["text"] == "#1 please freeze my wallet"
    assert gateway.rasa.texts(chat.id) == ["please freeze my wallet"]
