"""One turn of Rasa, asked for over its connector. Whatever is not a proper answer is a failure, an empty one too."""

from __future__ import annotations

from functools import cached_property
from http import HTTPStatus
from typing import Any, Literal

import aiohttp
import httpx
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from wallet_core.models import Language

_CONNECT_SECONDS = 1.0
_CHECK = aiohttp.ClientTimeout(total=2.0)
# Rasa's server closes an idle connection after 5 seconds; ours must be the first to, or a request is lost with it.
_KEEP_SECONDS = 3.0


class AssistantUnavailable(Exception):
    """Rasa gave no answer to a turn. `reason` is one word, for logs and metrics."""

    def __init__(self, reason: Literal["unreachable", "timeout", "refused", "garbage", "empty"]) -> None:
        super().__init__(reason)
        self.reason = reason


class RasaButton(BaseModel, frozen=True):
    title: str = Field(min_length=1)
    payload: str = Field(min_length=1)


class RasaReply(BaseModel, frozen=True):
    name: str | None = None
    text: str
    buttons: list[RasaButton] = []
    receipts: list[str] = []


class RasaAnswer(BaseModel, frozen=True):
    language: str | None = None
    replies: list[RasaReply]


_ANSWER = TypeAdapter(RasaAnswer)


class Rasa:
    """The client of Rasa's connector; connections are kept.

    Args:
        limit: seconds after which a turn has failed.
    """

    def __init__(self, url: str, *, limit: float) -> None:
        self._url = url.rstrip("/")
        self._limit = aiohttp.ClientTimeout(total=limit, sock_connect=_CONNECT_SECONDS)

    async def turn(
        self,
        *,
        sender: str,
        message: str,
        payload: bool,
        language: Language,
        channel: str,
        message_id: str,
        signed_in: bool,
        challenge: str | None = None,
    ) -> RasaAnswer:
        """What Rasa answers.

        Args:
            payload: whether `message` is a button's payload, which is obeyed, or what somebody wrote, which is not.
            message_id: the message's identity; what actions do for it is done once.
            challenge: what came of the answer to a challenge, where the message was one.

        Raises:
            AssistantUnavailable: no answer within the limit, or none that can be used.
        """
        asked = {
            "sender": sender,
            "message": message,
            "payload": payload,
            "metadata": {
                "language": language.value,
                "channel": channel,
                "message_id": message_id,
                "signed_in": signed_in,
                **({"challenge": challenge} if challenge is not None else {}),
            },
        }
        try:
            async with self._client.post(f"{self._url}/webhooks/wallet/webhook", json=asked) as response:
                if response.status != HTTPStatus.OK:
                    raise AssistantUnavailable("refused")
                return _read(await response.read())
        except aiohttp.ConnectionTimeoutError as error:
            raise AssistantUnavailable("unreachable") from error
        except TimeoutError as error:
            raise AssistantUnavailable("timeout") from error
        except aiohttp.ClientError as error:
            raise AssistantUnavailable("unreachable") from error

    async def check(self) -> bool:
        """Whether Rasa's server answers within two seconds."""
        try:
            async with self._client.get(self._url, timeout=_CHECK) as response:
                return response.status == HTTPStatus.OK
        except (TimeoutError, aiohttp.ClientError):
            return False

    async def close(self) -> None:
        if "_client" in self.__dict__:
            await self._client.close()

    @cached_property
    def _client(self) -> aiohttp.ClientSession:
        # Made by the first turn: it belongs to the event loop. Every turn pays for its client, and httpx costs five times
        # as much.
        return aiohttp.ClientSession(
            timeout=self._limit,
            connector=aiohttp.TCPConnector(limit=200, keepalive_timeout=_KEEP_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
        )


async def answers(client: httpx.AsyncClient, path: str) -> bool:
    """Whether GET `path` gives 200 within two seconds."""
    try:
        response = await client.get(path, timeout=2.0)
    except httpx.HTTPError:
        return False
    return response.status_code == httpx.codes.OK


def _read(content: bytes) -> RasaAnswer:
    try:
        answer: Any = _ANSWER.validate_json(content)
    except ValidationError as error:
        raise AssistantUnavailable("garbage") from error
    if not any(reply.text.strip() or reply.buttons for reply in answer.replies):
        raise AssistantUnavailable("empty")
    return RasaAnswer(language=answer.language, replies=answer.replies)
