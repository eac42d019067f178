"""HTTP to a server on this machine, as cheaply as it goes: the server is to be measured, not its client."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# Rasa's server closes an idle connection after 5 seconds; ours must be the first to.
_KEEP_SECONDS = 2.0
_LONGEST_SECONDS = 60.0


class NoAnswer(Exception):
    """The server gave no answer, or none that can be read."""


class Answer(NamedTuple):
    """`body` is what the JSON says; of another kind of content, its text."""

    status: int
    body: Any
    seconds: float


class Wire:
    """One connection, kept, for one request at a time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.hostname != "127.0.0.1" or parts.port is None:
            raise ValueError(f"{url}: only what runs on this machine is measured")
        self._place = (parts.hostname, parts.port)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._used = 0.0

    async def get(self, path: str) -> Answer:
        return await self._ask("GET", path, b"", None)

    async def post(self, path: str, content: Any, *, token: str | None = None) -> Answer:
        """The answer, and the seconds from the first byte out to the last byte in.

        Raises:
            NoAnswer: none came within a minute.
        """
        return await self._ask("POST", path, json.dumps(content, ensure_ascii=False).encode(), token)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _ask(self, method: str, path: str, body: bytes, token: str | None) -> Answer:
        host = ":".join(map(str, self._place))
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/json\r\n" if body else ""
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                reader, writer = await self._connection()
                began = time.perf_counter()
                writer.write(head.encode() + b"\r\n" + body)
                status, content = await _read(reader)
                seconds = time.perf_counter() - began
        except (OSError, EOFError, ValueError, LookupError) as error:  # a timeout is an OSError, too
            self.close()
            raise NoAnswer(f"{method} {host}{path}: {error or type(error).__name__}") from error
        self._used = time.monotonic()
        return Answer(status, content, seconds)

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None or time.monotonic() - self._used > _KEEP_SECONDS:
            self.close()
            self._reader, self._writer = await asyncio.open_connection(*self._place, limit=2**24)
        return self._reader, self._writer


async def _read(reader: asyncio.StreamReader) -> tuple[int, Any]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    content = await reader.readexactly(int(headers["content-length"]))
    is_json = "json" in headers.get("content-type", "")
    return int(first.split()[1]), json.loads(content) if is_json else content.decode("utf-8", errors="replace")
