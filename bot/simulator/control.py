"""What people and tests do with the telephones: the API under /simulator/api."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.simulator import gather
from bot.simulator.calls import Call
from bot.simulator.simulator import Simulator
from bot.simulator.switchboard import HABITS, WrongState
from bot.simulator.texting import CannotText

_KEYS = frozenset("0123456789*#")
_LONGEST_TEXT = 1600
_SURE = 0.92
_STREAM_SECONDS = 2.5
_COME_BACK_MILLISECONDS = 50

Body = dict[str, Any]
Act = Callable[[Call, Body], None]


class Control:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._phones, self._switchboard = simulator.phones, simulator.switchboard

    def routes(self) -> list[Route]:
        acts: dict[str, Act] = {
            "answer": self._answer,
            "keys": self._press,
            "speaking": self._begin_to_speak,
            "speech": self._say,
            "silence": self._be_silent,
            "hang-up": self._hang_up,
        }
        base = "/simulator/api"
        return [
            Route(f"{base}/phones", self._used, methods=["GET"]),
            Route(f"{base}/phones/{{number}}", self._phone, methods=["GET"]),
            Route(f"{base}/phones/{{number}}/habit", self._habit, methods=["POST"]),
            Route(f"{base}/phones/{{number}}/texts", self._text, methods=["POST"]),
            Route(f"{base}/phones/{{number}}/calls", self._dial_in, methods=["POST"]),
            Route(f"{base}/calls/{{sid}}", self._call, methods=["GET"]),
            *(Route(f"{base}/calls/{{sid}}/{name}", self._acting(act), methods=["POST"]) for name, act in acts.items()),
            Route(f"{base}/clock", self._clock, methods=["GET", "POST"]),
            Route(f"{base}/faults", self._faults, methods=["GET", "POST"]),
            Route(f"{base}/requests", self._requests, methods=["GET"]),
            Route(f"{base}/events", self._events, methods=["GET"]),
            Route(f"{base}/reset", self._reset, methods=["POST"]),
        ]

    async def _used(self, request: Request) -> Response:
        return JSONResponse({"number": self._simulator.line.number, "phones": self._phones.used()})

    async def _phone(self, request: Request) -> Response:
        return JSONResponse(self._phones.of(request.path_params["number"]).view())

    async def _habit(self, request: Request) -> Response:
        habit = (await _read(request)).get("answer")
        if habit is not None and habit not in HABITS:
            raise HTTPException(422, f"answer is one of {', '.join(sorted(HABITS))}, or null")
        phone = self._phones.of(request.path_params["number"])
        phone.habit = habit
        return JSONResponse(phone.view())

    async def _text(self, request: Request) -> Response:
        body = str((await _read(request)).get("body", ""))
        if not body or len(body) > _LONGEST_TEXT:
            raise HTTPException(422, "a text has 1 to 1600 characters")
        self._is_our_number((await _read(request)).get("to"))
        try:
            text = await self._simulator.texting.receive(request.path_params["number"], body)
        except CannotText as error:
            raise HTTPException(422, "texts from mainland China do not arrive") from error
        if self._simulator.timeline.stands:
            await self._simulator.timeline.settle()
        return JSONResponse({"sid": text.sid}, 201)

    async def _dial_in(self, request: Request) -> Response:
        body = await _read(request)
        self._is_our_number(body.get("to"))
        call = self._switchboard.dial_in(
            request.path_params["number"], hidden=body.get("hidden") is True, vouched=body.get("vouched") is True
        )
        await call.quiet()
        return JSONResponse(call.view(), 201)

    async def _call(self, request: Request) -> Response:
        return JSONResponse(self._found(request).view())

    def _acting(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            call = self._found(request)
            try:
                act(call, await _read(request))
            except WrongState as error:
                raise HTTPException(409, f"the call is {call.status}") from error
            await call.quiet()
            return JSONResponse(call.view())

        return answer

    def _answer(self, call: Call, body: Body) -> None:
        by = body.get("by", "human")
        if by not in HABITS:
            raise HTTPException(422, f"by is one of {', '.join(sorted(HABITS))}")
        self._switchboard.answer(call, by)

    def _press(self, call: Call, body: Body) -> None:
        digits = str(body.get("digits", ""))
        if not digits or not set(digits) <= _KEYS:
            raise HTTPException(422, "digits are 0 to 9, * and #")
        _on_the_line(call)
        gather.press(call, digits)

    def _begin_to_speak(self, call: Call, body: Body) -> None:
        _on_the_line(call)
        gather.begin_to_speak(call)

    def _say(self, call: Call, body: Body) -> None:
        """Said to whoever is connected, or else to the Gather that listens."""
        _on_the_line(call)
        text = str(body.get("text", ""))
        if call.partner is not None:
            call.partner.hear("Voice", text)
        else:
            gather.say(call, text, body.get("confidence", _SURE))

    def _be_silent(self, call: Call, body: Body) -> None:
        _on_the_line(call)
        gather.be_silent(call)

    def _hang_up(self, call: Call, body: Body) -> None:
        self._switchboard.hang_up(call)

    async def _clock(self, request: Request) -> Response:
        """Turn it by `advance_seconds`; `stands` stops it or lets it go."""
        timeline = self._simulator.timeline
        if request.method == "POST":
            body = await _read(request)
            if body.get("stands") is True:
                timeline.stop()
            elif body.get("stands") is False:
                timeline.go()
            await timeline.advance(max(0.0, float(body.get("advance_seconds", 0))))
            self._simulator.journal.tell("clock")
        return JSONResponse({"now": timeline.now().isoformat(), "stands": timeline.stands})

    async def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._simulator.faults.change(await _read(request))
            except KeyError as error:
                raise HTTPException(422, f"there is no fault {error}") from error
        return JSONResponse(self._simulator.faults.view())

    async def _requests(self, request: Request) -> Response:
        journal = self._simulator.journal
        return JSONResponse(
            {
                "requests": [exchange.view() for exchange in journal.exchanges],
                "warnings": [warning.view() for warning in journal.warnings],
            }
        )

    async def _events(self, request: Request) -> Response:
        """Server-sent events, a few seconds at a time: so no stream keeps a process from stopping. Browsers come back
        by themselves and say where they were.
        """
        journal = self._simulator.journal
        place = request.headers.get("last-event-id", journal.place)

        async def stream(place: str) -> AsyncIterator[str]:
            yield f"retry: {_COME_BACK_MILLISECONDS}\nid: {place}\n\n"
            end = time.monotonic() + _STREAM_SECONDS
            while (left := end - time.monotonic()) > 0:
                events, place = await journal.events_after(place, patience=left), journal.place
                for event in events:
                    yield f"data: {json.dumps(event, ensure_ascii=False)}\n"
                    yield f"id: {place}\n\n"

        return StreamingResponse(stream(place), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _reset(self, request: Request) -> Response:
        self._simulator.reset()
        return JSONResponse({})

    def _found(self, request: Request) -> Call:
        call = self._switchboard.calls.get(request.path_params["sid"])
        if call is None:
            raise HTTPException(404, "no such call")
        return call

    def _is_our_number(self, number: object) -> None:
        if number not in (None, self._simulator.line.number):
            raise HTTPException(422, "this line reaches our number only")


def _on_the_line(call: Call) -> None:
    if call.answered is None or call.over:
        raise WrongState


async def _read(request: Request) -> Body:
    raw = await request.body()
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise HTTPException(422, "the body is no JSON") from error
    if not isinstance(body, dict):
        raise HTTPException(422, "the body is no JSON object")
    return body
