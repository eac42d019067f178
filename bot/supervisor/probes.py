"""Whether a server on this machine answers. Plain sockets: the supervisor stays small."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit


async def answers(url: str, *, seconds: float = 2.0) -> bool:
    """Whether GET `url` gives status 200 within that time."""
    try:
        return await asyncio.wait_for(_status(url), seconds) == 200
    except (OSError, TimeoutError, ValueError):
        return False


async def _status(url: str) -> int:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        writer.write(f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        line = await reader.readline()
        return int(line.split()[1]) if line.startswith(b"HTTP/") else 0
    finally:
        writer.close()
