"""The whole assistant, started as its users start it: real Rasa, action server, gateway and worker, on a database of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml

from bot.gateway.identity import issue_demo_token
from bot.gateway.texts import Texts
from bot.settings import PROJECT, Settings
from wallet_core.database import Database
from wallet_core.models import Language
from wallet_core.ports import SystemClock

# Kept between runs, so that only a change of the training data trains again; the records are new each time.
_STATE = PROJECT / ".wallet" / "tests"
_START_SECONDS = 600
_ANSWER_SECONDS = 60


@dataclass
class Assistant:
    """A running assistant, spoken to through its public doors; `database` looks at what stands in the core."""

    url: str
    settings: Settings
    database: Database
    log: Path
    process: subprocess.Popen[bytes]
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=40)

    def chat(self, *, locale: str = "en", customer_id: str | None = None) -> Chat:
        body: dict[str, Any] = {"locale": locale}
        if customer_id is not None:
            body["identity_token"] = issue_demo_token(
                self.settings, customer_id=customer_id, expires_in=60, now=SystemClock().now()
            )
        answer = self.http.post("/api/chat/sessions", json=body)
        assert answer.status_code == 201, answer.text
        opened = answer.json()
        return Chat(self, opened["session_id"], opened["token"], opened["messages"])


@dataclass
class Chat:
    """One customer's chat."""

    assistant: Assistant
    id: str
    token: str
    messages: list[dict[str, Any]]
    read: int = 0  # the number of the last message that came

    def say(self, text: str) -> list[dict[str, Any]]:
        return self._answer_to({"text": text})

    def press(self, title: str) -> list[dict[str, Any]]:
        offered = {button["title"]: button["id"] for message in self.messages for button in message["buttons"]}
        return self._answer_to({"button": offered[title]})

    def send(self, content: Mapping[str, str]) -> list[dict[str, Any]]:
        """Send it; what is told in time, be it that the answer takes longer. `messages` then holds it."""
        answer = self.assistant.http.post(
            self._path, json={"client_message_id": str(uuid.uuid4()), **content}, headers=self._headers
        )
        self.messages = self._new_in(answer)
        return self.messages

    def _answer_to(self, content: Mapping[str, str]) -> list[dict[str, Any]]:
        """A busy machine has customers wait; what they are told meanwhile is no answer."""
        self.send(content)
        end = time.monotonic() + _ANSWER_SECONDS
        while self.messages and _is_meanwhile(self.messages[-1]):
            assert time.monotonic() < end, "no answer came"
            time.sleep(0.05)  # nothing to wait on but the transcript
            late = self.assistant.http.get(self._path, params={"after": self.read}, headers=self._headers)
            if came := self._new_in(late):
                self.messages = [*self.messages[:-1], *came]
        return self.messages

    def _new_in(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """What others said and was not read before: the next answer brings a late one along once more."""
        assert answer.status_code == 200, answer.text
        new = [message for message in answer.json()["messages"] if message["id"] > self.read]
        self.read = max((message["id"] for message in new), default=self.read)
        return [message for message in new if message["role"] != "customer"]

    @property
    def _path(self) -> str:
        return f"/api/chat/sessions/{self.id}/messages"

    @property
    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    @property
    def text(self) -> str:
        return "\n".join(message["text"] for message in self.messages)

    @property
    def receipts(self) -> list[str]:
        return [receipt for message in self.messages for receipt in message["receipts"]]


def _is_meanwhile(message: Mapping[str, Any]) -> bool:
    return message["role"] == "system" and message["text"] in _still_working()


@cache
def _still_working() -> set[str]:
    texts = Texts.load(PROJECT / "bot" / "rasa" / "domain")
    return {texts.render("utter_still_working", language=language).text for language in Language}


@contextmanager
def running_assistant(host: str | None = None, **environment: str) -> Iterator[Assistant]:
    """Start the assistant on a free port and stop it in the end; one with a name has a folder of its own, as another
    host would, but for the model.
    """
    state = _STATE if host is None else _STATE / host
    for leftover in (*state.glob("wallet.db*"), *state.glob("dialogues.db*"), *state.glob("demo_inbox*")):
        leftover.unlink(missing_ok=True)
    (_STATE / "models").mkdir(parents=True, exist_ok=True)
    if host is not None and not state.exists():
        state.mkdir()
        (state / "models").symlink_to(_STATE / "models")
    port = _free_port()
    variables = {**os.environ, "PORT": str(port), "WALLET_STATE_DIR": str(state), **environment}
    log = state / "run.log"
    command = shutil.which("wallet-assistant", path=str(Path(sys.executable).parent))
    with log.open("wb") as output:
        process = subprocess.Popen([str(command), "run"], cwd=PROJECT, env=variables, stdout=output, stderr=output)
    settings = Settings(state_dir=state, PORT=port, database_url=environment.get("WALLET_DATABASE_URL"))
    assistant = Assistant(f"http://127.0.0.1:{port}", settings, Database(settings.database), log, process)
    try:
        wait_until_ready(assistant)
        yield assistant
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        assistant.database.dispose()


def child_pid(assistant: Assistant, name: str) -> int:
    """The process of a part of the assistant: "rasa", "actions", "gateway" or "worker"."""
    marks = {"rasa": "rasa run", "actions": "actions.server", "gateway": "serve_gateway", "worker": "bot.worker"}
    listing = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines()[1:]:
        pid, parent, arguments = line.split(None, 2)
        if int(parent) == assistant.process.pid and marks[name] in arguments:
            return int(pid)
    raise LookupError(name)


@contextmanager
def dead(assistant: Assistant, part: str) -> Iterator[None]:
    """Dead to everybody, and not restarted under our hands."""
    process = child_pid(assistant, part)
    with assistant.database.transaction() as session:
        session.connection()  # the only write lock: stopped with it, it would keep it, as no dead one does
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def wait_until_ready(assistant: Assistant) -> None:
    """Until all parts answer; those that died were started again."""
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            if assistant.http.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        if assistant.process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the assistant did not start: {assistant.log.read_text()[-2000:]}")
        time.sleep(0.2)  # nothing to wait on but the door itself


def people_at_any_hour() -> Path:
    """The project's routing, but who asks for a person gets to those who never close: no test depends on when it runs."""
    routing = yaml.safe_load((PROJECT / "data" / "routing.yml").read_text(encoding="utf-8"))
    routing["topics"]["talk_to_human"] = {"queue": "fraud", "priority": "normal"}
    path = _STATE / "routing.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(routing, allow_unicode=True), encoding="utf-8")
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
