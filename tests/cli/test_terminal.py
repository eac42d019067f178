"""What is promised: a conversation by lines, through the public chat API and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot import terminal
from bot.failures import CannotGoOn

WELCOME = {
    "id": 1,
    "role": "bot",
    "text": "Hello",
    "buttons": [{"id": "freeze_account", "title": "Freeze"}, {"id": "talk_to_human", "title": "A person"}],
    "receipts": [],
}


class Server:
    """The chat API, as far as a terminal needs it; keeps what it was sent."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.opened: dict[str, Any] = {}
        self.said = list[dict[str, Any]]()
        self.later = list[dict[str, Any]]()
        self.ended = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        content = json.loads(request.content) if request.content else None
        if request.url.path == "/api/chat/sessions":
            self.opened = content
            return httpx.Response(201, json={"session_id": "s", "token": "t", "locale": "en", "messages": [WELCOME]})
        assert request.headers["authorization"] == "Bearer t"
        if request.url.path.endswith("/end"):
            self.ended = True
            return httpx.Response(200, json={})
        if request.method == "GET":
            came, self.later = self.later, []
            return httpx.Response(200, json={"messages": came})
        self.said.append(content)
        return self.answers.pop(0)


def bot(
    id: int, text: str, *, buttons: list[dict[str, str]] | None = None, receipts: list[str] | None = None
) -> dict[str, Any]:
    return {"id": id, "role": "bot", "text": text, "buttons": buttons or [], "receipts": receipts or []}


def answered(*messages: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"messages": list(messages), "owner": "bot"})


@pytest.fixture
def converse(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    client = httpx.Client

    def hold(server: Server, *lines: str, locale: str | None = None, identity_token: str | None = None) -> list[str]:
        monkeypatch.setattr(
            httpx, "Client", lambda **options: client(transport=httpx.MockTransport(server), base_url="http://wallet")
        )
        shown = list[str]()
        terminal.converse("http://wallet", locale=locale, identity_token=identity_token, lines=lines, show=shown.append)
        return shown

    return hold


def test_what_is_said_is_answered_and_the_end_of_the_lines_ends_the_conversation(
    converse: Callable[..., list[str]],
) -> None:
    server = Server(answered(bot(3, "Frozen.", receipts=["FRZ-7KM4RXA"])))

    shown = converse(server, "freeze my wallet\n", locale="en", identity_token="signed")

    assert server.opened == {"locale": "en", "identity_token": "signed"}
    assert server.said[0]["text"] == "freeze my wallet"
    assert shown == ["Hello\n  1) Freeze\n  2) A person", "Frozen.\n  ✓ FRZ-7KM4RXA"]
    assert server.ended


def test_the_number_of_a_button_presses_it(converse: Callable[..., list[str]]) -> None:
    server = Server(answered(bot(3, "Which one?")), answered(bot(5, "?")))

    converse(server, "2", "2")

    assert server.said[0]["button"] == "talk_to_human"
    assert server.said[1]["text"] == "2"


def test_messages_have_identities_of_their_own(converse: Callable[..., list[str]]) -> None:
    server = Server(answered(), answered())

    converse(server, "hi", "hi")

    assert len({message["client_message_id"] for message in server.said}) == 2


def test_empty_lines_are_not_sent(converse: Callable[..., list[str]]) -> None:
    server = Server()

    converse(server, "\n", "   \n")

    assert server.said == []


def test_what_comes_late_is_shown_once_and_without_the_customers_own_lines(
    converse: Callable[..., list[str]],
) -> None:
    server = Server(answered(bot(3, "Still working on it.")))
    server.later = [{**bot(2, "freeze"), "role": "customer"}, bot(4, "Frozen.", receipts=["FRZ-7KM4RXA"])]

    shown = converse(server, "freeze")

    assert [line.splitlines()[0] for line in shown] == ["Hello", "Frozen."] or "Frozen." in "".join(shown)
    assert "".join(shown).count("Frozen.") == 1


def test_a_line_that_is_refused_does_not_end_the_conversation(
    converse: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server(httpx.Response(422, json={"code": "text_too_long"}), answered(bot(3, "Hello again")))

    shown = converse(server, "x" * 3000, "hello")

    assert shown[-1] == "Hello again"
    assert "422 text_too_long" in capsys.readouterr().err


def test_a_conversation_that_is_over_is_told(converse: Callable[..., list[str]]) -> None:
    with pytest.raises(CannotGoOn, match="410 conversation_ended"):
        converse(Server(httpx.Response(410, json={"code": "conversation_ended"})), "hello")


def test_a_server_that_does_not_answer_is_told() -> None:
    with pytest.raises(CannotGoOn, match=r"http://127\.0\.0\.1:9 does not answer"):
        terminal.converse("http://127.0.0.1:9", locale=None, identity_token=None, lines=[], show=print)


def test_a_pipe_may_hold_any_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("你好\n".encode() + b"\xff\xfe\n")))

    assert list(terminal.typed_lines()) == ["你好\n", "\ufffd\ufffd\n"]
