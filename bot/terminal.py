"""A conversation in the terminal, through the public chat API like any other client's.

Buttons have numbers; a line that is one of the numbers just shown presses that button. From a pipe, each line is a
message. The end of the input is the end of the conversation.
"""

from __future__ import annotations

import io
import sys
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpx

from bot.failures import CannotGoOn

Message = dict[str, Any]

_SECONDS = 40  # longer than any turn may take
_OF_ONE_MESSAGE = (400, 409, 413, 422, 429, 503)


class Refused(CannotGoOn):
    """The server's answer was an error; `code` is the one of its problem document."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"the assistant refused: {status} {code}")
        self.status = status


class Conversation:
    """One session. What the server refuses is raised as `Refused`."""

    def __init__(self, client: httpx.Client, *, locale: str | None = None, identity_token: str | None = None) -> None:
        wanted = {"locale": locale, "identity_token": identity_token}
        session = _answer(
            client.post("/api/chat/sessions", json={key: value for key, value in wanted.items() if value})
        )
        self._client = client
        self._path = f"/api/chat/sessions/{session['session_id']}"
        self._headers = {"Authorization": f"Bearer {session['token']}"}
        self._seen = 0
        self._buttons: list[str] = []
        self.greeting: list[Message] = self._take(session["messages"])

    def say(self, line: str) -> list[Message]:
        """Send a line, or press the button that it numbers; what came back, and what came in between."""
        number = int(line) if line.isascii() and line.isdigit() else 0
        pressed = 1 <= number <= len(self._buttons)
        content = {"button": self._buttons[number - 1]} if pressed else {"text": line}
        request = {"client_message_id": str(uuid.uuid4()), **content}
        answer = _answer(self._client.post(f"{self._path}/messages", json=request, headers=self._headers))
        return self._take(answer["messages"])

    def later(self) -> list[Message]:
        """What came since, such as a receipt that was late."""
        answer = _answer(
            self._client.get(f"{self._path}/messages", params={"after": self._seen}, headers=self._headers)
        )
        return self._take([message for message in answer["messages"] if message["role"] != "customer"])

    def end(self) -> None:
        _answer(self._client.post(f"{self._path}/end", headers=self._headers))

    def _take(self, messages: Sequence[Message]) -> list[Message]:
        new = [message for message in messages if message["id"] > self._seen]
        if new:
            self._seen = new[-1]["id"]
            self._buttons = [button["id"] for button in new[-1].get("buttons") or []]
        return new


def converse(
    base: str,
    *,
    locale: str | None,
    identity_token: str | None,
    lines: Iterable[str],
    show: Callable[[str], None],
) -> None:
    """Hold a conversation with the assistant at `base`: every line that comes, until none does.

    Raises:
        CannotGoOn: the server cannot be reached or refuses.
    """
    try:
        with httpx.Client(base_url=base, timeout=_SECONDS, trust_env=False) as client:
            conversation = Conversation(client, locale=locale, identity_token=identity_token)
            for message in conversation.greeting:
                show(render(message))
            for line in lines:
                if line.strip():
                    _exchange(conversation, line.strip(), show)
            for message in conversation.later():
                show(render(message))
            conversation.end()
    except httpx.HTTPError as error:
        raise CannotGoOn(f"the assistant at {base} does not answer: {error or type(error).__name__}") from error


def _exchange(conversation: Conversation, line: str, show: Callable[[str], None]) -> None:
    """One line and its answer. A refusal of this line alone is shown and the conversation goes on."""
    try:
        for message in (*conversation.later(), *conversation.say(line)):
            show(render(message))
    except Refused as refused:
        if refused.status not in _OF_ONE_MESSAGE:
            raise
        print(refused, file=sys.stderr)


def render(message: Message) -> str:
    """A message as lines of text: what was said, its receipts, its buttons with their numbers."""
    parts = [message["text"]]
    parts += [f"  ✓ {receipt}" for receipt in message.get("receipts") or []]
    parts += [f"  {number}) {button['title']}" for number, button in enumerate(message.get("buttons") or [], 1)]
    return "\n".join(parts)


def typed_lines(prompt: str = "> ") -> Iterable[str]:
    """Lines from the keyboard with a prompt, or from a pipe without one."""
    if not sys.stdin.isatty():
        yield from io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
        return
    while True:
        try:
            yield input(prompt)
        except (EOFError, KeyboardInterrupt):
            print()
            return


def _answer(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json() if response.content else None
    try:
        code = response.json()["code"]
    except (ValueError, KeyError, TypeError):
        code = response.reason_phrase
    raise Refused(response.status_code, str(code))
