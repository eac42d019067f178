"""Twilio's REST for one account: messages, calls, the account itself, its number, queues, and Verify."""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
import time
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.simulator import listing, resources
from bot.simulator.call_orders import instruction_in
from bot.simulator.calls import Call, Redirected
from bot.simulator.fields import unknown_fields
from bot.simulator.journal import Exchange
from bot.simulator.phones import Text
from bot.simulator.queues import Queue
from bot.simulator.refusals import Refused
from bot.simulator.simulator import Simulator

_ACCOUNT = "/2010-04-01/Accounts/{account}"
_HANGS_SECONDS = 120.0


class Asked:
    """A request's fields: `one` of each, or all of a repeated one."""

    def __init__(self, path: dict[str, str], body: str, query: str) -> None:
        self.path = path
        self._form = parse_qs(body, keep_blank_values=True)
        self._query = parse_qs(query, keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[-1] for name, values in self._form.items()}

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in self._query.items()}

    def all(self, name: str) -> list[str]:
        return self._form.get(name, [])


Door = Callable[[Asked], tuple[int, object, str | None]]  # status, document, what it is about


class Rest:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._line = simulator.line

    def routes(self) -> list[Route]:
        service = "/v2/Services/{service}"
        doors: list[tuple[str, str, Door]] = [
            ("GET", f"{_ACCOUNT}.json", self._account),
            ("GET", f"{_ACCOUNT}/Messages.json", self._messages),
            ("POST", f"{_ACCOUNT}/Messages.json", self._create_message),
            ("GET", f"{_ACCOUNT}/Messages/{{sid}}.json", self._message),
            ("GET", f"{_ACCOUNT}/Calls.json", self._calls),
            ("POST", f"{_ACCOUNT}/Calls.json", self._create_call),
            ("GET", f"{_ACCOUNT}/Calls/{{sid}}.json", self._call),
            ("POST", f"{_ACCOUNT}/Calls/{{sid}}.json", self._update_call),
            ("GET", f"{_ACCOUNT}/IncomingPhoneNumbers.json", self._numbers),
            ("POST", f"{_ACCOUNT}/IncomingPhoneNumbers/{{sid}}.json", self._update_number),
            ("GET", f"{_ACCOUNT}/Queues.json", self._queues),
            ("GET", f"{_ACCOUNT}/Queues/{{queue}}/Members.json", self._members),
            ("POST", f"{_ACCOUNT}/Queues/{{queue}}/Members/{{sid}}.json", self._dequeue),
            ("GET", service, self._service),
            ("POST", f"{service}/Verifications", self._create_verification),
            ("GET", f"{service}/Verifications/{{sid}}", self._verification),
            ("POST", f"{service}/Verifications/{{sid}}", self._update_verification),
            ("POST", f"{service}/VerificationCheck", self._check),
        ]
        return [
            *(Route(path, self._open(door), methods=[method]) for method, path, door in doors),
            *(Route(path, self._open(_nothing), methods=["GET", "POST", "DELETE"]) for path in _ELSEWHERE),
        ]

    def _open(self, door: Door) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            asked = Asked(
                {name: str(value) for name, value in request.path_params.items()},
                (await request.body()).decode("utf-8", "replace"),
                request.url.query,
            )
            journal, began = self._simulator.journal, time.perf_counter()
            params = asked.form if request.method == "POST" else asked.query
            exchange = journal.open("rest", door.__name__.strip("_"), request.method, request.url.path, params)
            exchange.notes = unknown_fields(request.method, request.url.path, params)
            try:
                response = await self._answer(door, asked, request, exchange)
            except Refused as refused:
                exchange.notes.append(str(refused))
                response = JSONResponse(refused.document(), refused.status)
            text = bytes(response.body).decode()
            journal.close(exchange, response.status_code, text, (time.perf_counter() - began) * 1000)
            return response

        return answer

    async def _answer(self, door: Door, asked: Asked, request: Request, exchange: Exchange) -> Response:
        self._authenticate(request)
        self._is_ours(asked.path)
        faults = self._simulator.faults
        if faults.fail_next is not None:
            wanted, faults.fail_next = faults.fail_next, None
            raise Refused(wanted.get("code", 20500), status=wanted.get("status", 500))
        hangs, faults.hang_next = faults.hang_next, False
        if hangs == "before":
            await asyncio.sleep(_HANGS_SECONDS)
            raise Refused(20500, status=503)
        status, document, exchange.about = door(asked)
        if hangs:
            exchange.notes.append("the answer was lost")
            await asyncio.sleep(_HANGS_SECONDS)
        return JSONResponse(document, status)

    def _authenticate(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, token = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user, token = "", ""
        right = secrets.compare_digest(token.encode(), self._line.auth_token.encode())
        if scheme.lower() != "basic" or user != self._line.account_sid or not right:
            raise Refused(20003)

    def _is_ours(self, path: dict[str, str]) -> None:
        for name, ours in (("account", self._line.account_sid), ("service", self._line.verify_service_sid)):
            if path.get(name, ours) != ours:
                raise Refused(20404, path[name])

    def _account(self, asked: Asked) -> tuple[int, object, str | None]:
        return 200, resources.account(self._line), None

    def _messages(self, asked: Asked) -> tuple[int, object, str | None]:
        texts = [
            text for text in self._simulator.texting.texts.newest_first() if listing.wanted_text(text, asked.query)
        ]
        return (
            200,
            self._page("messages", "Messages", [resources.message(self._line, text) for text in texts], asked),
            None,
        )

    def _create_message(self, asked: Asked) -> tuple[int, object, str | None]:
        text = self._simulator.texting.create(asked.form)
        return 201, resources.message(self._line, text), text.sid

    def _message(self, asked: Asked) -> tuple[int, object, str | None]:
        text: Text | None = self._simulator.texting.texts.get(asked.path["sid"])
        if text is None:
            raise Refused(20404, f"Messages/{asked.path['sid']}")
        return 200, resources.message(self._line, text), text.sid

    def _calls(self, asked: Asked) -> tuple[int, object, str | None]:
        calls = [
            call
            for call in self._simulator.switchboard.calls.newest_first()
            if not call.private and listing.wanted_call(call, asked.query)
        ]
        return 200, self._page("calls", "Calls", [resources.call(self._line, call) for call in calls], asked), None

    def _create_call(self, asked: Asked) -> tuple[int, object, str | None]:
        call = self._simulator.switchboard.create(asked.form, asked.all("StatusCallbackEvent"))
        return 201, resources.call(self._line, call), call.sid

    def _found(self, sid: str) -> Call:
        call = self._simulator.switchboard.calls.get(sid)
        if call is None or call.private:
            raise Refused(20404, f"Calls/{sid}")
        return call

    def _call(self, asked: Asked) -> tuple[int, object, str | None]:
        call = self._found(asked.path["sid"])
        return 200, resources.call(self._line, call), call.sid

    def _update_call(self, asked: Asked) -> tuple[int, object, str | None]:
        call = self._found(asked.path["sid"])
        self._simulator.switchboard.update(call, asked.form)
        return 200, resources.call(self._line, call), call.sid

    def _numbers(self, asked: Asked) -> tuple[int, object, str | None]:
        wanted = asked.query.get("PhoneNumber", self._line.number)
        numbers = [resources.number(self._line)] if wanted in self._line.number else []
        return 200, self._page("incoming_phone_numbers", "IncomingPhoneNumbers", numbers, asked), None

    def _update_number(self, asked: Asked) -> tuple[int, object, str | None]:
        if asked.path["sid"] != self._line.number_sid:
            raise Refused(20404, asked.path["sid"])
        for field, attribute in resources.NUMBER_SETTINGS.items():
            if field in asked.form:
                setattr(self._line, attribute, asked.form[field])
        return 200, resources.number(self._line), None

    def _queues(self, asked: Asked) -> tuple[int, object, str | None]:
        queues = [resources.queue(self._line, queue) for queue in self._simulator.queues.all()]
        return 200, self._page("queues", "Queues", queues, asked), None

    def _members(self, asked: Asked) -> tuple[int, object, str | None]:
        queue = self._queue(asked.path["queue"])
        now = self._simulator.timeline.now()
        members = [resources.member(self._line, queue, place, now) for place in queue.waiting]
        return 200, self._page("queue_members", f"Queues/{queue.sid}/Members", members, asked), None

    def _dequeue(self, asked: Asked) -> tuple[int, object, str | None]:
        queue, sid = self._queue(asked.path["queue"]), asked.path["sid"]
        places = [place for place in queue.waiting if sid in ("Front", place.call.sid)]
        if not places:
            raise Refused(20404, f"Members/{sid}")
        document = resources.member(self._line, queue, places[0], self._simulator.timeline.now())
        places[0].call.interrupt(Redirected(instruction_in(asked.form)))
        return 200, document, places[0].call.sid

    def _queue(self, sid: str) -> Queue:
        for queue in self._simulator.queues.all():
            if sid == queue.sid:
                return queue
        raise Refused(20404, f"Queues/{sid}")

    def _service(self, asked: Asked) -> tuple[int, object, str | None]:
        return 200, resources.service(self._line, self._simulator.verifying), None

    def _create_verification(self, asked: Asked) -> tuple[int, object, str | None]:
        verification = self._simulator.verifying.create(asked.form)
        return 201, resources.verification(self._line, verification), verification.sid

    def _verification(self, asked: Asked) -> tuple[int, object, str | None]:
        verification = self._simulator.verifying.find(asked.path["sid"])
        return 200, resources.verification(self._line, verification), verification.sid

    def _update_verification(self, asked: Asked) -> tuple[int, object, str | None]:
        verification = self._simulator.verifying.close(asked.path["sid"], asked.form.get("Status", ""))
        return 200, resources.verification(self._line, verification), verification.sid

    def _check(self, asked: Asked) -> tuple[int, object, str | None]:
        verification = self._simulator.verifying.check(asked.form)
        return 200, resources.checked(self._line, verification), verification.sid

    def _page(self, key: str, where: str, items: list[dict[str, object]], asked: Asked) -> dict[str, object]:
        return listing.page(self._line, key, where, items, asked.query)


_ELSEWHERE = ("/2010-04-01/{rest:path}", "/v1/{rest:path}", "/v2/{rest:path}")


def _nothing(asked: Asked) -> tuple[int, object, str | None]:
    raise Refused(20404, asked.path.get("rest", ""))
