"""A client of the chat API, for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

_numbers = count(1)

Message = dict[str, Any]


class Chat:
    """One session."""

    def __init__(self, http: httpx.Client, opened: dict[str, Any]) -> None:
        self.http = http
        self.id: str = opened["session_id"]
        self.token: str = opened["token"]
        self.opened = opened

    @property
    def path(self) -> str:
        return f"/api/chat/sessions/{self.id}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, content: dict[str, Any], *, id: str | None = None) -> httpx.Response:
        """Send a message as it is, and return whatever comes back."""
        body = {"client_message_id": id or f"m{next(_numbers)}", **content}
        return self.http.post(f"{self.path}/messages", content=json.dumps(body), headers=self.headers | _JSON)

    def say(self, text: str, *, id: str | None = None) -> list[Message]:
        return self._expect(self.post({"text": text}, id=id))

    def press(self, button: str, *, id: str | None = None) -> list[Message]:
        return self._expect(self.post({"button": button}, id=id))

    def transcript(self, after: int = 0) -> list[Message]:
        return self._expect(self.http.get(f"{self.path}/messages", params={"after": after}, headers=self.headers))

    def end(self) -> httpx.Response:
        return self.http.post(f"{self.path}/end", headers=self.headers)

    @contextmanager
    def stream(self, *, after: int | None = None) -> Iterator[Stream]:
        """An authenticated stream, from behind the last line there is unless told otherwise."""
        after = self.transcript()[-1]["id"] if after is None else after
        with self.raw_stream() as stream:
            stream.send({"type": "auth", "token": self.token, "after": after})
            yield stream

    @contextmanager
    def raw_stream(self) -> Iterator[Stream]:
        url = str(self.http.base_url.join(f"{self.path}/stream")).replace("http", "ws", 1)
        with connect(url, open_timeout=20, close_timeout=5) as connection:
            yield Stream(connection)

    def _expect(self, response: httpx.Response) -> list[Message]:
        assert response.status_code == 200, response.text
        messages: list[Message] = response.json()["messages"]
        return messages


class Stream:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, frame: Any) -> None:
        self.connection.send(json.dumps(frame))

    def receive(self) -> Message:
        frame: Message = json.loads(self.connection.recv(timeout=20))
        return frame

    def expect(self, kind: str) -> Message:
        """The next frame of this kind; others are passed over."""
        while True:
            frame = self.receive()
            if frame["type"] == kind:
                return frame

    def message(self, *roles: str) -> Message:
        """The next line of the transcript, by one of these roles if any are given."""
        while True:
            message: Message = self.expect("message")["message"]
            if not roles or message["role"] in roles:
                return message


def open_chat(http: httpx.Client, **wanted: Any) -> Chat:
    response = http.post("/api/chat/sessions", json=wanted)
    assert response.status_code == 201, response.text
    return Chat(http, response.json())


def texts(messages: list[Message]) -> list[str]:
    return [message["text"] for message in messages]


def buttons(messages: list[Message]) -> dict[str, str]:
    """Ids by title."""
    return {button["title"]: button["id"] for message in messages for button in message["buttons"]}


_JSON = {"Content-Type": "application/json"}
