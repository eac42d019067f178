"""Many open streams: most are silent, some talk, and every line is looked for afterwards."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bot.failures import CannotGoOn
from tests.load.speed.figures import Sample

_SENTENCES = (
    "What is a digital wallet?",
    "什么是数字钱包？",
    "thank you",
    "哪些商家能用？",
    "Which shops take the wallet?",
)
_AT_ONCE = 10  # sessions opened together
_ANSWER_SECONDS = 30.0
_SETTLING_SECONDS = 2.0


@dataclass
class Talk:
    """One session with its stream, and what came on it."""

    url: str
    id: str
    token: str
    stream: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    async def open(cls, http: httpx.AsyncClient) -> Talk:
        answer = await http.post("/api/chat/sessions", json={"locale": "en"})
        if answer.status_code != httpx.codes.CREATED:
            raise CannotGoOn(f"no session was opened: {answer.text}")
        opened = answer.json()
        path = f"/api/chat/sessions/{opened['session_id']}"
        stream = await connect(f"{str(http.base_url).rstrip('/').replace('http', 'ws')}{path}/stream", open_timeout=60)
        await stream.send(json.dumps({"type": "auth", "token": opened["token"], "after": 0}))
        talk = cls(path, opened["session_id"], opened["token"], stream)
        await talk._until(lambda message: message["role"] == "bot")
        return talk

    async def say(self, identity: str, text: str) -> float:
        """The seconds until the answer came."""
        began = time.perf_counter()
        await self.stream.send(json.dumps({"type": "message", "client_message_id": identity, "text": text}))
        own = await self._until(lambda message: message.get("client_message_id") == identity)
        await self._until(lambda message: message["role"] == "bot" and message["id"] > own["id"])
        return time.perf_counter() - began

    async def settle(self) -> None:
        """Hear what still comes."""
        try:
            async with asyncio.timeout(_SETTLING_SECONDS):
                await self._until(lambda message: False)
        except (TimeoutError, ConnectionClosed):
            pass

    async def _until(self, wanted: Any) -> dict[str, Any]:
        while True:
            frame = json.loads(await self.stream.recv())
            if frame["type"] == "message":
                self.heard.append(frame["message"])
                if wanted(frame["message"]):
                    return self.heard[-1]


@dataclass
class Streams:
    """`lost` and `doubled` are messages, both on the streams and in the transcripts."""

    talking: int
    idle: int
    sample: Sample = field(default_factory=Sample)
    lost: int = 0
    doubled: int = 0
    dropped: int = 0  # idle streams that were closed, or heard what was not theirs

    def figures(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in ("idle", "talking", "lost", "doubled", "dropped")}
        return {**told, **self.sample.figures()}


async def talk_among_silent(url: str, *, idle: int, talking: int, messages: int, weigh: Any) -> dict[str, Any]:
    """Open all, let some talk at once, and compare what was said, heard and kept."""
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as http:
        weights = {"before": weigh()}
        silent = await _open(http, idle)
        weights["with_idle"] = weigh()
        talks = await _open(http, talking)
        streams = Streams(talking, idle)
        said = await asyncio.gather(*(_talk(talk, messages, streams.sample) for talk in talks))
        weights["after_talking"] = weigh()
        await asyncio.gather(*(talk.settle() for talk in talks))
        for talk, identities in zip(talks, said, strict=True):
            kept = (await http.get(f"{talk.url}/messages", headers={"authorization": f"Bearer {talk.token}"})).json()
            for lines in (kept["messages"], talk.heard):
                _compare(streams, identities, lines)
        for talk in silent:
            await _look_at_silent(streams, talk)
        await asyncio.gather(*(talk.stream.close() for talk in (*silent, *talks)))
    return {**streams.figures(), "gateway_megabytes": weights}


async def _open(http: httpx.AsyncClient, number: int) -> list[Talk]:
    opened: list[Talk] = []
    while len(opened) < number:
        some = min(_AT_ONCE, number - len(opened))
        opened += await asyncio.gather(*(Talk.open(http) for _ in range(some)))
    return opened


async def _talk(talk: Talk, messages: int, sample: Sample) -> list[str]:
    numbers, identities = count(), []
    while len(identities) < messages:
        identities.append(f"m{next(numbers)}")
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                sample.add(await talk.say(identities[-1], _SENTENCES[len(identities) % len(_SENTENCES)]), None)
        except TimeoutError:
            sample.add(_ANSWER_SECONDS, "no answer")
        except ConnectionClosed as closed:
            sample.add(_ANSWER_SECONDS, f"stream closed: {closed}")
            break
    return identities


def _compare(streams: Streams, identities: list[str], lines: list[dict[str, Any]]) -> None:
    came = Counter(line.get("client_message_id") for line in lines if line["role"] == "customer")
    numbers = Counter(line["id"] for line in lines)
    streams.lost += sum(identity not in came for identity in identities)
    streams.lost += len(set(range(1, max(numbers) + 1)) - set(numbers))
    streams.doubled += sum(times - 1 for times in (*came.values(), *numbers.values()))


async def _look_at_silent(streams: Streams, talk: Talk) -> None:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await (await talk.stream.ping())
    except Exception:  # noqa: BLE001 - however it is gone
        streams.dropped += 1
        return
    streams.dropped += len(talk.heard) != 1
