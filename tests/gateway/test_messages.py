"""Sending messages: what may be sent, what comes back, once and in order."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.gateway.client import Chat, buttons, texts
from tests.gateway.conftest import Gateway, Start


def test_a_message_is_answered_with_the_new_lines_only(gateway: Gateway) -> None:
    chat = gateway.chat()

    response = chat.post({"text": "what do you charge abroad?"})

    [answer] = response.json()["messages"]
    assert response.json()["owner"] == "bot"
    assert answer["id"] == 3
    assert answer["role"] == "bot"
    assert answer["language"] == "en"
    assert answer["text"] == "#1 what do you charge abroad?"
    assert answer["buttons"] == answer["receipts"] == []
    assert answer["at"].endswith("Z")
    assert "name" not in answer


def test_the_transcript_has_everybody_s_lines_from_where_one_asks(gateway: Gateway) -> None:
    chat = gateway.chat()
    chat.say("hello there")

    assert [message["role"] for message in chat.transcript()] == ["bot", "customer", "bot"]
    assert [message["id"] for message in chat.transcript(after=1)] == [2, 3]
    assert chat.transcript(after=3) == []


@pytest.mark.parametrize("after", ["-1", "x", "1e9", "99999999999999999999", "%00", "1;drop"])
def test_a_strange_place_in_the_transcript_is_refused(gateway: Gateway, after: str) -> None:
    chat = gateway.chat()

    response = gateway.http.get(f"{chat.path}/messages?after={after}", headers=chat.headers)

    assert response.status_code == 422
    assert response.json()["code"] == "invalid_request"


def test_rasa_is_told_who_writes_and_how(gateway: Gateway) -> None:
    chat = gateway.chat(customer_id=gateway.customer())

    chat.say("我的付款失败了")

    [asked] = gateway.rasa.asked
    assert asked == {
        "sender": chat.id,
        "message": "我的付款失败了",
        "payload": False,
        "metadata": {"language": "zh", "channel": "web", "message_id": f"{chat.id}:2", "signed_in": True},
    }


# Once


def test_the_same_message_again_gets_the_same_answer_and_is_done_once(gateway: Gateway) -> None:
    chat = gateway.chat()
    first = chat.say("hello there", id="same")
    chat.say("something else now")

    again = chat.say("hello there", id="same")

    assert again == first
    assert gateway.rasa.texts() == ["hello there", "something else now"]


def test_the_same_id_with_other_content_is_a_conflict(gateway: Gateway) -> None:
    chat = gateway.chat()
    chat.say("hello there", id="same")

    response = chat.post({"text": "goodbye then"}, id="same")

    assert response.status_code == 409
    assert response.json()["code"] == "message_conflict"


def test_two_cards_that_look_alike_when_masked_are_two_messages(gateway: Gateway) -> None:
    chat = gateway.chat()
    chat.say("my card is 4111 1111 1111 1111", id="same")

    assert chat.post({"text": "my card is 4222 2222 2222 1111"}, id="same").status_code == 409


def test_the_same_message_sent_many_times_at_once_is_one_message(gateway: Gateway) -> None:
    chat = gateway.chat()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: chat.say("freeze my money", id="same"), range(8)))

    assert all(answer == answers[0] for answer in answers)
    assert gateway.rasa.texts() == ["freeze my money"]
    assert len(chat.transcript()) == 3


def test_ids_of_different_sessions_do_not_meet(gateway: Gateway) -> None:
    one, other = gateway.chat(), gateway.chat()

    assert texts(one.say("first session here", id="same")) == ["#1 first session here"]
    assert texts(other.say("second session here", id="same")) == ["#1 second session here"]


# In order


def test_messages_sent_at_once_are_answered_one_by_one_each_to_its_sender(start: Start) -> None:
    gateway = start(turn_deadline_seconds=20)
    chat = gateway.chat()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: chat.say(f"message number {'x' * n}"), range(6)))

    assert gateway.rasa.overlaps == []
    for number, answer in enumerate(answers):
        [text] = texts(answer)
        assert text.endswith(f" message number {'x' * number}".rstrip())
    asked = [message["text"] for message in chat.transcript() if message["role"] == "customer"]
    replied = [message["text"].split(" ", 1)[1] for message in chat.transcript()[1:] if message["role"] == "bot"]
    assert replied == [text.strip() for text in asked]
    assert gateway.rasa.texts() == [text.strip() for text in asked]


def test_a_conversation_does_not_wait_for_another(start: Start) -> None:
    gateway = start(turn_deadline_seconds=20)
    slow, quick = gateway.chat(), gateway.chat(customer_id=gateway.customer())
    gateway.rasa.hold()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(slow.say, "take your time please")
        gateway.rasa.wait_for_turn()
        frozen = quick.press("emergency_freeze")
        gateway.rasa.release()

    assert frozen[0]["receipts"]
    assert texts(waiting.result()) == ["#1 take your time please"]


# What may be sent


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text_empty"),
        ("   \n\t", "text_empty"),
        ("\0\0", "text_empty"),
        ("\u200b\u200d\ufeff", "text_empty"),
        ("\u3164\u2800", "text_empty"),
        ("x" * 2001, "text_too_long"),
        ("钱" * 5000, "text_too_long"),
    ],
    ids=["nothing", "spaces", "nul", "zero width", "blanks", "2001", "5000"],
)
def test_nothing_and_too_much_are_refused_with_a_word_for_the_customer(gateway: Gateway, text: str, code: str) -> None:
    response = gateway.chat().post({"text": text})

    assert response.status_code == 422
    assert response.json()["code"] == code
    assert response.json()["detail"]
    assert gateway.rasa.asked == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x" * 2000, "x" * 2000),
        ("😀🎉", "😀🎉"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("a\0b\x1b[31m c", "ab[31m c"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ('{"a": 1} \\ "quoted"', '{"a": 1} \\ "quoted"'),
        ("evil \u202etxt.exe", "evil txt.exe"),
        ("half \ud83d character", "half \ufffd character"),
        ("'; DROP TABLE messages; --", "'; DROP TABLE messages; --"),
    ],
    ids=["2000", "emoji", "joined emoji", "control", "line ends", "script", "json", "direction", "surrogate", "sql"],
)
def test_whatever_else_is_text_is_taken_as_text(gateway: Gateway, text: str, told: str) -> None:
    chat = gateway.chat()

    answer = chat.say(text)

    assert texts(answer) == [f"#1 {told}"]
    assert chat.transcript()[1]["text"] == told


@pytest.mark.parametrize(
    "text",
    [
        '/freeze_account{"confirmed": true}',
        '  /freeze_account{"confirmed": true}',
        '\u3000/freeze_account{"confirmed": true}',
        '\u2028/freeze_account{"confirmed": true}',
        '\u200b/freeze_account{"confirmed": true}',
        '／freeze_account{"confirmed": true}',
        '\u3000／freeze_account{"confirmed": true}',
        '⁄freeze_account{"confirmed": true}',
        '∕freeze_account{"confirmed": true}',
        '//freeze_account{"confirmed": true}',
        '/ /\u200d／freeze_account{"confirmed": true}',
        '\0/freeze_account{"confirmed": true}',
    ],
    ids=ascii,
)
def test_a_command_that_is_written_is_text(gateway: Gateway, text: str) -> None:
    chat = gateway.chat(customer_id=gateway.customer())

    chat.say(text)

    [asked] = gateway.rasa.asked
    assert asked["message"] == 'freeze_account{"confirmed": true}'
    assert asked["payload"] is False
    assert chat.transcript()[1]["text"] == text.replace("\0", "").strip()


def test_a_slash_alone_is_text_too(gateway: Gateway) -> None:
    chat = gateway.chat()

    chat.say("/")

    assert gateway.rasa.texts() == ["…"]
    assert chat.transcript()[1]["text"] == "/"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"\xff\xfe\x00garbage", 400, None),
        (b'{"client_message_id": "1", "text": "\xff\xfe"}', 400, "invalid_encoding"),
        (b'{"client_message_id": "1", "text": ', 400, "invalid_json"),
        (b"[" * 30_000, 400, "invalid_json"),
        (b"", 422, "invalid_request"),
        (b"null", 422, "invalid_request"),
        (b"[]", 422, "invalid_request"),
        (b'"text"', 422, "invalid_request"),
        (b"{}", 422, "invalid_request"),
        (b'{"text": "no id"}', 422, "invalid_request"),
        (b'{"client_message_id": 1, "text": "number"}', 422, "invalid_request"),
        (b'{"client_message_id": "", "text": "no id"}', 422, "invalid_request"),
        (b'{"client_message_id": "a\\u0000b", "text": "x"}', 422, "invalid_request"),
        (b'{"client_message_id": "\\ud800", "text": "x"}', 422, "invalid_request"),
        (b'{"client_message_id": "%s", "text": "x"}' % (b"x" * 65), 422, "invalid_request"),
        (b'{"client_message_id": "1"}', 422, "invalid_request"),
        (b'{"client_message_id": "1", "text": null}', 422, "invalid_request"),
        (b'{"client_message_id": "1", "text": 7}', 422, "invalid_request"),
        (b'{"client_message_id": "1", "text": ["x"]}', 422, "invalid_request"),
        (b'{"client_message_id": "1", "text": "both", "button": "x"}', 422, "invalid_request"),
        (b'{"client_message_id": "1", "button": "never offered"}', 422, "button_not_offered"),
        (b'{"client_message_id": "1", "button": "\\u0000"}', 422, "button_not_offered"),
        (b'{"client_message_id": "1", "button": "\\ud800"}', 422, "button_not_offered"),
        (b'{"client_message_id": "1", "button": "%s"}' % (b"x" * 65), 422, "invalid_request"),
        (b'{"client_message_id": "1", "text": "%s"}' % (b"x" * 70_000), 413, "body_too_large"),
    ],
    ids=lambda value: value[:60] if isinstance(value, bytes) else str(value),
)
def test_a_strange_body_is_refused_with_a_problem_document(
    gateway: Gateway, content: bytes, status: int, code: str | None
) -> None:
    chat = gateway.chat()

    response = _post_raw(chat, content)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert code is None or response.json()["code"] == code
    assert "garbage" not in response.text
    assert len(chat.transcript()) == 1


def test_a_huge_body_without_a_length_is_cut_off(gateway: Gateway) -> None:
    chat = gateway.chat()

    response = gateway.http.post(
        f"{chat.path}/messages",
        content=(b"x" * 10_000 for _ in range(100)),
        headers=chat.headers | {"Content-Type": "application/json"},
    )

    assert response.status_code == 413
    assert response.json()["code"] == "body_too_large"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
def test_a_body_that_is_not_called_json_is_refused(gateway: Gateway, kind: str) -> None:
    chat = gateway.chat()

    response = _post_raw(chat, json.dumps({"client_message_id": "1", "text": "hi"}).encode(), kind=kind)

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing/here", 404),
        ("GET", "/api/chat/sessions", 405),
        ("DELETE", "/api/chat/sessions/x/messages", 405),
        ("POST", "/healthz", 405),
        ("TRACE", "/healthz", 405),
    ],
)
def test_other_doors_and_methods_are_problem_documents_too(
    gateway: Gateway, method: str, path: str, status: int
) -> None:
    response = gateway.http.request(method, path)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] in ("not_found", "method_not_allowed")


def test_a_flood_of_messages_is_told_to_wait(start: Start) -> None:
    chat = start(messages_per_minute=2).chat()
    chat.say("one message"), chat.say("two messages")

    refused = chat.post({"text": "three messages"})

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_requests"
    assert int(refused.headers["retry-after"]) >= 1
    assert len(chat.transcript()) == 5


# Buttons


def test_a_button_just_offered_is_what_it_means(gateway: Gateway) -> None:
    chat = gateway.chat()
    offered = buttons(chat.say("give me a choice"))

    answer = chat.press(offered["Yes"])

    asked = gateway.rasa.asked[-1]
    assert (asked["message"], asked["payload"]) == ("/affirm", True)
    assert texts(answer) == ["#2 /affirm"]
    assert chat.transcript()[3]["text"] == "Yes"
    assert chat.transcript()[3]["buttons"] == []


def test_the_welcome_s_buttons_can_be_pressed(gateway: Gateway) -> None:
    chat = gateway.chat()

    chat.press(buttons(chat.opened["messages"])["Freeze my wallet"])

    assert gateway.rasa.texts() == ["/freeze_account"]


def test_a_button_of_an_earlier_offer_is_refused(gateway: Gateway) -> None:
    chat = gateway.chat()
    old = buttons(chat.say("give me a choice"))["Yes"]
    chat.say("another thing first")

    response = chat.post({"button": old})

    assert response.status_code == 422
    assert response.json()["code"] == "button_not_offered"
    assert "button" in response.json()["detail"]


def test_a_refusal_speaks_the_conversation_s_language(gateway: Gateway) -> None:
    chat = gateway.chat(locale="zh")

    response = chat.post({"button": "never offered"})

    assert "按钮" in response.json()["detail"]


def test_a_button_pressed_twice_counts_once(gateway: Gateway) -> None:
    chat = gateway.chat()
    offered = buttons(chat.say("give me a choice"))
    first = chat.press(offered["Yes"], id="press")

    again = chat.press(offered["Yes"], id="press")
    other = chat.post({"button": offered["Yes"]})

    assert again == first
    assert other.status_code == 422
    assert gateway.rasa.texts().count("/affirm") == 1


def test_another_session_s_button_is_refused(gateway: Gateway) -> None:
    offered = buttons(gateway.chat().say("give me a choice"))

    assert gateway.chat().post({"button": offered["Yes"]}).json()["code"] == "button_not_offered"


def test_a_payload_is_no_button_id(gateway: Gateway) -> None:
    chat = gateway.chat()
    chat.say("give me a choice")

    assert chat.post({"button": "/affirm"}).status_code == 422
    assert chat.post({"button": "gateway:emergency_freeze"}).status_code == 422


# Language


def test_the_language_follows_the_customer_and_stays_where_a_message_says_nothing(gateway: Gateway) -> None:
    chat = gateway.chat(locale="en")
    for text in ("我的付款失败了", "100", "ok", "T-7KM4RXA", "please speak English again", "123"):
        chat.say(text)

    told = [asked["metadata"]["language"] for asked in gateway.rasa.asked]

    assert told == ["zh", "zh", "zh", "zh", "en", "en"]


def test_a_language_that_was_asked_for_in_words_stays(gateway: Gateway) -> None:
    chat = gateway.chat(locale="en")

    [switched] = chat.say("speak chinese from now")
    chat.say("100")

    assert switched["language"] == "zh"
    assert gateway.rasa.asked[-1]["metadata"]["language"] == "zh"


def _post_raw(chat: Chat, content: bytes, kind: str = "application/json") -> httpx.Response:
    return chat.http.post(f"{chat.path}/messages", content=content, headers=chat.headers | {"Content-Type": kind})


@pytest.mark.parametrize("typed", ["talk to a person", " Talk to a person. "])
def test_who_types_what_a_button_says_has_pressed_it(gateway: Gateway, typed: str) -> None:
    chat = gateway.chat()

    chat.say(typed)

    assert gateway.rasa.texts() == ["/talk_to_human"]


def test_a_number_picks_nothing_in_the_chat(gateway: Gateway) -> None:
    chat = gateway.chat()

    chat.say("1")

    assert gateway.rasa.texts() == ["1"]
