"""Handovers as a customer sees them: the queue, the agent's lines at once, and the assistant silent meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.gateway.handovers import calls_back, takes_back
from tests.gateway.client import Chat, Message, buttons, texts
from tests.gateway.conftest import Gateway, Start
from tests.wallet_core.factories import create_agent
from tests.wallet_core.handover_helpers import grant_of, word
from tests.wallet_core.routings import DATA
from wallet_core import agents, handovers
from wallet_core.models import AgentRole, Freeze, HandoverReason
from wallet_core.ports import SystemClock
from wallet_core.routing import load_routing

ROUTING = load_routing(DATA / "routing.yml")


@pytest.fixture
def desk(start: Start) -> Desk:
    """A gateway of the test's own, with ana at her desk."""
    return Desk(start())


class Desk:
    """What ana does."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        with gateway.database.transaction() as session:
            create_agent(
                session, id="ana", role=AgentRole.AGENT, queues=["general", "fraud"], seen_at=SystemClock().now()
            )

    def queue(self, chat: Chat) -> None:
        """As the action does, within Rasa's turn."""
        with self.gateway.database.transaction() as session:
            waiting = handovers.join(
                session,
                conversation_id=chat.id,
                topic="report_scam",
                reason=HandoverReason.ASKED,
                routing=ROUTING,
                now=SystemClock().now(),
            )
            assert waiting is not None

    def nobody_waits(self) -> bool:
        with self.gateway.database.reading() as session:
            return not handovers.waiting(session)

    def claim(self, chat: Chat) -> None:
        now = SystemClock().now()
        with self.gateway.database.transaction() as session:
            grant = grant_of(session, "ana", now=now)
            handovers.claim(session, grant=grant, conversation_id=chat.id, now=now, word=word("ana is here"))

    def say(self, chat: Chat, text: str) -> None:
        now = SystemClock().now()
        with self.gateway.database.transaction() as session:
            grant = grant_of(session, "ana", now=now)
            handovers.say(session, grant=grant, conversation_id=chat.id, reply=word(text), key=text, now=now)

    def give_back(self, chat: Chat) -> None:
        now = SystemClock().now()
        with self.gateway.database.transaction() as session:
            grant = grant_of(session, "ana", now=now)
            handovers.give_back(session, grant=grant, conversation_id=chat.id, seen=99, now=now, word=word("back"))

    def leave(self, *, ago: timedelta) -> None:
        """The desk was closed that long ago."""
        self.seen(at=SystemClock().now() - ago)

    def seen(self, *, at: datetime) -> None:
        with self.gateway.database.transaction() as session:
            agents.note_seen(session, agent_id="ana", now=at)


def owner(chat: Chat, text: str) -> str:
    answer = chat.post({"text": text})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["owner"])


def test_in_the_queue_a_message_is_noted_once_and_rasa_is_not_asked(desk: Desk) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)

    first, second = chat.say("my card was charged"), chat.say("twice, at the bakery")

    assert len(first) == 1 and "number 1" in first[0]["text"]
    assert second == []
    assert desk.gateway.rasa.texts(chat.id) == []


@pytest.mark.parametrize("words", ["never mind", "Never mind, thanks!", "算了", "算了，不等了"])
def test_never_mind_takes_it_back(desk: Desk, words: str) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)

    answer = chat.post({"text": words}).json()

    assert answer["owner"] == "bot"
    assert len(answer["messages"]) == 1
    assert texts(chat.say("hello again")) == ["#1 hello again"]


def test_the_button_takes_it_back_at_any_time_in_the_queue(desk: Desk) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)
    offered = buttons(chat.say("one thing"))
    chat.say("another thing")  # the offer is older than this

    answer = chat.post({"button": "take_back"}).json()

    assert "take_back" in offered.values()
    assert answer["owner"] == "bot"
    assert chat.post({"button": "take_back"}).status_code == 422


@pytest.mark.parametrize("text", ["I never mind waiting", "the bot was no help", "算了多少钱"])
def test_other_words_do_not_take_it_back(text: str) -> None:
    assert not takes_back(text)


@pytest.mark.parametrize("with_agent", [False, True])
def test_freezing_waits_for_nobody(desk: Desk, with_agent: bool) -> None:
    chat = desk.gateway.chat(customer_id=desk.gateway.customer())
    desk.queue(chat)
    if with_agent:
        desk.claim(chat)

    said = chat.say("FREEZE")

    assert any(line["receipts"] for line in said)
    with desk.gateway.database.reading() as session:
        assert session.query(Freeze).count() == 1


def test_a_visitor_who_wants_to_freeze_is_asked_for_proof_though_they_wait(desk: Desk) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)

    assert texts(chat.say("freeze")) == ["#1 freeze"]


def test_an_agent_s_lines_come_at_once_and_the_assistant_is_silent(desk: Desk) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)
    chat.say("my card was charged")
    with chat.stream() as stream:
        desk.claim(chat)
        assert stream.expect("owner")["owner"] in ("queue", "agent")
        desk.say(chat, "good morning")

        line: Message = stream.message("agent")

    assert line["text"] == "good morning"
    assert "client_message_id" not in line
    assert texts(chat.say("good morning, ana")) == ["ana is here", "good morning"]
    assert desk.gateway.rasa.texts(chat.id) == []


def test_given_back_the_assistant_answers_again(desk: Desk) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)
    desk.claim(chat)
    assert owner(chat, "thank you") == "agent"

    desk.give_back(chat)

    answer = chat.post({"text": "what are the fees"}).json()
    assert answer["owner"] == "bot"
    assert texts(answer["messages"])[-1] == "#1 what are the fees"


def test_an_answer_that_rasa_gives_after_the_agent_came_is_dropped(desk: Desk) -> None:
    chat = desk.gateway.chat()
    rasa = desk.gateway.rasa
    with chat.stream() as stream:
        rasa.hold()
        stream.send({"type": "message", "client_message_id": "1", "text": "a person please"})
        rasa.wait_for_turn()
        desk.queue(chat)  # what the action does while Rasa's turn goes on
        desk.claim(chat)
        rasa.release()
        assert stream.message("system")["text"] == "ana is here"
        desk.say(chat, "good morning")

        assert stream.message("agent", "bot")["text"] == "good morning"


def test_a_lost_agent_s_customer_waits_again_and_is_told(desk: Desk) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)
    with chat.stream() as stream:
        desk.claim(chat)
        stream.message("system")

        desk.leave(ago=agents.AT_DESK * 2)

        assert "connection broke off" in stream.message("system")["text"]
        assert stream.expect("owner")["owner"] == "queue"


def test_where_nobody_comes_any_more_a_callback_or_a_ticket_is_offered(desk: Desk) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)
    with chat.stream() as stream:
        desk.leave(ago=handovers.GONE_AFTER * 2)
        offer = stream.message("system")

    assert set(buttons([offer])) == {"Have someone call me", "Open a ticket"}
    assert texts(chat.press(offer["buttons"][0]["id"])) == ["#1 /request_callback"]


class Noon:
    """From noon on where the desk is, whatever hour it is here: the desk is open."""

    def __init__(self) -> None:
        self._ahead = SystemClock().now().replace(hour=4) - SystemClock().now()

    def now(self) -> datetime:
        return SystemClock().now() + self._ahead


def test_without_rasa_a_person_at_the_desk_is_still_reached(start: Start) -> None:
    noon = Noon()
    desk = Desk(start(clock=noon))
    desk.seen(at=noon.now())
    chat = desk.gateway.chat()
    desk.gateway.rasa.mode = "error"
    offered = buttons(chat.say("hello"))

    answer = chat.post({"button": offered["Have a person contact me"]}).json()

    assert answer["owner"] == "queue"


def test_a_customer_who_ends_the_chat_waits_no_longer(desk: Desk) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)

    chat.end()

    with desk.gateway.database.reading() as session:
        assert handovers.waiting(session) == []


def test_what_a_customer_sends_in_an_agent_s_name_is_the_customer_s(desk: Desk) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)
    desk.claim(chat)

    chat.say("hello", id="agent:ana:1")

    assert [line["role"] for line in chat.transcript() if line["text"] == "hello"] == ["customer"]


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", "call me back instead of waiting"),
        ("en", "I'd rather be called, please"),
        ("en", "Could you call me?"),
        ("zh", "不等了，给我回电吧"),
        ("zh", "能不能打电话给我"),
    ],
)
def test_who_would_rather_be_called_leaves_the_queue_and_is_asked_when(desk: Desk, locale: str, words: str) -> None:
    chat = desk.gateway.chat(locale=locale)
    desk.queue(chat)

    answer = chat.post({"text": words}).json()

    assert answer["owner"] == "bot"
    assert texts(answer["messages"]) == ["#1 /request_callback"]
    assert desk.nobody_waits()


@pytest.mark.parametrize(("locale", "title"), [("en", "Call me back instead"), ("zh", "不等了，请给我回电")])
def test_the_button_for_a_call_can_be_pressed_at_any_time_in_the_queue(desk: Desk, locale: str, title: str) -> None:
    chat = desk.gateway.chat(locale=locale)
    desk.queue(chat)
    assert buttons(chat.say("1234"))[title] == "call_back"
    chat.say("5678")  # the offer is older than this

    answer = chat.post({"button": "call_back"}).json()

    assert answer["owner"] == "bot"
    assert texts(answer["messages"]) == ["#1 /request_callback"]
    assert chat.post({"button": "call_back"}).status_code == 422


def test_a_wish_to_be_called_that_comes_again_does_not_take_a_later_place(desk: Desk) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)
    first = chat.post({"text": "call me back", "client_message_id": "once"}).json()
    desk.queue(chat)

    again = chat.post({"text": "call me back", "client_message_id": "once"}).json()

    assert texts(again["messages"]) == texts(first["messages"])
    assert not desk.nobody_waits() and len(desk.gateway.rasa.texts(chat.id)) == 1


@pytest.mark.parametrize("wish", [{"button": "call_back"}, {"text": "call me back instead"}])
def test_where_an_agent_was_quicker_they_read_the_wish_and_keep_the_chat(
    desk: Desk, wish: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = desk.gateway.chat()
    desk.queue(chat)
    take_back = handovers.take_back

    def late(session: Session, *, conversation_id: str, now: datetime) -> bool:
        """The wish was on its way in when ana took the chat."""
        session.rollback()
        desk.claim(chat)
        return take_back(session, conversation_id=conversation_id, now=now)

    monkeypatch.setattr(handovers, "take_back", late)

    answer = chat.post(wish).json()

    assert (answer["owner"], answer["messages"]) == ("agent", [])
    assert desk.gateway.rasa.texts(chat.id) == []
    assert texts(chat.transcript())[-2:] == ["ana is here", "Call me back instead"]


@pytest.mark.parametrize(
    "text",
    ["nobody called me back", "somebody called me", "can I call you", "i want to call", "你们没给我回电", "打电话"],
)
def test_other_words_about_calls_are_for_the_agent(text: str) -> None:
    assert not calls_back(text)
