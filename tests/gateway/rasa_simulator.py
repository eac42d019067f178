"""A stand-in for Rasa's connector: it keeps a state for each sender, as a tracker does, and refuses what Rasa refuses.

Tests may make it slow, silent or broken, and look at what it was asked.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.gateway.serving import Served

Asked = dict[str, Any]


@dataclass
class _Tracker:
    turns: int = 0
    language: str = ""
    at_work: bool = False


@dataclass
class RasaSimulator:
    """`mode` is "answers", "empty", "garbage", "error" or "hangs up"."""

    mode: str = "answers"
    asked: list[Asked] = field(default_factory=list)
    scripted: dict[str, list[Asked]] = field(default_factory=dict)  # the replies to a message, in place of an echo
    overlaps: list[str] = field(default_factory=list)  # senders that had two turns at once, which Rasa cannot have
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self._trackers: dict[str, _Tracker] = defaultdict(_Tracker)
        self._free = threading.Event()
        self._free.set()
        self._app = Starlette(
            routes=[
                Route("/", lambda request: PlainTextResponse("Hello from Rasa: 3.6.21")),
                Route("/webhooks/wallet/webhook", self._turn, methods=["POST"]),
            ]
        )
        self._served = Served(self._app)
        self.url = self._served.url

    def hold(self) -> None:
        """Answer nothing until `release`."""
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    def wait_for_turn(self) -> None:
        """Until a turn was asked for that no earlier call of this has waited for."""
        assert self.arrived.acquire(timeout=20), "Rasa was asked nothing"

    def stop(self) -> None:
        """Be down: connections are refused."""
        self.release()
        self._served.stop()

    def start(self) -> None:
        """Be back, where it was."""
        self._served = Served(self._app, port=self._served.port)

    def forget(self) -> None:
        """Forget what was asked."""
        self.asked.clear()
        self.scripted.clear()
        self.overlaps.clear()
        self.arrived = threading.Semaphore(0)

    def recover(self) -> None:
        """Answer again, whatever a test did to it."""
        self.mode = "answers"
        self.release()
        if self._served.stopped:
            self.start()

    def texts(self, sender: str | None = None) -> list[str]:
        """The messages it was asked, in order."""
        return [asked["message"] for asked in self.asked if sender in (None, asked["sender"])]

    async def _turn(self, request: Request) -> Response:
        asked = await request.json()
        tracker = self._trackers[asked["sender"]]
        if tracker.at_work:
            self.overlaps.append(asked["sender"])
        tracker.at_work = True
        try:
            self.asked.append(asked)
            self.arrived.release()
            await asyncio.to_thread(self._free.wait, 60)
            return self._respond(asked, tracker)
        finally:
            tracker.at_work = False

    def _respond(self, asked: Asked, tracker: _Tracker) -> Response:
        if self.mode == "error" or (not asked["payload"] and asked["message"].lstrip().startswith("/")):
            return JSONResponse({"code": "turn_failed"}, 500)
        if self.mode == "garbage":
            return PlainTextResponse('{"replies": [{"text": ')
        if self.mode == "empty":
            return JSONResponse({"language": "en", "replies": []})
        tracker.turns += 1
        tracker.language = _wanted_language(asked["message"]) or asked["metadata"]["language"]
        reply = {"name": "utter_echo", "text": f"#{tracker.turns} {asked['message']}", "buttons": [], "receipts": []}
        if "choice" in asked["message"]:
            reply["buttons"] = [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}]
        replies = [{**reply, "name": None, **one} for one in self.scripted.get(asked["message"], [])] or [reply]
        return JSONResponse({"language": tracker.language, "replies": replies})


def _wanted_language(message: str) -> str | None:
    return {"/speak_chinese": "zh", "speak chinese from now": "zh", "请说英文": "en"}.get(message)
