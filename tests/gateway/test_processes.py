"""Several gateways on one database, and gateways that are killed: in order, once, and nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.gateway import turns
from bot.settings import PROJECT
from tests.gateway.client import Chat, open_chat, texts
from tests.gateway.conftest import Gateway, Start
from tests.gateway.rasa_simulator import RasaSimulator
from tests.gateway.serving import free_port
from tests.postgres import PostgreSQL, postgres_server
from wallet_core.database import Database
from wallet_core.schema import migrate

__all__ = ["postgres_server"]


class GatewayProcess:
    """`python -m bot.gateway`, as operators run it."""

    def __init__(self, database_url: str, rasa: RasaSimulator, log: Path) -> None:
        port = free_port()
        environment = {
            **os.environ,
            "PORT": str(port),
            "WALLET_DATABASE_URL": database_url,
            "WALLET_RASA_URL": rasa.url,
            "WALLET_TURN_DEADLINE_SECONDS": "25",
            "WALLET_TURN_LEASE_SECONDS": "5",  # as long as a busy machine may keep a living process from renewing it
            "WALLET_SWEEP_SECONDS": "0.2",
            "WALLET_STORAGE_SECONDS": "10",
            "PYTHONUNBUFFERED": "1",
        }
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.gateway"], cwd=PROJECT, env=environment, stdout=output, stderr=output
            )
        transport = httpx.HTTPTransport(retries=12)  # while it starts, connections are refused
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, transport=transport)
        assert self.http.get("/healthz").status_code == 200

    def chat(self) -> Chat:
        return open_chat(self.http, locale="en")

    def enter(self, chat: Chat) -> Chat:
        """The same session through this process."""
        return Chat(self.http, {**chat.opened})

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


Launch = Callable[[], GatewayProcess]


@pytest.fixture
def launch(tmp_path: Path, rasa: RasaSimulator, postgres_server: PostgreSQL) -> Iterator[Launch]:
    """Starts gateway processes on one PostgreSQL database."""
    name = postgres_server.create_database()
    url = postgres_server.url(name)
    database = Database(url)
    migrate(database)
    database.dispose()
    running: list[GatewayProcess] = []

    def launch_gateway() -> GatewayProcess:
        running.append(GatewayProcess(url, rasa, tmp_path / "gateway.log"))
        return running[-1]

    yield launch_gateway
    for process in running:
        process.stop()
    postgres_server.drop_database(name)


def test_messages_of_one_session_through_two_processes_are_answered_in_order_and_once(
    launch: Launch, rasa: RasaSimulator
) -> None:
    one, other = launch(), launch()
    chat = one.chat()
    ways = [chat, other.enter(chat)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: ways[n % 2].say(f"message number {n}", id=f"m{n // 2}{n}"), range(12)))

    assert rasa.overlaps == []
    assert sorted(rasa.texts()) == sorted(f"message number {n}" for n in range(12))
    transcript = chat.transcript()
    asked = [line["text"] for line in transcript if line["role"] == "customer"]
    answered = [line["text"] for line in transcript[1:] if line["role"] == "bot"]
    assert answered == [f"#{place} {text}" for place, text in enumerate(asked, 1)]
    for number, answer in enumerate(answers):
        assert [text.split(" ", 1)[1] for text in texts(answer)] == [f"message number {number}"]


def test_the_same_message_through_two_processes_at_once_is_one(launch: Launch, rasa: RasaSimulator) -> None:
    one, other = launch(), launch()
    chat = one.chat()
    ways = [chat, other.enter(chat)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: ways[n % 2].say("freeze my money", id="same"), range(6)))

    assert all(answer == answers[0] for answer in answers)
    assert rasa.texts() == ["freeze my money"]


def test_a_message_whose_gateway_was_killed_is_answered_by_the_next(launch: Launch, rasa: RasaSimulator) -> None:
    doomed = launch()
    chat = doomed.chat()
    rasa.hold()
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(chat.post, {"text": "freeze my wallet please"}, id="same")
        rasa.wait_for_turn()
        doomed.kill()
        assert isinstance(lost.exception(20), httpx.TransportError)
    rasa.release()

    revived = launch().enter(chat)
    with revived.stream(after=1) as stream:
        asked, answered = stream.message("customer"), stream.message("bot")

    assert asked["text"] == "freeze my wallet please"
    assert answered["text"].endswith(" freeze my wallet please")
    assert revived.say("freeze my wallet please", id="same") == [answered]
    assert len({asked["metadata"]["message_id"] for asked in rasa.asked}) == 1
    assert len(revived.transcript()) == 3


def test_a_killed_gateway_s_conversation_goes_on_in_another_that_runs(launch: Launch, rasa: RasaSimulator) -> None:
    doomed, other = launch(), launch()
    chat = doomed.chat()
    rasa.hold()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(chat.post, {"text": "the first question"})
        rasa.wait_for_turn()
        second = pool.submit(other.enter(chat).say, "the second question")
        doomed.kill()
        assert first.exception(20)
        rasa.release()

        assert texts(second.result())[-1].endswith(" the second question")
    told = [line["text"].split(" ", 1)[1] for line in other.enter(chat).transcript()[1:] if line["role"] == "bot"]
    assert told == ["the first question", "the second question"]


def test_a_stopped_gateway_finishes_what_it_is_at(
    start: Start, rasa: RasaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_CLOSING_SECONDS", 20.0)
    with _stopped_at_the_end(start) as gateway:
        chat = gateway.chat()
        rasa.hold()
        chat.say("freeze my wallet please")
        rasa.release()

    lines = Chat(start().http, chat.opened).transcript()
    assert lines[-1]["text"] == "#1 freeze my wallet please"
    assert rasa.texts() == ["freeze my wallet please"]


@contextmanager
def _stopped_at_the_end(start: Start) -> Iterator[Gateway]:
    gateway = start(turn_deadline_seconds=0.5)
    yield gateway
    gateway.stop()
