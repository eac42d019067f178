"""Asking servers on this machine, and reading what their answers tell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.supervisor.ports import free_port
from tests.load.speed import doors
from tests.load.speed.doors import GatewayTalk, Said
from tests.load.speed.wire import NoAnswer, Wire

Head = str


@asynccontextmanager
async def serving(answer: Callable[[Head, bytes], bytes]) -> AsyncIterator[str]:
    """A server that keeps connections; `answer` makes the whole response."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readline():
            lines = [head]
            while (line := await reader.readline()).strip():
                lines.append(line)
            text = b"".join(lines).decode()
            length = next(int(one.split(":")[1]) for one in text.splitlines() if one.startswith("Content-Length"))
            made = answer(text, await reader.readexactly(length))
            if not made:
                break
            writer.write(made)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def response(status: int, body: str, kind: str = "application/json") -> bytes:
    content = body.encode()
    return f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


async def test_a_wire_asks_and_is_answered_again_and_again() -> None:
    heads = list[str]()

    def answer(head: str, body: bytes) -> bytes:
        heads.append(head)
        return response(201, body.decode() or '"nothing"')

    async with serving(answer) as url:
        wire = Wire(url)
        first = await wire.post("/a", {"text": "你好"}, token="secret")
        second = await wire.get("/b")
        wire.close()

    assert (first.status, first.body, second.body) == (201, {"text": "你好"}, "nothing")
    assert heads[0].startswith("POST /a ")
    assert "Authorization: Bearer secret" in heads[0]
    assert 0 < first.seconds < 5


async def test_what_is_no_json_comes_as_text() -> None:
    async with serving(lambda head, body: response(200, "wallet_turns_total 3", "text/plain")) as url:
        wire = Wire(url)
        assert (await wire.get("/metrics")).body == "wallet_turns_total 3"
        wire.close()


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", response(200, "{")])
async def test_no_answer_is_told_and_the_next_request_has_a_connection_of_its_own(answer: bytes) -> None:
    answers = iter([response(200, "0"), answer, response(200, "1")])

    async with serving(lambda head, body: next(answers)) as url:
        wire = Wire(url)
        assert (await wire.get("/")).body == 0
        with pytest.raises(NoAnswer):
            await wire.get("/")
        assert (await wire.get("/")).body == 1
        wire.close()


@pytest.mark.parametrize("url", ["http://example.com:80", "https://127.0.0.2:1", "http://127.0.0.1"])
def test_only_this_machine_is_measured(url: str) -> None:
    with pytest.raises(ValueError, match="only what runs on this machine"):
        Wire(url)


MESSAGE = {"role": "bot", "receipts": ["T-1"]}


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, {"messages": [MESSAGE]}, Said(0, None, False, ("T-1",))),
        (200, {"messages": [{"role": "system", "receipts": []}]}, Said(0, None, True)),
        (200, {"messages": []}, Said(0, "no messages")),
        (503, {"code": "storage_unavailable"}, Said(0, "503 storage_unavailable")),
    ],
)
async def test_what_came_of_a_message_is_read_from_the_gateways_answer(
    status: int, body: dict[str, Any], told: Said
) -> None:
    async with serving(lambda head, content: response(status, json.dumps(body))) as url:
        wire = Wire(url)
        said = await GatewayTalk(wire, "S", "token").say("hello")
        wire.close()

    assert said._replace(seconds=0) == told


async def test_a_server_that_is_away_is_a_fault_like_another() -> None:
    said = await GatewayTalk(Wire(f"http://127.0.0.1:{free_port()}"), "S", "token").say("hello")

    assert said.fault is not None


async def test_answers_are_counted_whatever_came_of_them() -> None:
    text = 'wallet_turns_total{outcome="answered"} 41.0\nwallet_turns_total{outcome="unavailable"} 1.0\nother 9.0\n'

    async with serving(lambda head, body: response(200, text, "text/plain")) as url:
        wire = Wire(url)
        assert await doors.answered_so_far(wire) == 42
        wire.close()
