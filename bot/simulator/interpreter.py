"""Executes TwiML for a call, document after document, until the call is over.

Each verb is a coroutine: it gives the instruction with which the call goes on, or None for the next verb of the same
document. The end of a document is the end of the call, as at Twilio.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

from bot.simulator.calls import Call, HungUp, Instruction, Redirected, Status
from bot.simulator.journal import Journal
from bot.simulator.line import Line
from bot.simulator.status_events import usual_params
from bot.simulator.switchboard import Switchboard
from bot.simulator.timeline import Timeline
from bot.simulator.twiml import Element, Fault, read_document, read_xml
from bot.simulator.webhooks import Answer, WebhookFailed, Webhooks
from bot.simulator.words import twilio_says

_WIDE_SECONDS, _NARROW_SECONDS = 0.25, 0.075  # a Chinese character, a Latin letter
_PLAY_SECONDS = 5.0
_MOST_DOCUMENTS_AT_ONCE = 100  # without any time passing: a loop

Verb = Callable[[Call, Element, str], Awaitable[Instruction | None]]


class Ended(Exception):
    """The document ends the call: Hangup, Reject, or an error."""

    def __init__(self, status: Status = Status.COMPLETED) -> None:
        self.status = status


class Left(Exception):
    """The document leaves the queue it waits in."""


class Interpreter:
    def __init__(
        self, *, line: Line, timeline: Timeline, journal: Journal, webhooks: Webhooks, switchboard: Switchboard
    ) -> None:
        self.line, self.timeline, self.journal = line, timeline, journal
        self.webhooks, self.switchboard = webhooks, switchboard
        self.verbs: dict[str, Verb] = {
            "Say": self._speak,
            "Play": self._speak,
            "Pause": self._pause,
            "Redirect": self._redirect,
            "Hangup": self._hang_up,
            "Reject": self._reject,
            "Leave": self._leave,
        }

    async def live(self, call: Call, instruction: Instruction | None) -> None:
        """All that a call executes; then it is over."""
        while instruction is not None:
            try:
                await self.follow(call, instruction)
                instruction = None
            except Redirected as redirected:
                instruction = redirected.instruction
            except Ended as ended:
                self.switchboard.end(call, ended.status)
                return
            except HungUp:
                return
        self.switchboard.end(call, Status.COMPLETED)

    async def follow(self, call: Call, instruction: Instruction | None) -> None:
        """Execute a document and all that it leads to, up to the end of the last.

        Raises:
            Ended, Left: a verb said so.
            Interruption: something else happened to the call.
        """
        seen_at, documents = self.timeline.now(), 0
        while instruction is not None:
            documents = documents + 1 if self.timeline.now() == seen_at else 0
            seen_at = self.timeline.now()
            if documents > _MOST_DOCUMENTS_AT_ONCE:
                self._warn(call, 11215, "the documents lead in a circle")
                raise Ended
            instruction = await self._execute(call, instruction)

    def absolute(self, base: str, url: str) -> str:
        """Where a URL in a document leads.

        Raises:
            Fault: 11100, nowhere.
        """
        found = urljoin(base, url)
        if urlsplit(found).scheme not in ("http", "https"):
            raise Fault(11100, f"{url} is no URL")
        return found

    def seconds_of(self, element: Element) -> float:
        """How long it takes to say or play. While the clock stands nobody listens, and it takes none."""
        if self.timeline.stands:
            return 0.0
        if element.name == "Pause":
            return element.number("length", 1)
        if element.name == "Play":
            return _PLAY_SECONDS
        spoken = element.spoken
        wide = sum(character > "\u2e80" for character in spoken)
        once = wide * _WIDE_SECONDS + (len(spoken) - wide) * _NARROW_SECONDS
        return once * max(1.0, element.number("loop", 1))

    async def _execute(self, call: Call, instruction: Instruction) -> Instruction | None:
        base, document = await self._obtain(call, instruction)
        if call.status is Status.RINGING and not (document and document[0].name == "Reject"):
            self.switchboard.pick_up(call)
        for element in document:
            call.checkpoint()
            try:
                leads_to = await self.verbs[element.name](call, element, base)
            except Fault as fault:
                self._fail(call, fault.code, str(fault))
            if leads_to is not None:
                return leads_to
        return None

    async def _obtain(self, call: Call, instruction: Instruction) -> tuple[str, list[Element]]:
        """The document and its address; the fallback's where the first is of no use."""
        try:
            return await self._fetch(call, instruction)
        except (WebhookFailed, Fault) as fault:
            if not call.fallback_url:
                self._fail(call, fault.code, str(fault))
            self._warn(call, fault.code, str(fault))
            params = {"ErrorCode": str(fault.code), "ErrorUrl": instruction.url}
        try:
            return await self._fetch(call, Instruction(url=call.fallback_url, params=params))
        except (WebhookFailed, Fault) as fault:
            return self._fail(call, fault.code, str(fault))

    async def _fetch(self, call: Call, instruction: Instruction) -> tuple[str, list[Element]]:
        if instruction.xml is not None:
            call.turns.append({"request": None, "twiml": instruction.xml})
            return "", read_xml(instruction.xml, "voice")
        params = {**usual_params(self.line, call), **instruction.params}
        turn = {
            "request": {"method": instruction.method, "url": instruction.url, "params": params},
            "twiml": None,
        }
        call.turns.append(turn)
        asking = asyncio.get_running_loop().create_future()

        async def ask() -> None:
            try:
                answer: Answer | WebhookFailed = await self.webhooks.ask(
                    instruction.url, params, method=instruction.method, about=call.sid, purpose="voice"
                )
            except WebhookFailed as failure:
                answer = failure
            call.wake(answer, awaits=asking)

        self.timeline.spawn(ask())
        answer = await call.wait(awaits=asking, busy=True)
        if isinstance(answer, WebhookFailed):
            raise answer
        turn["twiml"] = answer.text
        return answer.url, read_document(answer, "voice")

    def _warn(self, call: Call, code: int, about: str) -> None:
        self.journal.warn(code, about, about=call.sid)
        call.warnings.append({"code": code, "message": about})

    def _fail(self, call: Call, code: int, about: str) -> tuple[str, list[Element]]:
        """The caller hears Twilio's own regret, and the call ends."""
        self._warn(call, code, about)
        if call.status is Status.RINGING:
            self.switchboard.pick_up(call)
        call.hear("Say", twilio_says("application_error"), language="en-US")
        raise Ended

    async def _speak(self, call: Call, element: Element, base: str) -> None:
        self.hear(call, element)
        await self._pass(call, self.seconds_of(element))

    def hear(self, call: Call, element: Element) -> None:
        call.hear(element.name, element.spoken, language=element.get("language"), voice=element.get("voice"))

    async def _pause(self, call: Call, element: Element, base: str) -> None:
        await self._pass(call, element.number("length", 1))

    async def _pass(self, call: Call, seconds: float) -> None:
        if seconds > 0:
            await call.wait(until=self.timeline.now() + timedelta(seconds=seconds), awaits=call)

    async def _redirect(self, call: Call, element: Element, base: str) -> Instruction:
        return Instruction(self.absolute(base, element.text), element.get("method", "POST").upper())

    async def _hang_up(self, call: Call, element: Element, base: str) -> None:
        raise Ended

    async def _reject(self, call: Call, element: Element, base: str) -> None:
        if call.answered is None:
            raise Ended(Status.BUSY if element.get("reason") == "busy" else Status.NO_ANSWER)
        raise Ended

    async def _leave(self, call: Call, element: Element, base: str) -> None:
        if call.queue is not None:
            raise Left
