"""The WebSocket: replay, push, sending, refusals."""

from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosed

from bot.gateway.channels import stream as stream_module
from tests.gateway.conftest import Gateway, Start
from wallet_core.conversations import lock
from wallet_core.models import Language, Owner, Role
from wallet_core.ports import SystemClock
from wallet_core.transcripts import Reply, append_message


def test_the_stream_replays_from_where_the_client_is(gateway: Gateway) -> None:
    chat = gateway.chat()
    chat.say("hello there")

    with chat.stream(after=1) as stream:
        replayed = [stream.message(), stream.message()]

    assert replayed == chat.transcript(after=1)


def test_messages_can_be_sent_and_come_back_with_their_answers_in_order(gateway: Gateway) -> None:
    chat = gateway.chat()
    with chat.stream() as stream:
        for number in range(5):
            text = f"stream message {'x' * number}"
            stream.send({"type": "message", "client_message_id": f"s{number}", "text": text})
        lines = [stream.message() for _ in range(10)]

    said = [line for line in lines if line["role"] == "customer"]
    assert [line["client_message_id"] for line in said] == [f"s{number}" for number in range(5)]
    assert [line["id"] for line in lines] == list(range(2, 12))
    assert len(gateway.rasa.asked) == 5


def test_the_client_sees_that_an_answer_is_being_made(gateway: Gateway) -> None:
    chat = gateway.chat()
    with chat.stream() as stream:
        gateway.rasa.hold()
        stream.send({"type": "message", "client_message_id": "1", "text": "hello there"})

        assert stream.expect("typing") == {"type": "typing", "role": "bot"}
        gateway.rasa.release()


def test_sent_by_stream_and_slow_it_is_announced_as_well(hasty: Gateway) -> None:
    chat = hasty.chat()
    with chat.stream() as stream:
        hasty.rasa.hold()
        stream.send({"type": "message", "client_message_id": "1", "text": "hello there"})

        assert "Still working" in stream.message("system")["text"]
        hasty.rasa.release()
        assert stream.message("bot")["text"] == "#1 hello there"


def test_two_windows_of_one_session_see_the_same(gateway: Gateway) -> None:
    chat = gateway.chat()
    with chat.stream() as one, chat.stream() as other:
        one.send({"type": "message", "client_message_id": "1", "text": "hello there"})

        assert [other.message(), other.message()] == [one.message(), one.message()]


def test_what_another_process_adds_is_pushed(gateway: Gateway) -> None:
    chat = gateway.chat()
    with chat.stream() as stream:
        reply = Reply(text="Ana here, how can I help?", language=Language.EN)
        with gateway.database.transaction() as session:
            append_message(session, conversation_id=chat.id, role=Role.AGENT, reply=reply, now=SystemClock().now())

        assert stream.message("agent")["text"] == reply.text


def test_a_change_of_who_answers_is_told(gateway: Gateway) -> None:
    chat = gateway.chat()
    with chat.stream() as stream:
        with gateway.database.transaction() as session:
            lock(session, chat.id).owner = Owner.AGENT

        assert stream.expect("owner") == {"type": "owner", "owner": "agent"}


def test_while_an_agent_has_the_conversation_the_bot_is_silent(gateway: Gateway) -> None:
    chat = gateway.chat()
    with gateway.database.transaction() as session:
        lock(session, chat.id).owner = Owner.AGENT

    response = chat.post({"text": "are you a person?"})

    assert response.json() == {"messages": [], "owner": "agent"}
    assert gateway.rasa.asked == []


def test_the_end_is_told_and_closes_the_stream(gateway: Gateway) -> None:
    chat = gateway.chat()
    with chat.stream() as stream:
        chat.end()

        assert stream.expect("ended") == {"type": "ended"}
        with pytest.raises(ConnectionClosed) as closed:
            stream.receive()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1000


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "auth", "token": "wrong"}, "wrong_token"),
        ({"type": "auth", "token": ""}, "token_missing"),
        ({"type": "auth", "token": "\ud800"}, "wrong_token"),
        ({"type": "auth"}, "token_missing"),
        ({"type": "message", "client_message_id": "1", "text": "hi"}, "token_missing"),
        (["auth"], "token_missing"),
        (None, "token_missing"),
    ],
    ids=str,
)
def test_without_its_token_no_stream_is_opened(gateway: Gateway, frame: object, code: str) -> None:
    with gateway.chat().raw_stream() as stream:
        stream.send(frame)

        assert stream.receive() == {"type": "error", "code": code}
        with pytest.raises(ConnectionClosed) as closed:
            stream.receive()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401


def test_another_session_s_token_opens_no_stream(gateway: Gateway) -> None:
    mine, other = gateway.chat(), gateway.chat()
    with other.raw_stream() as stream:
        stream.send({"type": "auth", "token": mine.token, "after": 0})

        assert stream.receive()["code"] == "wrong_token"


def test_who_says_nothing_is_shown_out(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "AUTH_SECONDS", 0.1)
    with gateway.chat().raw_stream() as stream:
        assert stream.receive()["code"] == "token_missing"
        with pytest.raises(ConnectionClosed) as closed:
            stream.receive()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4408


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "message", "client_message_id": "1", "text": ""}, "text_empty"),
        ({"type": "message", "client_message_id": "1", "text": "x" * 2001}, "text_too_long"),
        ({"type": "message", "client_message_id": "1", "button": "never offered"}, "button_not_offered"),
        ({"type": "message", "client_message_id": "1"}, "invalid_request"),
        ({"type": "message", "text": "no id"}, "invalid_request"),
        ({"type": "dance"}, "invalid_request"),
        ([1, 2], "invalid_request"),
        (7, "invalid_request"),
    ],
    ids=str,
)
def test_a_refused_frame_is_told_and_the_stream_goes_on(gateway: Gateway, frame: object, code: str) -> None:
    chat = gateway.chat()
    with chat.stream() as stream:
        stream.send(frame)
        refused = stream.expect("error")
        stream.send({"type": "message", "client_message_id": "2", "text": "still here, am I?"})

        assert stream.message("bot")["text"] == "#1 still here, am I?"
    assert refused["code"] == code
    if isinstance(frame, dict) and "client_message_id" in frame:
        assert refused["client_message_id"] == "1"


@pytest.mark.parametrize(
    "content", ["{", b"\xff\xfe", "[" * 20_000, "x" * 60_000], ids=["half", "bytes", "deep", "long"]
)
def test_a_frame_that_is_no_json_closes_the_stream(gateway: Gateway, content: str | bytes) -> None:
    chat = gateway.chat()
    with chat.stream() as stream:
        stream.connection.send(content)

        assert stream.expect("error")["code"] == "invalid_json"
        with pytest.raises(ConnectionClosed):
            stream.receive()


def test_a_message_by_stream_after_the_end_is_refused(gateway: Gateway) -> None:
    chat = gateway.chat()
    chat.end()

    with chat.stream(after=0) as stream:
        assert stream.message()["role"] == "bot"
        assert stream.expect("ended")


def test_the_same_message_by_both_ways_is_one(gateway: Gateway) -> None:
    chat = gateway.chat()
    chat.say("hello there", id="same")

    with chat.stream() as stream:
        stream.send({"type": "message", "client_message_id": "same", "text": "hello there"})
        stream.send({"type": "message", "client_message_id": "same", "text": "something else"})

        assert stream.expect("error")["code"] == "message_conflict"
    assert gateway.rasa.texts() == ["hello there"]


def test_the_emergency_freeze_works_by_stream(gateway: Gateway) -> None:
    chat = gateway.chat(customer_id=gateway.customer())
    with chat.stream() as stream:
        stream.send({"type": "message", "client_message_id": "1", "button": "emergency_freeze"})

        assert stream.message("bot")["receipts"]


def test_a_flood_by_stream_is_told_to_wait(start: Start) -> None:
    chat = start(messages_per_minute=1).chat()
    with chat.stream() as stream:
        for number in range(2):
            stream.send({"type": "message", "client_message_id": f"{number}", "text": "hello there"})

        assert stream.expect("error")["code"] == "too_many_requests"
