"""A chat at the desk: claimed, answered, given back; what an agent may see of a name that is only claimed."""

from __future__ import annotations

import pytest

from tests.desk.client import DeskClient, words
from tests.desk.world import World
from tests.gateway.client import Chat, texts
from wallet_core import verification
from wallet_core.models import Role
from wallet_core.ports import SystemClock

SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>"


def claim(agent: DeskClient, chat: Chat) -> None:
    assert agent.post(f"/chats/{chat.id}/claim").status_code == 303


def send(agent: DeskClient, chat: Chat, text: str, *, key: str = "key-00001") -> int:
    return agent.post(f"/chats/{chat.id}/lines", text=text, key=key).status_code


def test_who_waits_stands_on_the_board(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()

    assert f"/desk/chats/{chat.id}" in ana.get("/parts/board").text
    page = ana.read(f"/chats/{chat.id}")
    assert "陈思雨, signed in, writes by web chat in English" in page
    assert "They asked for a person; it is about: Report a scam." in page
    assert "Last words: “somebody called me and wanted my code”" in page


def test_handed_over_answered_and_given_back(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()
    with chat.stream() as stream:
        claim(ana, chat)
        assert "Ana Ribeiro is with you" in stream.message("system")["text"]
        assert send(ana, chat, "Good morning, did you tell them the code?") == 303
        assert stream.message("agent")["text"] == "Good morning, did you tell them the code?"
    chat.say("no I did not")

    last = chat.transcript()[-1]["id"]
    assert ana.post(f"/chats/{chat.id}/give-back", seen=last).status_code == 303

    assert chat.post({"text": "what are the fees"}).json()["owner"] == "bot"


def test_a_colleague_s_chat_is_neither_claimed_nor_written_in(world: World, ana: DeskClient, sue: DeskClient) -> None:
    chat = world.waiting_chat()
    claim(ana, chat)

    claimed = sue.post(f"/chats/{chat.id}/claim")
    written = sue.post(f"/chats/{chat.id}/lines", text="hello", key="key-00002")

    assert (claimed.status_code, written.status_code) == (409, 409)
    assert "A colleague has claimed this chat already" in words(claimed.text)
    assert Role.AGENT not in {line["role"] for line in chat.transcript()}


def test_a_supervisor_takes_a_chat_over(world: World, ana: DeskClient, sue: DeskClient) -> None:
    chat = world.waiting_chat()
    claim(ana, chat)

    assert sue.post(f"/chats/{chat.id}/take-over").status_code == 303

    assert send(ana, chat, "still me?") == 409
    assert send(sue, chat, "now me") == 303


def test_an_agent_does_not_take_over(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()
    with world.desk("jing") as jing:
        claim(jing, chat)

    assert ana.post(f"/chats/{chat.id}/take-over").status_code == 403


def test_given_back_unread_is_refused(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()
    claim(ana, chat)
    seen = chat.transcript()[-1]["id"]
    chat.say("one more thing")

    answer = ana.post(f"/chats/{chat.id}/give-back", seen=seen)

    assert answer.status_code == 409
    assert "has written meanwhile" in words(answer.text)


def test_a_line_sent_twice_is_said_once(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()
    claim(ana, chat)

    send(ana, chat, "good morning")
    send(ana, chat, "good morning")

    assert texts(chat.transcript()).count("good morning") == 1


def test_what_an_agent_types_is_masked_like_a_customer_s(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()
    claim(ana, chat)

    send(ana, chat, "is your card 4111 1111 1111 1111?")

    assert "4111 1111" not in chat.transcript()[-1]["text"]
    assert chat.transcript()[-1]["text"].startswith("is your card")


def test_script_in_anybody_s_text_is_text(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()
    chat.say(SCRIPT)
    claim(ana, chat)
    send(ana, chat, f"you wrote {SCRIPT}")

    for path in (f"/chats/{chat.id}", f"/parts/chats/{chat.id}/lines", f"/parts/chats/{chat.id}/head"):
        page = ana.get(path).text
        assert "<script>alert" not in page and "<img" not in page
    assert "&lt;script&gt;alert" in ana.get(f"/chats/{chat.id}").text


@pytest.mark.parametrize("text", [" ", "\u200b", "x" * 2001])
def test_nothing_and_too_much_are_not_sent(world: World, ana: DeskClient, text: str) -> None:
    chat = world.waiting_chat()
    claim(ana, chat)

    assert send(ana, chat, text) == 422
    assert "agent" not in {line["role"] for line in chat.transcript()}


def test_of_a_name_that_is_only_claimed_nothing_is_told(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat(customer_id=None)
    with world.gateway.database.transaction() as session:
        verification.claim(session, conversation_id=chat.id, customer_id="C1001", now=SystemClock().now())

    page = ana.read(f"/chats/{chat.id}")

    assert "“陈思雨”, not proven" in page
    assert "Tell nothing about this wallet" in page
    assert "Balance" not in page and "•" not in page.split("Known", maxsplit=1)[-1].split("Who")[-1]


def test_a_customer_s_number_is_masked_beside_the_chat(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()

    page = ana.read(f"/chats/{chat.id}")

    assert "+12025550101" not in page
    assert "siyu.chen@example.com" not in page
    assert "•" in page


def test_an_auditor_reads_and_changes_nothing(world: World) -> None:
    chat = world.waiting_chat()
    with world.desk("adil") as auditor:
        page = auditor.get(f"/chats/{chat.id}").text
        refused = auditor.post(f"/chats/{chat.id}/claim")

    assert "somebody called me" in page
    assert "/claim" not in page and "composer" not in page
    assert refused.status_code == 403


def test_a_chat_that_is_not_there_is_told_so(ana: DeskClient) -> None:
    assert ana.get("/chats/nothing-like-this").status_code == 404
    assert ana.post("/chats/nothing-like-this/claim").status_code == 404


def test_ended_by_the_customer_it_is_told_so(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()
    claim(ana, chat)
    chat.end()

    assert send(ana, chat, "are you there?") in (404, 409)
    assert "Ended" in ana.read(f"/chats/{chat.id}")


def test_ended_by_the_agent_the_customer_s_chat_is_over(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()
    claim(ana, chat)
    with chat.stream() as stream:
        seen = chat.transcript()[-1]["id"]

        assert ana.post(f"/chats/{chat.id}/finish", seen=seen).status_code == 303

        assert "has closed this chat" in stream.message("system")["text"]
        stream.expect("ended")
    assert chat.post({"text": "hello"}).status_code == 410


def test_to_a_script_a_refusal_is_one_sentence(world: World, ana: DeskClient) -> None:
    chat = world.waiting_chat()

    answer = ana.http.post(
        f"/desk/chats/{chat.id}/lines",
        data={"form_token": ana.form_token, "text": "hello", "key": "key-00003"},
        headers={"X-Desk": "script"},
    )

    assert answer.status_code == 409
    assert answer.text == "You do not have this chat, or not any more."
