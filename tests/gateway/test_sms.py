"""A conversation by text: whose it is, its answers, its choices, each text once and in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.gateway.conftest import Gateway, Start, phone_settings
from tests.gateway.texting import (
    Telephone,
    conversations,
    customer_with_telephone,
    new_sid,
    status_ids,
    transcript,
    until,
)
from tests.wallet_core.factories import create_agent
from tests.wallet_core.routings import DATA
from wallet_core import handovers, outgoing_texts, owed_texts, webhook_answers
from wallet_core.models import (
    Assurance,
    Channel,
    Conversation,
    HandoverReason,
    Language,
    OutgoingText,
    Owner,
    Role,
    TextState,
    TextStatus,
    TextThread,
)
from wallet_core.ports import SystemClock
from wallet_core.routing import load_routing
from wallet_core.transcripts import Reply, append_message


@pytest.fixture
def gateway(with_phone: Gateway) -> Gateway:
    return with_phone


@pytest.fixture
def phone(gateway: Gateway) -> Telephone:
    """Nobody's number."""
    return Telephone(gateway)


# Whose conversation it is


def test_a_text_is_answered_in_a_conversation_of_its_own(phone: Telephone) -> None:
    answer = phone.says("hello there")

    [conversation] = conversations(phone)
    assert answer == "#1 hello there"
    assert conversation.channel is Channel.SMS
    assert (conversation.customer_id, conversation.assurance) == (None, Assurance.ANONYMOUS)
    [asked] = phone.gateway.rasa.asked
    assert asked["sender"] == conversation.id
    assert asked["metadata"]["channel"] == "sms"
    assert phone.number.lstrip("+") not in str(asked)


def test_the_number_on_file_claims_its_customer_and_proves_nothing(gateway: Gateway) -> None:
    customer, phone = customer_with_telephone(gateway, language=Language.ZH)

    phone.says("hello there")

    [conversation] = conversations(phone)
    assert (conversation.customer_id, conversation.assurance) == (customer, Assurance.CLAIMED)
    assert gateway.rasa.asked[0]["metadata"]["signed_in"] is False


def test_a_number_of_two_customers_claims_nobody(gateway: Gateway) -> None:
    _, phone = customer_with_telephone(gateway)
    gateway.customer(phone=phone.number)

    phone.says("hello there")

    assert conversations(phone)[0].customer_id is None


def test_texts_go_on_in_the_same_conversation(phone: Telephone) -> None:
    phone.says("first one")

    answer = phone.says("second one")

    assert answer == "#2 second one"
    assert len(conversations(phone)) == 1


@pytest.mark.parametrize("change", ["ended", "idle"])
def test_after_the_end_or_a_long_silence_a_new_conversation_begins(phone: Telephone, change: str) -> None:
    phone.says("first one")
    [first] = conversations(phone)
    with phone.gateway.database.transaction() as session:
        row = session.get_one(Conversation, first.id)
        now = SystemClock().now()
        if change == "ended":
            row.ended_at = now
        else:
            row.last_message_at = now - timedelta(days=4)

    answer = phone.says("second one")

    assert answer == "#1 second one"
    assert len(conversations(phone)) == 2


def test_while_a_person_of_ours_is_at_it_no_new_conversation_begins(phone: Telephone) -> None:
    phone.says("first one")
    with phone.gateway.database.transaction() as session:
        row = session.get_one(Conversation, conversations(phone)[0].id)
        row.owner = Owner.AGENT
        row.last_message_at = SystemClock().now() - timedelta(days=4)

    answer = phone.says("second one")

    assert answer == ""
    assert len(conversations(phone)) == 1


def test_when_the_number_has_another_owner_the_conversation_is_another(gateway: Gateway) -> None:
    phone = Telephone(gateway)
    phone.says("first one")
    customer = gateway.customer(phone=phone.number)

    phone.says("second one")

    assert [conversation.customer_id for conversation in conversations(phone)] == [None, customer]


@pytest.mark.parametrize(
    ("number", "text", "language"),
    [("+85291234567", "1", "zh"), ("+85291234567", "where is my money", "en"), ("+447911123456", "你好呀", "zh")],
)
def test_a_strangers_language_is_that_of_the_text_or_of_the_country(
    gateway: Gateway, number: str, text: str, language: str
) -> None:
    phone = Telephone(gateway, number)
    with gateway.database.transaction() as session:
        for thread in session.scalars(select(TextThread).where(TextThread.theirs == number)):
            thread.superseded_at = SystemClock().now()

    phone.says(text)

    assert gateway.rasa.asked[-1]["metadata"]["language"] == language


# Once, and in order


def test_the_same_text_again_gets_the_same_answer_and_is_asked_once(phone: Telephone) -> None:
    sid = new_sid()
    first = phone.post("hello there", sid=sid)

    second = phone.post("hello there", sid=sid)

    assert second.content == first.content
    assert phone.gateway.rasa.texts() == ["hello there"]
    assert "wallet_webhooks_repeated_total 0.0" not in phone.gateway.http.get("/metrics").text


def test_many_times_at_once_it_is_answered_once(phone: Telephone) -> None:
    sid = new_sid()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: phone.post("hello there", sid=sid).content, range(6)))

    assert len(set(answers)) == 1
    assert phone.gateway.rasa.texts() == ["hello there"]


def test_two_first_texts_at_once_are_one_conversation_in_order(phone: Telephone) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda text: phone.post(text).text, ["one text", "another text"]))

    assert len(conversations(phone)) == 1
    assert phone.gateway.rasa.overlaps == []
    assert sorted(part for part in ("#1", "#2") for answer in answers if part in answer) == ["#1", "#2"]


def test_a_text_that_a_dead_process_took_is_answered_when_it_comes_again(start: Start) -> None:
    gateway = start(**phone_settings())
    phone, sid = Telephone(gateway), new_sid()
    phone.says("first one")
    with gateway.database.transaction() as session:
        now = SystemClock().now()
        webhook_answers.take(session, key=f"messages:{sid}", holder="dead", now=now, until=now)

    answer = phone.says("second one", sid=sid)

    assert answer == "#2 second one"


# Late answers, and what others say


def _pushed(phone: Telephone) -> list[int]:
    """The lines that wait to be sent by the worker at this moment."""
    with phone.gateway.database.reading() as session:
        due = owed_texts.overdue_conversations(session, now=SystemClock().now())
    with phone.gateway.database.transaction() as session:
        ids = [c.id for c in conversations(phone) if c.id in due]
        return [line for conversation in ids for line in owed_texts.take_owed(session, conversation_id=conversation)]


def test_an_answer_that_takes_long_is_left_to_the_worker(hasty: Gateway) -> None:
    phone = Telephone(hasty)
    phone.gateway.rasa.hold()

    answer = phone.says("a hard question")
    waiting = _pushed(phone)
    phone.gateway.rasa.release()
    until(lambda: len(transcript(phone)) == 2)

    assert answer == ""
    assert waiting == []
    assert [line.role for line in transcript(phone)] == [Role.CUSTOMER, Role.BOT]  # nothing about taking longer
    with phone.gateway.database.reading() as session:
        due = owed_texts.overdue_conversations(session, now=SystemClock().now() + owed_texts.REPLY_WINDOW)
    assert conversations(phone)[0].id in due


def test_what_went_out_with_an_answer_is_not_owed_any_more(phone: Telephone) -> None:
    phone.says("hello there")

    with phone.gateway.database.transaction() as session:
        assert owed_texts.take_owed(session, conversation_id=conversations(phone)[0].id) == []


def test_what_an_agent_says_is_owed_at_once_and_goes_with_the_next_answer_at_the_latest(phone: Telephone) -> None:
    phone.says("hello there")
    conversation_id = conversations(phone)[0].id
    with phone.gateway.database.transaction() as session:
        said = Reply(text="This is Ana.", language=Language.EN)
        append_message(session, conversation_id=conversation_id, role=Role.AGENT, reply=said, now=SystemClock().now())
    with phone.gateway.database.reading() as session:
        due = owed_texts.overdue_conversations(session, now=SystemClock().now())

    answer = phone.says("are you there")

    assert conversation_id in due
    assert answer == "This is Ana.\n#2 are you there"


def test_what_is_said_on_the_web_is_owed_to_nobody(gateway: Gateway) -> None:
    chat = gateway.chat()
    chat.say("hello there")

    with gateway.database.transaction() as session:
        assert owed_texts.take_owed(session, conversation_id=chat.id) == []


# How our texts fare


def test_status_reports_count_in_any_order_and_the_end_is_final(phone: Telephone) -> None:
    answer = phone.post("hello there")
    [text_id] = status_ids(answer)

    sid = new_sid()
    for status in ("delivered", "sent", "queued", "undelivered", "delivered"):
        assert phone.report(text_id, sid, status).status_code == 204

    [delivery] = _deliveries(phone)
    assert (delivery.state, delivery.status, delivery.error_code) == (TextState.SENT, TextStatus.DELIVERED, None)


def test_a_text_that_did_not_arrive_says_why(phone: Telephone) -> None:
    [text_id] = status_ids(phone.post("hello there"))

    phone.report(text_id, new_sid(), "undelivered", ErrorCode="30003")

    [delivery] = _deliveries(phone)
    assert (delivery.status, delivery.error_code) == (TextStatus.UNDELIVERED, 30003)


@pytest.mark.parametrize("fields", [{"status": "sulking"}, {"sid": ""}, {"sid": "SM" * 40}])
def test_reports_that_make_no_sense_change_nothing(phone: Telephone, fields: dict[str, str]) -> None:
    [text_id] = status_ids(phone.post("hello there"))

    report = phone.report(text_id, **{"sid": new_sid(), "status": "failed", **fields})

    assert report.status_code == 204
    assert _deliveries(phone)[0].status is None


def test_reports_of_texts_that_we_do_not_know_are_kept_for_themselves(phone: Telephone) -> None:
    assert phone.report(None, new_sid(), "delivered").status_code == 204
    assert phone.report(999_999, new_sid(), "delivered").status_code == 204


def _deliveries(phone: Telephone) -> list[outgoing_texts.DeliveryView]:
    with phone.gateway.database.reading() as session:
        return outgoing_texts.deliveries(session, conversation_id=conversations(phone)[0].id)


# Choices


def test_buttons_are_numbered_and_a_number_picks(phone: Telephone) -> None:
    offer = phone.says("give me a choice")

    answer = phone.says("2")

    assert offer == "#1 give me a choice\n1 Yes\n2 No"
    assert phone.gateway.rasa.asked[-1]["message"] == "/deny"
    assert phone.gateway.rasa.asked[-1]["payload"] is True
    assert answer == "#2 /deny"
    assert [line.text for line in transcript(phone) if line.role is Role.CUSTOMER] == ["give me a choice", "No"]


@pytest.mark.parametrize("said", ["1.", "１", "一", "第一个", "yes", "YES!", "the first one"])
def test_a_choice_may_be_picked_in_many_ways(phone: Telephone, said: str) -> None:
    phone.says("give me a choice")

    phone.says(said)

    assert phone.gateway.rasa.asked[-1]["message"] == "/affirm"


@pytest.mark.parametrize("said", ["3", "0", "12", "1 and 2", "maybe"])
def test_what_was_not_offered_is_text(phone: Telephone, said: str) -> None:
    phone.says("give me a choice")

    phone.says(said)

    assert (phone.gateway.rasa.asked[-1]["message"], phone.gateway.rasa.asked[-1]["payload"]) == (said, False)


def test_an_offer_stands_until_the_next_text_only(phone: Telephone) -> None:
    phone.says("give me a choice")
    phone.says("something else first")

    phone.says("1")

    assert phone.gateway.rasa.asked[-1]["message"] == "1"


def test_a_pick_that_comes_again_is_the_same_pick(phone: Telephone) -> None:
    phone.says("give me a choice")
    sid = new_sid()

    first, second = phone.post("1", sid=sid), phone.post("1", sid=sid)

    assert first.content == second.content
    assert phone.gateway.rasa.texts()[1:] == ["/affirm"]


def test_commands_are_text_by_text_message_too(phone: Telephone) -> None:
    phone.says("／affirm")

    assert (phone.gateway.rasa.asked[-1]["message"], phone.gateway.rasa.asked[-1]["payload"]) == ("affirm", False)


def test_each_text_of_an_answer_has_its_own_row(phone: Telephone) -> None:
    long = "a long story. " * 60
    answer = phone.post(long)

    with phone.gateway.database.reading() as session:
        query = select(OutgoingText).where(OutgoingText.theirs == phone.number).order_by(OutgoingText.id)
        rows = list(session.scalars(query))
    phone.read(answer)
    assert [row.id for row in rows] == status_ids(answer)
    assert [row.body for row in rows] == phone.texts
    assert len(rows) > 1


@pytest.mark.parametrize("wish", ["2", "call me back instead", "Call me, please"])
def test_who_waits_for_an_agent_may_be_called_instead(start: Start, wish: str) -> None:
    gateway = start(**phone_settings())
    phone = Telephone(gateway)
    phone.says("hello there")
    [conversation] = conversations(phone)
    _wait_for_agent(gateway, conversation.id)
    noted = phone.says("my card was charged twice")
    assert noted.endswith("1 Never mind, stay with the assistant\n2 Call me back instead")

    answer = phone.says(wish)

    assert answer == "#2 /request_callback"
    with gateway.database.reading() as session:
        assert handovers.waiting(session) == []


def _wait_for_agent(gateway: Gateway, conversation_id: str) -> None:
    """As the assistant does, with somebody at the desk."""
    now = SystemClock().now()
    with gateway.database.transaction() as session:
        create_agent(session, queues=["fraud"], seen_at=now)
        waiting = handovers.join(
            session,
            conversation_id=conversation_id,
            topic="report_scam",
            reason=HandoverReason.ASKED,
            routing=load_routing(DATA / "routing.yml"),
            now=now,
        )
        assert waiting is not None
